"""ICMP from outside, policies and rate limits: RFC 7596 s8, RFC 2473 s8, RFC 4443, RFC 1812."""
import struct

from decapsulate import inner
from encapsulate import crossed, udp
from network import (BR, HOST, ICMP, IP, IP4, NOBODY, SHARED, SHARED_B4, TCP, UDP, WHOLE, WHOLE_B4, ICMPv6DestUnreach,
                     ICMPv6EchoReply, ICMPv6EchoRequest, ICMPv6PacketTooBig, ICMPv6TimeExceeded, IPv6, IP6, Raw, aged,
                     case, from_tunnel, icmp4, port_of, tunnel, with_checksum)


@case('ICMP from the internet stops where policy says so', external_interface={'allow-incoming-icmp': False})
def _(c):
    p = IP(bytes(IP(src=HOST, dst=WHOLE, ttl=9) / ICMP(id=9) / Raw(b'ping')))
    c.v4(p).counts(in_ipv4=[p], drop_in_by_policy_icmpv4=[p], drop_all_ipv4_iface=[p])


@case('the relay answers its own address even where ICMP is not allowed in', external_interface={'allow-incoming-icmp': False})
def _(c):
    ping = IP(bytes(IP(src=HOST, dst=IP4, ttl=9, id=3) / ICMP(id=9, seq=5) / Raw(b'relay?')))
    pong = IP(bytes(IP(src=IP4, dst=HOST, ttl=64, id=3) / ICMP(type=0, id=9, seq=5) / Raw(b'relay?')))
    c.v4(ping).expect_v4(pong).counts(in_icmpv4_echo=[ping], out_icmpv4_echo=[pong])


@case('the relay answers a ping to its internal address')
def _(c):
    ping = IPv6(bytes(IPv6(src='2001:db8:9::9', dst=IP6, hlim=9) / ICMPv6EchoRequest(id=1, seq=2, data=b'relay?')))
    pong = IPv6(bytes(IPv6(src=IP6, dst='2001:db8:9::9', hlim=64) / ICMPv6EchoReply(id=1, seq=2, data=b'relay?')))
    c.v6(ping).expect_v6(pong).counts(in_icmpv6_echo=[ping], out_icmpv6_echo=[pong])


@case('an ICMP message with a wrong checksum goes no further')
def _(c):
    p = IP(bytes(IP(src=HOST, dst=WHOLE, ttl=9) / ICMP(id=9, chksum=0x1234) / Raw(b'ping')))
    c.v4(p).counts(in_ipv4=[p], drop_bad_checksum_icmpv4=[p], drop_all_ipv4_iface=[p])


@case('nobody is told about an ICMP message for nobody')
def _(c):
    p = IP(bytes(IP(src=HOST, dst=NOBODY, ttl=9) / ICMP(id=9) / Raw(b'ping')))
    c.v4(p).counts(in_ipv4=[p], drop_no_dest_softwire_ipv4=[p], drop_in_by_rfc7596_icmpv4=[p], drop_all_ipv4_iface=[p])


@case('no more errors than the rate limit allows, and the rest is counted',
      external_interface={'error-rate-limiting': {'packets': 3, 'period': 2}})
def _(c):
    packets = [udp(NOBODY, id=n) for n in range(5)]
    errors = [icmp4(3, 1, p, HOST) for p in packets[:3]]
    c.v4(*packets).expect_v4(*errors)
    c.counts(in_ipv4=packets, drop_no_dest_softwire_ipv4=packets, drop_all_ipv4_iface=packets,
             out_icmpv4_error=errors, out_ipv4=errors)


@case('a new period allows errors again', external_interface={'error-rate-limiting': {'packets': 1, 'period': 2}})
def _(c):
    early, same, late = [udp(NOBODY, id=n) for n in range(3)]
    errors = [icmp4(3, 1, p, HOST) for p in (early, late)]
    c.v4(early, at=1).v4(same, at=2.5).v4(late, at=3.1).expect_v4(*errors)
    packets = [early, same, late]
    c.counts(in_ipv4=packets, drop_no_dest_softwire_ipv4=packets, drop_all_ipv4_iface=packets,
             out_icmpv4_error=errors, out_ipv4=errors)


@case('ICMPv6 errors keep to their own rate limit', internal_interface={'error-rate-limiting': {'packets': 1, 'period': 2}})
def _(c):
    packets = [from_tunnel(inner(NOBODY, id=n), WHOLE_B4) for n in range(3)]
    replies = [IPv6(bytes(IPv6(src=BR, dst=WHOLE_B4, hlim=255) / ICMPv6DestUnreach(code=5) / Raw(bytes(p)))) for p in packets]
    c.v6(*packets).expect_v6(replies[0])
    c.counts(in_ipv6=packets, drop_no_source_softwire_ipv6=packets, drop_all_ipv6_iface=packets,
             out_icmpv6_error=replies[:1], out_ipv6=replies[:1], drop_over_rate_limit_icmpv6=replies[1:])


# What a router on the way to a B4 may say about a packet the relay sent.
def report(message, sent, router='2001:db8:aaaa::1'):
    return IPv6(bytes(IPv6(src=router, dst=BR, hlim=60) / message / Raw(bytes(sent)[:1280 - 48])))


def relayed(c, message, code, mtu=0, kind=3):
    original = udp()
    sent = tunnel(aged(original), WHOLE_B4)
    told, error = report(message, sent), icmp4(kind, code, aged(original), HOST, mtu=mtu)
    c.v6(told).expect_v4(error).counts(in_ipv6=[told], out_icmpv4_error=[error], out_ipv4=[error])


