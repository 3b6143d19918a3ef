"""802.1Q in and out, filters."""
import struct

from decapsulate import inner
from encapsulate import udp
from network import (HOST, IP, NOBODY, WHOLE, WHOLE_B4, Ether, aged, case, from_b4, from_internet, from_tunnel, to_b4,
                     to_internet, tunnel)


def tag(frame, tci, tpid=0x8100):
    frame = bytes(frame)
    return frame[:12] + struct.pack('!HH', tpid, tci) + frame[12:]


TAGGED = {'external_interface': {'vlan-tag': 42}, 'internal_interface': {'vlan-tag': 42}}


@case('a tag comes off on the way in and goes on on the way out')
def _(c):
    c.queue(**TAGGED)
    down, up = udp(), inner()
    out, outer = tunnel(aged(down), WHOLE_B4), from_tunnel(up, WHOLE_B4)
    c.v4_frames(tag(from_internet(down), 42)).v6_frames(tag(from_b4(outer), 42))
    c.expect_v6_frames(tag(to_b4(out), 42)).expect_v4_frames(tag(to_internet(up), 42))
    c.counts(in_ipv4=[down], in_ipv6=[outer], out_ipv4=[up], out_ipv6=[out])


@case('priority and drop eligibility of a tag do not matter')
def _(c):
    c.queue(**TAGGED)
    down = udp()
    out = tunnel(aged(down), WHOLE_B4)
    c.v4_frames(tag(from_internet(down), 0xf000 | 42)).expect_v6_frames(tag(to_b4(out), 42))
    c.counts(in_ipv4=[down], out_ipv6=[out])


for what, frame in {
    'another tag': lambda f: tag(f, 43),
    'no tag': lambda f: f,
    'a service tag': lambda f: tag(f, 42, 0x88a8),
    'half a tag': lambda f: tag(f, 42)[:15],
}.items():
    @case(f'a frame with {what} is not for a tagged interface')
    def _(c, frame=frame):
        c.queue(**TAGGED).v4_frames(frame(from_internet(udp()))).v6_frames(frame(from_b4(from_tunnel(inner(), WHOLE_B4))))
        c.counts(in_ipv4_frag_reassembly_unneeded=0, in_ipv6_frag_reassembly_unneeded=0)


@case('a tagged frame is not for an untagged interface')
def _(c):
    # Two interfaces without tags see a frame of a type that is not theirs.
    v4, v6 = tag(from_internet(udp()), 42), tag(from_b4(from_tunnel(inner(), WHOLE_B4)), 42)
    c.v4_frames(v4).v6_frames(v6)
    c.counts(drop_misplaced_not_ipv4=[len(v4)], drop_all_ipv4_iface=[len(v4)],
             drop_misplaced_not_ipv6=[len(v6)], drop_all_ipv6_iface=[len(v6)])


@case('on a stick both families share the link')
def _(c):
    c.on_a_stick = True
    down, up = udp(), inner()
    out, outer = tunnel(aged(down), WHOLE_B4), from_tunnel(up, WHOLE_B4)
    c.v4(down).v6(outer).expect_v6(out).expect_v4(up)
    c.counts(in_ipv4=[down], in_ipv6=[outer], out_ipv4=[up], out_ipv6=[out])


@case('what the ingress filter does not name stays outside', external_interface={'ingress-filter': 'udp port 53'})
def _(c):
    wanted, other = udp(dport=53), udp(dport=54)
    out = tunnel(aged(wanted), WHOLE_B4)
    c.v4(other, wanted).expect_v6(out).counts(in_ipv4=[wanted], out_ipv6=[out])


@case('what the egress filter does not name is not sent', internal_interface={'egress-filter': 'ip6[6] == 4 and len > 150'})
def _(c):
    small, large = udp(size=10), udp(size=200)
    outs = [tunnel(aged(p), WHOLE_B4) for p in (small, large)]
    c.v4(small, large).expect_v6(outs[1]).counts(in_ipv4=[small, large], out_ipv6=outs)


@case('an ingress filter that asks for IP keeps ARP out', external_interface={'ingress-filter': 'ip'})
def _(c):
    from neighbours import BROADCAST, arp
    from network import IP4
    c.v4_frames(arp(1, '02:00:00:00:00:99', '192.0.2.99', '00:00:00:00:00:00', IP4, BROADCAST))
