"""From a B4 to the internet, and between two B4s: RFC 7596 s6, RFC 2473."""
from encapsulate import udp
from network import (BR, HOST, ICMP, IP, NOBODY, SHARED, SHARED_B4, TCP, UDP, WHOLE, WHOLE_B4, HOP6, MAC6, Ether,
                     ICMPv6DestUnreach, IPv6, IPv6ExtHdrDestOpt, Raw, aged, case, from_tunnel, icmp4, port_of, tunnel)


def inner(src=WHOLE, dst=HOST, sport=4000, size=32, **fields):
    fields = {'ttl': 60, 'id': 7, **fields}
    return IP(bytes(IP(src=src, dst=dst, **fields) / UDP(sport=sport, dport=53) / Raw(b'y' * size)))


@case('a packet out of a subscriber tunnel leaves unchanged')
def _(c):
    p = inner(tos=0x28)
    c.v6(from_tunnel(p, WHOLE_B4, tc=3)).expect_v4(p).counts(in_ipv6=[from_tunnel(p, WHOLE_B4)], out_ipv4=[p])


@case('a subscriber may use every port of its PSID')
def _(c):
    packets = [inner(SHARED, sport=port_of(2, n)) for n in range(16)]
    ins = [from_tunnel(p, SHARED_B4[2]) for p in packets]
    c.v6(*ins).expect_v4(*packets).counts(in_ipv6=ins, out_ipv4=packets)


def refused(c, packet, source):
    """ICMPv6 destination unreachable, source address failed ingress policy (RFC 7596 s6.2, RFC 4443 s3.1)."""
    sender = packet[IPv6].src
    error = IPv6(bytes(IPv6(src=source, dst=sender, hlim=255) / ICMPv6DestUnreach(code=5) / Raw(bytes(packet)[:1280 - 48])))
    c.v6(packet).expect_v6(error)
    c.counts(in_ipv6=[packet], drop_no_source_softwire_ipv6=[packet], drop_all_ipv6_iface=[packet],
             out_icmpv6_error=[error], out_ipv6=[error])


@case('a port of another PSID is refused, and the B4 is told')
def _(c):
    refused(c, from_tunnel(inner(SHARED, sport=port_of(3)), SHARED_B4[2]), BR)


@case('a reserved port is refused')
def _(c):
    refused(c, from_tunnel(inner(SHARED, sport=1 << 4), SHARED_B4[1]), BR)


@case("another subscriber's address is refused, in the name of the tunnel it pretends to be")
def _(c):
    refused(c, from_tunnel(inner(SHARED, sport=port_of(1)), SHARED_B4[2]), BR)


@case('the right address at the wrong BR address is refused, in the name of the right one')
def _(c):
    refused(c, from_tunnel(inner(), WHOLE_B4, br='2001:db8::2'), BR)


@case('an unknown inner source is refused, in the name of the address it was sent to')
def _(c):
    refused(c, from_tunnel(inner(NOBODY), WHOLE_B4, br='2001:db8::7'), '2001:db8::7')


@case('a refusal quotes no more than fits into 1280 bytes')
def _(c):
    refused(c, from_tunnel(inner(NOBODY, size=1400), WHOLE_B4), BR)


@case('nothing is said to a wrong B4 when errors are switched off', internal_interface={'generate-icmp-errors': False})
def _(c):
    p = from_tunnel(inner(NOBODY), WHOLE_B4)
    c.v6(p).counts(in_ipv6=[p], drop_no_source_softwire_ipv6=[p], drop_all_ipv6_iface=[p],
                   drop_out_by_policy_icmpv6_packets=1)


@case('a tunnel encapsulation limit is skipped')
def _(c):
    # RFC 2473 s4.1.1, as Linux writes it: destination options, limit 4, padding; next header IPv4.
    p = inner()
    outer = IPv6(src=WHOLE_B4, dst=BR, nh=60, hlim=64) / Raw(bytes([4, 0, 4, 1, 4, 1, 1, 0]) + bytes(p))
    c.v6(outer).expect_v4(p).counts(in_ipv6=[outer], out_ipv4=[p])


@case('another extension header is an unknown protocol')
def _(c):
    # Hop-by-hop options (0) in front of the inner packet.
    outer = IPv6(src=WHOLE_B4, dst=BR, nh=0, hlim=64) / Raw(bytes([4, 0, 1, 4, 0, 0, 0, 0]) + bytes(inner()))
    c.v6(outer).counts(in_ipv6=[outer], drop_unknown_protocol_ipv6=[outer], drop_all_ipv6_iface=[outer])


@case('IPv6 in IPv6 is an unknown protocol')
def _(c):
    outer = IPv6(src=WHOLE_B4, dst=BR, nh=41, hlim=64) / Raw(bytes(IPv6(src='2001:db8::5', dst='2001:db8::6')))
    c.v6(outer).counts(in_ipv6=[outer], drop_unknown_protocol_ipv6=[outer], drop_all_ipv6_iface=[outer])


@case('padding behind the tunnel stays behind')
def _(c):
    p = IP(bytes(IP(src=WHOLE, dst=HOST, ttl=9) / UDP(sport=1, dport=2)))
    outer = from_tunnel(p, WHOLE_B4)
    c.v6_frames(bytes(Ether(src=HOP6, dst=MAC6) / outer) + b'\xee' * 9).expect_v4(p).counts(in_ipv6=[outer], out_ipv4=[p])


@case('bytes between the end of the inner packet and of the tunnel stay behind')
def _(c):
    p = IP(bytes(IP(src=WHOLE, dst=HOST, ttl=9) / UDP(sport=1, dport=2)))
    outer = IPv6(src=WHOLE_B4, dst=BR, nh=4, hlim=64) / Raw(bytes(p) + b'\xee' * 9)
    c.v6(outer).expect_v4(p).counts(in_ipv6=[outer], out_ipv4=[p])


