"""ARP and neighbour discovery, for ourselves and for next hops: RFC 826, RFC 4861."""
from decapsulate import inner
from encapsulate import udp
from network import (ARP, HOP4, HOP6, IP4, IP6, MAC4, MAC6, WHOLE, WHOLE_B4, Ether, ICMPv6ND_NA, ICMPv6ND_NS,
                     ICMPv6NDOptDstLLAddr, ICMPv6NDOptSrcLLAddr, IPv6, Raw, aged, case, from_b4, from_tunnel, to_b4,
                     to_internet, tunnel)

GATE4, GATE6 = '192.0.2.254', '2001:db8:ffff::fe'
BROADCAST = 'ff:ff:ff:ff:ff:ff'


def arp(op, hwsrc, psrc, hwdst, pdst, to):
    return Ether(bytes(Ether(src=hwsrc, dst=to) / ARP(op=op, hwsrc=hwsrc, psrc=psrc, hwdst=hwdst, pdst=pdst)))


def solicit(src, target, mac, dst=None, hlim=255, option=True):
    group = 'ff02::1:ff' + f'{int(target.split(":")[-1] or "0", 16):06x}'[:2] + ':' + f'{int(target.split(":")[-1], 16):04x}'
    body = IPv6(src=src, dst=dst or group, hlim=hlim) / ICMPv6ND_NS(tgt=target)
    return IPv6(bytes(body / ICMPv6NDOptSrcLLAddr(lladdr=mac) if option else body))


def advert(src, dst, target, mac, **flags):
    return IPv6(bytes(IPv6(src=src, dst=dst, hlim=255) / ICMPv6ND_NA(tgt=target, **flags) / ICMPv6NDOptDstLLAddr(lladdr=mac)))


ASK4 = arp(1, MAC4, IP4, '00:00:00:00:00:00', GATE4, BROADCAST)
ANSWER4 = arp(2, HOP4, GATE4, MAC4, IP4, MAC4)
ASK6 = Ether(bytes(Ether(src=MAC6, dst='33:33:ff:00:00:fe') / solicit(IP6, GATE6, MAC6)))
ANSWER6 = from_b4(advert(GATE6, IP6, GATE6, HOP6, R=1, S=1, O=1))


def by_ip(c, external=GATE4, internal=GATE6):
    """Next hops given by address, to be resolved."""
    from network import CONFIG
    queue = {**CONFIG['instance'][0]['queue'][0]}
    if external:
        queue['external-interface'] = {**queue['external-interface'], 'next-hop': {'ip': external}}
    if internal:
        queue['internal-interface'] = {**queue['internal-interface'], 'next-hop': {'ip': internal}}
    c.config = {**c.config, 'instance': [{'device': 'link', 'queue': [queue]}]}
    return c


@case('who asks for the external address is answered')
def _(c):
    ask = arp(1, '02:00:00:00:00:99', '192.0.2.99', '00:00:00:00:00:00', IP4, BROADCAST)
    answer = arp(2, MAC4, IP4, '02:00:00:00:00:99', '192.0.2.99', '02:00:00:00:00:99')
    c.v4_frames(bytes(ask) + b'\0' * 18).expect_v4_frames(answer)
    c.counts(in_arp_request=[60], out_arp_reply=[42])


@case('who asks for another address is not answered')
def _(c):
    c.v4_frames(arp(1, '02:00:00:00:00:99', '192.0.2.99', '00:00:00:00:00:00', '192.0.2.98', BROADCAST))
    c.counts(in_arp_request=[42])


@case('who solicits the internal address is answered')
def _(c):
    ask = solicit('2001:db8:ffff::99', IP6, '02:00:00:00:00:99')
    answer = IPv6(bytes(IPv6(src=IP6, dst='2001:db8:ffff::99', hlim=255) / ICMPv6ND_NA(tgt=IP6, R=1, S=1, O=0)
                        / ICMPv6NDOptDstLLAddr(lladdr=MAC6)))
    c.v6_frames(Ether(bytes(Ether(src='02:00:00:00:00:99', dst='33:33:ff:00:00:01') / ask)))
    c.expect_v6_frames(Ether(bytes(Ether(src=MAC6, dst='02:00:00:00:00:99') / answer)))
    c.counts(in_ndp_ns=[86], out_ndp_na=[86])


@case('a solicitation that came through a router is not believed')
def _(c):
    c.v6(solicit('2001:db8:ffff::99', IP6, HOP6, hlim=254))


@case('unresolved next hops are asked for at once')
def _(c):
    by_ip(c).expect_v4_frames(ASK4).expect_v6_frames(ASK6)
    c.counts(out_arp_request=[42], out_ndp_ns=[86])


@case('packets wait for the next hops and leave in order when they answer')
def _(c):
    by_ip(c)
    down = [udp(id=n) for n in range(3)]
    up = [inner(id=n) for n in range(3)]
    outs = [tunnel(aged(p), WHOLE_B4) for p in down]
    c.v4(*down).v6(*(from_tunnel(p, WHOLE_B4) for p in up))
    c.v4_frames(ANSWER4, at=1).v6_frames(ANSWER6, at=1)
    c.expect_v4_frames(ASK4).expect_v4(*up).expect_v6_frames(ASK6).expect_v6(*outs)
    c.counts(in_ipv4=down, in_ipv6=[from_tunnel(p, WHOLE_B4) for p in up], out_ipv4=up, out_ipv6=outs,
             out_arp_request=[42], in_arp_reply=[42], out_ndp_ns=[86], in_ndp_na=[86])


@case('an unresolved next hop is asked for every three seconds')
def _(c):
    by_ip(c, internal=None)
    # Frames that do nothing let time pass.
    quiet = arp(2, '02:00:00:00:00:99', '192.0.2.99', MAC4, IP4, MAC4)
    for at in (1, 3.9, 4.1, 7.2):
        c.v4_frames(quiet, at=at)
    c.expect_v4_frames(ASK4, ASK4, ASK4).counts(out_arp_request=[42] * 3, in_arp_reply=[42] * 4)


@case('an unsolicited advertisement that overrides moves the next hop')
def _(c):
    by_ip(c, external=None)
    moved = '02:00:00:00:06:ee'
    p = udp()
    out = tunnel(aged(p), WHOLE_B4)
    c.v6_frames(ANSWER6, at=1)
    c.v6_frames(Ether(bytes(Ether(src=moved, dst='33:33:00:00:00:01') / advert(GATE6, 'ff02::1', GATE6, moved, R=1, O=1))), at=2)
    c.v4(p, at=3)
    c.expect_v6_frames(ASK6, Ether(bytes(Ether(src=MAC6, dst=moved) / out)))
    c.counts(in_ipv4=[p], out_ipv6=[out], out_ndp_ns=[86], in_ndp_na=[86, 86])
