"""Fragments on both sides, cut and put together: RFC 791, 8200 s4.5, 5722, 6946, 2473 s7.2."""
from decapsulate import inner
from encapsulate import crossed, udp
from network import (BR, HOST, IP, SHARED, SHARED_B4, UDP, WHOLE, WHOLE_B4, IPv6, IPv6ExtHdrFragment, Raw, aged, case,
                     from_tunnel, port_of, tunnel)

FIRST_ID4, FIRST_ID6 = 0x4243, 0x42424243  # what `check` starts with


def pieces4(packet, *cuts, identification=None):
    """The packet in IPv4 fragments cut at these payload offsets."""
    packet = IP(bytes(packet))
    payload, ends = bytes(packet.payload), [*cuts, len(bytes(packet.payload))]
    out = []
    for start, end in zip([0, *cuts], ends):
        head = packet.copy()
        head.remove_payload()
        head.flags = ('MF' if end < len(payload) else 0) | (packet.flags & 2)
        head.frag = start // 8
        head.id = packet.id if identification is None else identification
        del head.len, head.chksum
        out.append(IP(bytes(head / Raw(payload[start:end]))))
    return out


def pieces6(packet, *cuts, identification=1):
    """The packet in IPv6 fragments cut at these payload offsets."""
    packet = IPv6(bytes(packet))
    payload = bytes(packet)[40:]
    out = []
    for start, end in zip([0, *cuts], [*cuts, len(payload)]):
        head = IPv6(src=packet.src, dst=packet.dst, tc=packet.tc, fl=packet.fl, hlim=packet.hlim, nh=44)
        fragment = IPv6ExtHdrFragment(nh=packet.nh, offset=start // 8, m=int(end < len(payload)), id=identification)
        out.append(IPv6(bytes(head / fragment / Raw(payload[start:end]))))
    return out


def whole4(packet):
    """As reassembly leaves a packet: no identification, no flags."""
    packet = IP(bytes(packet))
    packet.id, packet.flags = 0, 0
    del packet.chksum
    return IP(bytes(packet))


ORDERS = {'in order': (0, 1, 2), 'last first': (2, 1, 0), 'middle last': (0, 2, 1)}
for name, order in ORDERS.items():
    @case(f'IPv4 fragments that come {name} are one packet in the tunnel')
    def _(c, order=order):
        p = udp(SHARED, port_of(1), size=600)
        parts = pieces4(p, 200, 400)
        out = tunnel(aged(whole4(p)), SHARED_B4[1])
        c.v4(*(parts[i] for i in order)).expect_v6(out)
        c.counts(in_ipv4_frag_reassembly_unneeded=0, in_ipv4_frag_needs_reassembly=3, in_ipv4_frag_reassembled=1,
                 in_ipv4=[whole4(p)], out_ipv6=[out])

    @case(f'IPv6 fragments that come {name} are one packet out of the tunnel')
    def _(c, order=order):
        p = inner(size=600)
        outer = from_tunnel(p, WHOLE_B4)
        parts = pieces6(outer, 200, 400)
        c.v6(*(parts[i] for i in order)).expect_v4(p)
        c.counts(in_ipv6_frag_reassembly_unneeded=0, in_ipv6_frag_needs_reassembly=3, in_ipv6_frag_reassembled=1,
                 in_ipv6=[outer], out_ipv4=[p])


@case('fragments of two protocols with one identification are two packets')
def _(c):
    p = udp(SHARED, port_of(1), size=400, id=9)
    q = IP(bytes(IP(src=HOST, dst=SHARED, proto=132, ttl=60, id=9) / Raw(bytes(p.payload)[:1] * 2 + port_of(2).to_bytes(2, 'big') + b'q' * 300)))
    (p1, p2), (q1, q2) = pieces4(p, 200), pieces4(q, 200)
    outs = [tunnel(aged(whole4(p)), SHARED_B4[1]), tunnel(aged(whole4(q)), SHARED_B4[2])]
    c.v4(p1, q1, p2, q2).expect_v6(*outs)
    c.counts(in_ipv4_frag_reassembly_unneeded=0, in_ipv4_frag_needs_reassembly=4, in_ipv4_frag_reassembled=2,
             in_ipv4=[p, q], out_ipv6=outs)


@case('overlapping IPv4 fragments discard the datagram')
def _(c):
    p = udp(size=600)
    a, _, b = pieces4(p, 200, 400)
    overlap = pieces4(p, 192, 400)[1]
    c.v4(a, overlap, b).counts(in_ipv4_frag_reassembly_unneeded=0, in_ipv4_frag_needs_reassembly=3,
                               drop_ipv4_frag_invalid_reassembly=1)


@case('overlapping IPv6 fragments discard the datagram')
def _(c):
    outer = from_tunnel(inner(size=600), WHOLE_B4)
    a, _, b = pieces6(outer, 200, 400)
    overlap = pieces6(outer, 192, 400)[1]
    c.v6(a, overlap, b).counts(in_ipv6_frag_reassembly_unneeded=0, in_ipv6_frag_needs_reassembly=3,
                               drop_ipv6_frag_invalid_reassembly=1)


@case('too many fragments discard the datagram', external_interface={'reassembly': {'max-fragments-per-packet': 2}})
def _(c):
    parts = pieces4(udp(size=600), 200, 400)
    c.v4(*parts[:2], parts[2]).counts(in_ipv4_frag_reassembly_unneeded=0, in_ipv4_frag_needs_reassembly=3,
                                      drop_ipv4_frag_invalid_reassembly=1)


@case('an IPv6 fragment in the middle must be a multiple of eight bytes')
def _(c):
    outer = from_tunnel(inner(size=600), WHOLE_B4)
    bad = pieces6(outer, 200)[0]
    bad = IPv6(bytes(IPv6(src=bad.src, dst=bad.dst, nh=44, hlim=64) / IPv6ExtHdrFragment(nh=4, m=1, id=1) / Raw(b'z' * 199)))
    c.v6(bad).counts(in_ipv6_frag_reassembly_unneeded=0, in_ipv6_frag_needs_reassembly=1,
                     drop_ipv6_frag_invalid_reassembly=1)


@case('an atomic IPv6 fragment is a whole packet')
def _(c):
    # RFC 6946: offset 0, M 0.
    p = inner()
    outer = from_tunnel(p, WHOLE_B4)
    (atomic,) = pieces6(outer)
    c.v6(atomic).expect_v4(p).counts(in_ipv6_frag_reassembly_unneeded=0, in_ipv6_frag_needs_reassembly=1,
                                     in_ipv6_frag_reassembled=1, in_ipv6=[outer], out_ipv4=[p])


for family, interface in (('IPv4', 'external'), ('IPv6', 'internal')):
    @case(f'{family} fragments that come more than sixty seconds apart never meet')
    def _(c, family=family):
        if family == 'IPv4':
            first, last = pieces4(udp(size=600), 304)
            c.v4(first, at=10).v4(last, at=71)
        else:
            first, last = pieces6(from_tunnel(inner(size=600), WHOLE_B4), 304)
            c.v6(first, at=10).v6(last, at=71)
        side = family.lower()
        c.counts(**{f'in_{side}_frag_reassembly_unneeded': 0, f'in_{side}_frag_needs_reassembly': 2})
        c.counts(**{f'drop_{side}_frag_invalid_reassembly': 1})

    @case(f'when {family} reassembly is full the oldest datagram goes',
          **{f'{interface}_interface': {'reassembly': {'max-packets': 2}}})
    def _(c, family=family):
        if family == 'IPv4':
            packets = [udp(size=600, id=n) for n in (1, 2, 3)]
            parts = [pieces4(p, 304) for p in packets]
            outs = [tunnel(aged(whole4(p)), WHOLE_B4) for p in packets[1:]]
            for n, (first, _) in enumerate(parts):
                c.v4(first, at=n + 1)
            c.v4(parts[1][1], parts[2][1], at=5).expect_v6(*outs).counts(in_ipv4=packets[1:], out_ipv6=outs)
        else:
            packets = [inner(size=600, id=n) for n in (1, 2, 3)]
            outers = [from_tunnel(p, WHOLE_B4) for p in packets]
            parts = [pieces6(p, 304, identification=n) for n, p in enumerate(outers)]
            for n, (first, _) in enumerate(parts):
                c.v6(first, at=n + 1)
            c.v6(parts[1][1], parts[2][1], at=5).expect_v4(*packets[1:]).counts(in_ipv6=outers[1:], out_ipv4=packets[1:])
        side = family.lower()
        c.counts(**{f'in_{side}_frag_reassembly_unneeded': 0, f'in_{side}_frag_needs_reassembly': 5,
                    f'in_{side}_frag_reassembled': 2, f'drop_{side}_frag_random_evicted': 1})


@case('a tunnel packet over the internal MTU leaves in IPv6 fragments', internal_interface={'mtu': 1280})
def _(c):
    p = udp(size=1400)
    out = tunnel(aged(p), WHOLE_B4)
    parts = pieces6(out, 1232, identification=FIRST_ID6)
    c.v4(p).expect_v6(*parts).counts(in_ipv4=[p], out_ipv6=[out], out_ipv6_frag=2, out_ipv6_frag_not=0)


@case('a packet over the external MTU leaves in IPv4 fragments', external_interface={'mtu': 576})
def _(c):
    p = inner(size=1200)
    parts = pieces4(p, 552, 1104, identification=FIRST_ID4)
    c.v6(from_tunnel(p, WHOLE_B4)).expect_v4(*parts)
    c.counts(in_ipv6=[from_tunnel(p, WHOLE_B4)], out_ipv4=[p], out_ipv4_frag=3, out_ipv4_frag_not=0)


@case('the last fragment may be as long as the MTU, unrounded', external_interface={'mtu': 573})
def _(c):
    # 573 - 20 = 553 bytes fit; 552 is a multiple of eight; what remains, 553, leaves in one piece.
    p = inner(size=552 + 553 - 8)
    parts = pieces4(p, 552, identification=FIRST_ID4)
    c.v6(from_tunnel(p, WHOLE_B4)).expect_v4(*parts)
    c.counts(in_ipv6=[from_tunnel(p, WHOLE_B4)], out_ipv4=[p], out_ipv4_frag=2, out_ipv4_frag_not=0)


@case('fragments inside the tunnel are put together before the softwire is looked up')
def _(c):
    p = inner(SHARED, sport=port_of(2), size=600)
    parts = pieces4(p, 304)
    outers = [from_tunnel(part, SHARED_B4[2]) for part in parts]
    # Its identification stays: somebody behind us may cut it again (RFC 6864 s4.2).
    c.v6(*outers).expect_v4(p).counts(in_ipv6=outers, in_inner_frag_needs_reassembly=2, in_inner_frag_reassembled=1,
                                      in_inner_frag_merged=2, out_ipv4=[p])