def hairpinned(c, packet, b4_from, b4_to):
    outer, out = from_tunnel(packet, b4_from), tunnel(aged(packet), b4_to)
    c.v6(outer).expect_v6(out).counts(in_ipv6=[outer], hairpin_ipv4=[packet], out_ipv6=[out])


@case('two subscribers talk through the relay')
def _(c):
    p = IP(bytes(IP(src=WHOLE, dst=SHARED, ttl=60) / TCP(sport=5000, dport=port_of(1), flags='S')))
    hairpinned(c, p, WHOLE_B4, SHARED_B4[1])


@case('two subscribers of one address talk through the relay')
def _(c):
    p = IP(bytes(IP(src=SHARED, dst=SHARED, ttl=60) / UDP(sport=port_of(1), dport=port_of(2)) / Raw(b'neighbour')))
    hairpinned(c, p, SHARED_B4[1], SHARED_B4[2])


@case('without hairpinning the internet decides', internal_interface={'hairpinning': False})
def _(c):
    p = IP(bytes(IP(src=WHOLE, dst=SHARED, ttl=60) / TCP(sport=5000, dport=port_of(1), flags='S')))
    outer = from_tunnel(p, WHOLE_B4)
    c.v6(outer).expect_v4(p).counts(in_ipv6=[outer], out_ipv4=[p])


@case('an unused port of a managed address is told unreachable through the tunnel')
def _(c):
    p = IP(bytes(IP(src=WHOLE, dst=SHARED, ttl=60) / TCP(sport=5000, dport=port_of(9), flags='S')))
    outer = from_tunnel(p, WHOLE_B4)
    # The error is itself hairpinned: its TTL is one less on the way.
    error = icmp4(3, 1, p, WHOLE)
    out = tunnel(aged(error), WHOLE_B4)
    c.v6(outer).expect_v6(out).counts(in_ipv6=[outer], hairpin_ipv4=[p], drop_no_dest_softwire_ipv4=[p],
                                      drop_all_ipv6_iface=[outer], out_icmpv4_error=[error], out_ipv6=[out])


@case('a hairpinned packet whose TTL ends is told so through the tunnel')
def _(c):
    p = IP(bytes(IP(src=WHOLE, dst=SHARED, ttl=1) / UDP(sport=5000, dport=port_of(1)) / Raw(b'late')))
    outer = from_tunnel(p, WHOLE_B4)
    error = icmp4(11, 0, aged(p), WHOLE)
    out = tunnel(aged(error), WHOLE_B4)
    c.v6(outer).expect_v6(out).counts(in_ipv6=[outer], hairpin_ipv4=[p], drop_ttl_zero_ipv4=[p],
                                      drop_all_ipv6_iface=[outer], out_icmpv4_error=[error], out_ipv6=[out])


@case('encapsulations of a batch leave before what was hairpinned')
def _(c):
    down = udp()
    p = IP(bytes(IP(src=WHOLE, dst=SHARED, ttl=60) / TCP(sport=5000, dport=port_of(1), flags='S')))
    outer, plain, hairpin = from_tunnel(p, WHOLE_B4), tunnel(aged(down), WHOLE_B4), tunnel(aged(p), SHARED_B4[1])
    c.v6(outer).v4(down).expect_v6(plain, hairpin)
    c.counts(in_ipv6=[outer], in_ipv4=[down], hairpin_ipv4=[p], out_ipv6=[plain, hairpin])


@case('a packet over the external MTU with DF is told so through its tunnel', external_interface={'mtu': 1000})
def _(c):
    p = inner(size=1100, flags='DF')
    outer = from_tunnel(p, WHOLE_B4)
    error = icmp4(3, 4, p, WHOLE, mtu=1000)
    out = tunnel(aged(error), WHOLE_B4)
    c.v6(outer).expect_v6(out).counts(in_ipv6=[outer], drop_over_external_mtu_but_dont_fragment_ipv4=[p],
                                      drop_all_ipv6_iface=[outer], out_icmpv4_error=[error], out_ipv6=[out])


# The identifier of a ping is its port, also in what is said about it.
def ping_of_shared(dst, psid, **fields):
    return IP(bytes(IP(src=SHARED, dst=dst, **fields) / ICMP(id=port_of(psid), seq=1) / Raw(bytes(1100))))


@case('a ping over the external MTU with DF is told so through the tunnel of its psid', external_interface={'mtu': 1000})
def _(c):
    p = ping_of_shared(HOST, 2, flags='DF')
    outer = from_tunnel(p, SHARED_B4[2])
    error = icmp4(3, 4, p, SHARED, mtu=1000)
    out = tunnel(aged(error), SHARED_B4[2])
    c.v6(outer).expect_v6(out).counts(in_ipv6=[outer], drop_over_external_mtu_but_dont_fragment_ipv4=[p],
                                      drop_all_ipv6_iface=[outer], out_icmpv4_error=[error], out_ipv6=[out])


@case('a hairpinned ping whose TTL ends is told so through the tunnel of its psid')
def _(c):
    p = ping_of_shared(WHOLE, 2, ttl=1)
    outer = from_tunnel(p, SHARED_B4[2])
    error = icmp4(11, 0, aged(p), SHARED)
    out = tunnel(aged(error), SHARED_B4[2])
    c.v6(outer).expect_v6(out).counts(in_ipv6=[outer], hairpin_ipv4=[p], drop_ttl_zero_ipv4=[p],
                                      drop_all_ipv6_iface=[outer], out_icmpv4_error=[error], out_ipv6=[out])