for number, name in ((0, 'no route'), (1, 'prohibited'), (3, 'address unreachable'), (4, 'port unreachable')):
    @case(f'ICMPv6 unreachable, {name}, becomes host unreachable for the sender')
    def _(c, number=number):
        relayed(c, ICMPv6DestUnreach(code=number), 1)


@case('ICMPv6 hop limit exceeded becomes host unreachable')
def _(c):
    relayed(c, ICMPv6TimeExceeded(code=0), 1)


@case('ICMPv6 packet too big tells the sender the MTU inside the tunnel')
def _(c):
    original = udp(size=1400, flags='DF')
    sent = tunnel(aged(original), WHOLE_B4)
    told = report(ICMPv6PacketTooBig(mtu=1280), sent)
    error = icmp4(3, 4, bytes(aged(original))[:1280 - 48 - 40], HOST, mtu=1240)
    c.v6(told).expect_v4(error).counts(in_ipv6=[told], out_icmpv4_error=[error], out_ipv4=[error])


@case('a packet too big about a smaller packet tells no more than its size')
def _(c):
    original = udp(size=900)
    told = report(ICMPv6PacketTooBig(mtu=5120), tunnel(aged(original), WHOLE_B4))
    error = icmp4(3, 4, aged(original), HOST, mtu=len(aged(original)))
    c.v6(told).expect_v4(error).counts(in_ipv6=[told], out_icmpv4_error=[error], out_ipv4=[error])


@case('a packet too big about a packet that every link carries tells what it says')
def _(c):
    # 60 bytes cannot be too big; telling 68 would cost the sender its MTU, so the reference's 5120 - 40 is left alone.
    relayed(c, ICMPv6PacketTooBig(mtu=5120), 4, mtu=5080)


def ignored(c, told, **counters):
    c.v6(told).counts(in_ipv6=[told], drop_all_ipv6_iface=[told], **counters)


@case('packet too big with a code that means nothing is dropped')
def _(c):
    told = report(ICMPv6PacketTooBig(code=1, mtu=1280), tunnel(aged(udp()), WHOLE_B4))
    ignored(c, told, drop_too_big_type_but_not_code_icmpv6=[told])


@case('fragment reassembly time exceeded is not passed on')
def _(c):
    told = report(ICMPv6TimeExceeded(code=1), tunnel(aged(udp()), WHOLE_B4))
    ignored(c, told, drop_over_time_but_not_hop_limit_icmpv6=[told])


@case('an ICMPv6 informational message for a BR address is an unknown protocol')
def _(c):
    told = IPv6(bytes(IPv6(src='2001:db8:9::9', dst=BR, hlim=9) / ICMPv6EchoRequest(id=1, seq=2)))
    ignored(c, told, drop_unknown_protocol_icmpv6=[told])


@case('ICMPv6 from the network stops where policy says so', internal_interface={'allow-incoming-icmp': False})
def _(c):
    told = report(ICMPv6DestUnreach(code=0), tunnel(aged(udp()), WHOLE_B4))
    ignored(c, told, drop_in_by_policy_icmpv6=[told])


FORGED = {
    'with a wrong checksum': lambda: _broken(report(ICMPv6DestUnreach(code=0), tunnel(aged(udp()), WHOLE_B4))),
    'about a packet from an address that is no BR': lambda: report(
        ICMPv6DestUnreach(code=0), tunnel(aged(udp()), WHOLE_B4, br='2001:db8::99')),
    'about a packet to a B4 that is not the softwire of its inner destination': lambda: report(
        ICMPv6DestUnreach(code=0), tunnel(aged(udp()), SHARED_B4[1])),
    'about a packet for an address without a softwire': lambda: report(
        ICMPv6DestUnreach(code=0), tunnel(aged(udp(NOBODY)), WHOLE_B4)),
    'that quotes too little': lambda: IPv6(bytes(
        IPv6(src='2001:db8:aaaa::1', dst=BR) / ICMPv6DestUnreach(code=0) / Raw(bytes(tunnel(aged(udp()), WHOLE_B4))[:50]))),
}


def _broken(told):
    raw = bytearray(bytes(told))
    raw[42] ^= 0x55
    return IPv6(bytes(raw))


for what, forge in FORGED.items():
    @case(f'an ICMPv6 error {what} is not believed')
    def _(c, forge=forge):
        ignored(c, forge())


@case('an MTU below the least that IPv4 allows is never passed on')
def _(c):
    original = udp(size=1400, flags='DF')
    told = report(ICMPv6PacketTooBig(mtu=48), tunnel(aged(original), WHOLE_B4))
    error = icmp4(3, 4, bytes(aged(original))[:1280 - 48 - 40], HOST, mtu=68)
    c.v6(told).expect_v4(error).counts(in_ipv6=[told], out_icmpv4_error=[error], out_ipv4=[error])


SILENT = {
    'an ICMP error': lambda: IP(bytes(IP(src=HOST, dst=WHOLE, ttl=1, proto=1) / with_checksum(
        struct.pack('!BBHI', 3, 1, 0, 0) + bytes(IP(src=WHOLE, dst=HOST) / UDP(sport=5, dport=6))))),
    'a packet from a broadcast address': lambda: udp(ttl=1, src='255.255.255.255'),
    'a packet from a multicast address': lambda: udp(ttl=1, src='224.0.0.5'),
}
for what, make in SILENT.items():
    @case(f'no ICMP error is sent about {what}')
    def _(c, make=make):
        p = make()
        c.v4(p).counts(in_ipv4=[p], drop_ttl_zero_ipv4=[p], drop_all_ipv4_iface=[p])


@case('no ICMPv6 error is sent to a multicast source')
def _(c):
    p = from_tunnel(inner(NOBODY), 'ff02::9')
    ignored(c, p, drop_no_source_softwire_ipv6=[p])
