"""From the internet to a B4: RFC 7596 s6, RFC 2473 s3."""
from network import (BR, HOST, ICMP, IP, MAC4, NOBODY, SHARED, SHARED_B4, TCP, UDP, WHOLE, WHOLE_B4, Ether, HOP4, Raw,
                     aged, case, icmp4, port_of, tunnel)


def udp(to=WHOLE, dport=53, size=32, **fields):
    fields = {'src': HOST, 'ttl': 60, 'id': 7, **fields}
    return IP(bytes(IP(dst=to, **fields) / UDP(sport=4000, dport=dport) / Raw(b'x' * size)))


def crossed(c, packet, b4, **fields):
    """One packet in, its tunnel out, and both counted."""
    out = tunnel(aged(packet), b4, **fields)
    return c.v4(packet).expect_v6(out).counts(in_ipv4=[packet], out_ipv6=[out])


@case('an IPv4 packet for a softwire leaves in a tunnel to its B4, its TTL one less')
def _(c):
    crossed(c, udp(), WHOLE_B4)


@case('the tunnel copies DSCP and ECN, and carries the configured flow label', internal_interface={'flow-label': 0xabcde})
def _(c):
    crossed(c, udp(tos=0xbb), WHOLE_B4, label=0xabcde)


@case('each PSID of a shared address has its own B4')
def _(c):
    packets = [(udp(SHARED, port_of(psid, n)), SHARED_B4[psid]) for psid in (1, 2) for n in (0, 15)]
    outs = [tunnel(aged(p), b4) for p, b4 in packets]
    c.v4(*[p for p, _ in packets]).expect_v6(*outs).counts(in_ipv4=[p for p, _ in packets], out_ipv6=outs)


@case('every block of ports above the reserved ones maps to the same PSID')
def _(c):
    # RFC 7597 s5.1: a = 6 makes 63 blocks; the first port of PSID 1 in each but block 0 reaches its B4.
    packets = [udp(SHARED, block << 10 | 1 << 4, id=block) for block in range(1, 64)]
    outs = [tunnel(aged(p), SHARED_B4[1]) for p in packets]
    c.v4(*packets).expect_v6(*outs).counts(in_ipv4=packets, out_ipv6=outs)


def unreachable(c, packet):
    error = icmp4(3, 1, packet, HOST)
    c.v4(packet).expect_v4(error)
    c.counts(in_ipv4=[packet], drop_no_dest_softwire_ipv4=[packet], drop_all_ipv4_iface=[packet],
             out_icmpv4_error=[error], out_ipv4=[error])


@case('ports whose top reserved bits are zero belong to no softwire')
def _(c):
    # 1 << 4 has PSID 1 by its middle bits, but its top six bits are zero.
    unreachable(c, udp(SHARED, 1 << 4))


@case('port 1023 is reserved with six reserved bits')
def _(c):
    unreachable(c, udp(SHARED, 1023))


@case('a PSID without a softwire is answered host unreachable')
def _(c):
    unreachable(c, udp(SHARED, port_of(3)))


@case('an address without a softwire is answered host unreachable')
def _(c):
    unreachable(c, udp(NOBODY))


@case('nothing is said about an unknown address when errors are switched off',
      external_interface={'generate-icmp-errors': False})
def _(c):
    p = udp(NOBODY)
    c.v4(p).counts(in_ipv4=[p], drop_no_dest_softwire_ipv4=[p], drop_all_ipv4_iface=[p],
                   drop_out_by_policy_icmpv4_packets=1)


@case('an error quotes no more than fits into 576 bytes')
def _(c):
    unreachable(c, udp(NOBODY, size=1200))


@case('a TTL of one ends here with time exceeded')
def _(c):
    p = udp(ttl=1)
    error = icmp4(11, 0, aged(p), HOST)
    c.v4(p).expect_v4(error)
    c.counts(in_ipv4=[p], drop_ttl_zero_ipv4=[p], drop_all_ipv4_iface=[p], out_icmpv4_error=[error], out_ipv4=[error])


