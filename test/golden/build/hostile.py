"""What an enemy, or a broken switch, sends: everything is dropped, nothing is answered, nothing is read past its end."""
import struct

from decapsulate import inner
from encapsulate import udp
from network import (HOST, IP, SHARED, WHOLE, WHOLE_B4, Ether, HOP4, HOP6, MAC4, MAC6, IPv6, Raw, aged, case, from_b4,
                     from_internet, from_tunnel, tunnel)


@case('an IPv4 packet cut short at every byte never gets through')
def _(c):
    frame = bytes(from_internet(udp(size=8)))
    c.v4_frames(*(frame[:n] for n in range(1, len(frame))))
    # Frames shorter than an Ethernet header or of another type are not IPv4 at all; the rest lies about its length.
    c.counts(in_ipv4_frag_reassembly_unneeded=13, drop_misplaced_not_ipv4=list(range(1, 14)),
             drop_all_ipv4_iface=list(range(1, 14)))


@case('a tunnel packet cut short at every byte never gets through')
def _(c):
    frame = bytes(from_b4(from_tunnel(inner(size=8), WHOLE_B4)))
    c.v6_frames(*(frame[:n] for n in range(1, len(frame))))
    c.counts(in_ipv6_frag_reassembly_unneeded=13, drop_misplaced_not_ipv6=list(range(1, 14)),
             drop_all_ipv6_iface=list(range(1, 14)))


def broken(**fields):
    p = udp()
    for name, value in fields.items():
        setattr(p, name, value)
    return IP(bytes(p))


LIES = {
    'a length beyond the frame': lambda: Raw(struct.pack('!BBH', 0x45, 0, 2000) + bytes(udp())[4:]),
    'a length shorter than its header': lambda: Raw(struct.pack('!BBH', 0x45, 0, 19) + bytes(udp())[4:]),
    'a header shorter than the least': lambda: Raw(b'\x44' + bytes(udp())[1:]),
    'a header longer than the packet': lambda: Raw(b'\x4f' + bytes(udp(size=2))[1:]),
}
for what, make in LIES.items():
    @case(f'an IPv4 packet with {what} is dropped')
    def _(c, make=make):
        c.v4_frames(Ether(src=HOP4, dst=MAC4, type=0x800) / make()).counts(in_ipv4_frag_reassembly_unneeded=0)


@case('an IPv4 packet with a wrong header checksum is not encapsulated')
def _(c):
    p = broken(chksum=0x1111)
    c.v4(p).counts(in_ipv4=[p], drop_all_ipv4_iface=[p])


@case('a tunnel whose length lies is dropped')
def _(c):
    p = bytearray(bytes(from_tunnel(inner(), WHOLE_B4)))
    p[4:6] = struct.pack('!H', 5000)
    c.v6_frames(Ether(src=HOP6, dst=MAC6, type=0x86dd) / Raw(bytes(p))).counts(in_ipv6_frag_reassembly_unneeded=0)


INSIDE = {
    'that ends inside its header': lambda: Raw(bytes(inner())[:19]),
    'whose length goes beyond the tunnel': lambda: Raw(struct.pack('!BBH', 0x45, 0, 900) + bytes(inner())[4:]),
    'of another version': lambda: Raw(b'\x65' + bytes(inner())[1:]),
    'without a byte': lambda: Raw(b''),
}
for what, make in INSIDE.items():
    @case(f'a tunnel with an inner packet {what} is dropped')
    def _(c, make=make):
        outer = IPv6(bytes(IPv6(src=WHOLE_B4, dst='2001:db8::1', nh=4) / make()))
        c.v6(outer).counts(in_ipv6=[outer], drop_all_ipv6_iface=[outer])


@case('a UDP packet too short to have ports belongs to no softwire')
def _(c):
    p = IP(bytes(IP(src=HOST, dst=SHARED, ttl=9, proto=17) / Raw(b'\x01\x02\x03')))
    c.v4(p).counts(in_ipv4=[p], drop_all_ipv4_iface=[p])