@case('a TTL of zero stays zero')
def _(c):
    p = udp(ttl=0)
    error = icmp4(11, 0, p, HOST)
    c.v4(p).expect_v4(error)
    c.counts(in_ipv4=[p], drop_ttl_zero_ipv4=[p], drop_all_ipv4_iface=[p], out_icmpv4_error=[error], out_ipv4=[error])


@case('a packet that fits exactly into the tunnel is not fragmented')
def _(c):
    crossed(c, udp(size=1460 - 28, flags='DF'), WHOLE_B4)


@case('one byte more with DF set is answered with the MTU of the tunnel')
def _(c):
    p = udp(size=1460 - 28 + 1, flags='DF')
    error = icmp4(3, 4, aged(p), HOST, mtu=1460)
    c.v4(p).expect_v4(error)
    c.counts(in_ipv4=[p], drop_over_mtu_but_dont_fragment_ipv4=[p], drop_all_ipv4_iface=[p],
             out_icmpv4_error=[error], out_ipv4=[error])


@case('Ethernet padding never enters the tunnel')
def _(c):
    p = IP(bytes(IP(src=HOST, dst=WHOLE, ttl=9, id=1) / UDP(sport=1, dport=2) / Raw(b'hi')))
    out = tunnel(aged(p), WHOLE_B4)
    frame = bytes(Ether(src=HOP4, dst=MAC4) / p)
    c.v4_frames(frame + b'\xee' * (60 - len(frame))).expect_v6(out).counts(in_ipv4=[p], out_ipv6=[out])


@case('IPv4 options travel with the packet')
def _(c):
    from scapy.all import IPOption_RR
    p = IP(bytes(IP(src=HOST, dst=WHOLE, ttl=9, options=[IPOption_RR(length=11, pointer=4, routers=['0.0.0.0'] * 2)])
                 / UDP(sport=1, dport=2)))
    crossed(c, p, WHOLE_B4)


@case('any protocol with ports in the first four bytes finds its softwire')
def _(c):
    packets = [IP(bytes(IP(src=HOST, dst=SHARED, ttl=9, proto=proto) / Raw(b'\x10\x00' + port_of(2).to_bytes(2, 'big') + b'x' * 20)))
               for proto in (6, 17, 33, 132, 136)]
    outs = [tunnel(aged(p), SHARED_B4[2]) for p in packets]
    c.v4(*packets).expect_v6(*outs).counts(in_ipv4=packets, out_ipv6=outs)


@case('an echo request from outside reaches the subscriber of the whole address')
def _(c):
    crossed(c, IP(bytes(IP(src=HOST, dst=WHOLE, ttl=9) / ICMP(id=9, seq=1) / Raw(b'ping'))), WHOLE_B4)


@case('an echo reply finds its softwire by its identifier')
def _(c):
    crossed(c, IP(bytes(IP(src=HOST, dst=SHARED, ttl=9) / ICMP(type=0, id=port_of(2), seq=1) / Raw(b'pong'))), SHARED_B4[2])


@case('an ICMP error finds its softwire by the source port it quotes')
def _(c):
    quoted = bytes(IP(src=SHARED, dst=HOST, ttl=3) / TCP(sport=port_of(1), dport=80))[:28]
    crossed(c, IP(bytes(IP(src=HOST, dst=SHARED, ttl=9) / ICMP(type=11, code=0) / Raw(quoted))), SHARED_B4[1])


@case('an ICMP error that quotes a packet with options still finds its port')
def _(c):
    from scapy.all import IPOption_NOP
    quoted = bytes(IP(src=SHARED, dst=HOST, ttl=3, options=[IPOption_NOP()] * 4) / UDP(sport=port_of(2), dport=80))[:32]
    crossed(c, IP(bytes(IP(src=HOST, dst=SHARED, ttl=9) / ICMP(type=3, code=3) / Raw(quoted))), SHARED_B4[2])


@case('more than a batch of packets keeps its order')
def _(c):
    packets = [udp(id=n) for n in range(250)]
    outs = [tunnel(aged(p), WHOLE_B4) for p in packets]
    c.v4(*packets).expect_v6(*outs).counts(in_ipv4=packets, out_ipv6=outs)
