#!/usr/bin/python3
"""Random packets over random configurations, judged by scapy: judge.py LWAFTR [--packets N] [--seed N]

For each configuration `LWAFTR check` replays the packets; every frame it sends must be one that the slow relay in
relay.py sends, and the other way round. Fragment identifications are the sender's choice: they are set to zero on
both sides, after the header checksum has been verified. Needs python3-scapy.
"""
import argparse
import random
import struct
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

sys.path += [str(Path(__file__).parent), str(Path(__file__).parent.parent / 'golden' / 'build')]
from network import HOP4, HOP6, MAC4, MAC6, pcap, text  # noqa: E402
from relay import Relay, checksum  # noqa: E402
from scapy.all import ICMP, IP, TCP, UDP, Ether, IPv6, Raw  # noqa: E402

IP4, IP6 = '192.0.2.1', '2001:db8:ffff::1'


def random_config(rng):
    softwires = []
    for host in rng.sample(range(1, 250), rng.randint(1, 6)):
        k = rng.choice((0, 1, 4, 6, 8))
        a = rng.choice((0, 0, 1, 4, 6))
        for psid in rng.sample(range(1 << k), min(1 << k, rng.randint(1, 8))):
            softwires.append({'ipv4': f'198.51.100.{host}', 'psid': psid, 'k': k, 'a': a,
                              'br-address': f'2001:db8::{rng.randint(1, 2)}',
                              'b4-ipv6': f'2001:db8:{host:x}::{psid + 1:x}'})

    def side(mtu):
        return {'mtu': mtu, 'allow-incoming-icmp': rng.random() < .8, 'generate-icmp-errors': rng.random() < .8}
    return {'softwires': softwires, 'ip4': IP4, 'hairpinning': rng.random() < .7, 'flow-label': rng.randrange(1 << 20),
            'external': side(rng.choice((576, 1000, 1460, 1500))), 'internal': side(rng.choice((1280, 1400, 1500, 2000)))}


def as_text(config):
    limit = {'error-rate-limiting': {'packets': 1000000}}
    return '\n'.join(text({'softwire-config': {
        'binding-table': {'softwire': [
            {'ipv4': s['ipv4'], 'psid': s['psid'], 'b4-ipv6': s['b4-ipv6'], 'br-address': s['br-address'],
             'port-set': {'psid-length': s['k'], 'reserved-ports-bit-count': s['a']}} for s in config['softwires']]},
        'external-interface': {**config['external'], **limit},
        'internal-interface': {**config['internal'], **limit, 'flow-label': config['flow-label'],
                               'hairpinning': config['hairpinning']},
        'instance': [{'device': 'link', 'queue': [{
            'id': 0, 'external-interface': {'ip': IP4, 'mac': MAC4, 'next-hop': {'mac': HOP4}},
            'internal-interface': {'ip': IP6, 'mac': MAC6, 'next-hop': {'mac': HOP6}}}]}]}}))


def port_for(rng, softwire):
    k, a = softwire['k'], softwire['a']
    high = rng.randrange(1, 1 << a) if a and rng.random() < .95 else 0
    low = rng.randrange(1 << (16 - a - k))
    return high << (16 - a) | softwire['psid'] << (16 - a - k) | low


def transport(rng, sport, dport, size):
    body = Raw(rng.randbytes(size))
    kind = rng.random()
    if kind < .45:
        return UDP(sport=sport, dport=dport) / body
    if kind < .8:
        return TCP(sport=sport, dport=dport, seq=rng.randrange(1 << 32)) / body
    return None  # ICMP: the caller knows which identifier matters


def random_packet(rng, config, from_b4):
    softwire = rng.choice(config['softwires'])
    own, size = port_for(rng, softwire), rng.choice((0, 1, 64, 500, 1200, 1433, 1480, 2100))
    other = rng.randrange(1 << 16)
    fields = {'ttl': rng.choice((0, 1, 2, 64, 255)), 'tos': rng.randrange(256), 'id': rng.randrange(1 << 16),
              'flags': rng.choice((0, 0, 'DF'))}
    outside = f'203.0.113.{rng.randint(1, 250)}'
    if not from_b4:
        address = softwire['ipv4'] if rng.random() < .9 else outside
        payload = transport(rng, other, own, size) or ICMP(type=rng.choice((0, 8)), id=own) / Raw(rng.randbytes(size))
        packet = IP(bytes(IP(src=outside, dst=address, **fields) / payload))
        return corrupt_icmp(rng, packet)
    if rng.random() < .3:
        peer = rng.choice(config['softwires'])
        outside, other = peer['ipv4'], port_for(rng, peer)
    payload = transport(rng, own, other, size) or ICMP(type=8, id=own) / Raw(rng.randbytes(size))
    inner = IP(bytes(IP(src=softwire['ipv4'], dst=outside, **fields) / payload))
    liar = rng.choice(config['softwires']) if rng.random() < .15 else softwire
    return IPv6(bytes(IPv6(src=liar['b4-ipv6'], dst=liar['br-address'], nh=4, hlim=64) / corrupt_icmp(rng, inner)))


def corrupt_icmp(rng, packet):
    if packet.proto != 1 or rng.random() > .1:
        return packet
    raw = bytearray(bytes(packet))
    raw[22] ^= 0xff
    return IP(bytes(raw))


def normal(side, packet):
    """The packet with a fragment identification of zero, checksums verified."""
    raw = bytearray(bytes(packet))
    if side == 'v4':
        head = (raw[0] & 15) * 4
        if checksum(bytes(raw[:head])) != 0:
            return 'wrong IPv4 checksum: ' + raw.hex()
        if struct.unpack('!H', raw[6:8])[0] & 0x3fff:
            raw[4:6] = raw[10:12] = b'\0\0'
    elif raw[6] == 44:
        raw[44:48] = b'\0\0\0\0'
    return raw.hex()


def frames(path):
    data, at = path.read_bytes(), 24
    while at < len(data):
        size = struct.unpack('<I', data[at + 8:at + 12])[0]
        yield data[at + 16:at + 16 + size]
        at += 16 + size


def judge(lwaftr, rng, count):
    config = random_config(rng)
    relay = Relay(config)
    v4 = [random_packet(rng, config, False) for _ in range(count // 2)]
    v6 = [random_packet(rng, config, True) for _ in range(count - count // 2)]
    sent = [out for p in v4 for out in relay.from_internet(p)] + [out for p in v6 for out in relay.from_b4(p)]
    want = Counter((side, normal(side, p)) for side, p in sent)
    with tempfile.TemporaryDirectory() as folder:
        at = Path(folder)
        (at / 'conf').write_text(as_text(config))
        (at / '4').write_bytes(pcap([Ether(src=HOP4, dst=MAC4) / p for p in v4], [0] * len(v4)))
        (at / '6').write_bytes(pcap([Ether(src=HOP6, dst=MAC6) / p for p in v6], [0] * len(v6)))
        subprocess.run([lwaftr, 'check', at / 'conf', at / '4', at / '6', at / 'o4', at / 'o6'], check=True)
        got = Counter((side, normal(side, f[14:])) for side, file in (('v4', 'o4'), ('v6', 'o6')) for f in frames(at / file))
    for name, extra in (('missing', want - got), ('unexpected', got - want)):
        for (side, frame), times in list(extra.items())[:3]:
            print(f'{name} {times}x on {side}: {frame}')
    if want != got:
        print(as_text(config))
    return want == got, sum(got.values())


def main():
    args = argparse.ArgumentParser()
    args.add_argument('lwaftr')
    args.add_argument('--packets', type=int, default=1000)
    args.add_argument('--each', type=int, default=250, help='packets for one configuration')
    args.add_argument('--seed', type=int, default=random.randrange(1 << 31))
    args = args.parse_args()
    judged = left = 0
    for n in range(-(-args.packets // args.each)):
        seed = args.seed + n
        same, out = judge(args.lwaftr, random.Random(seed), args.each)
        if not same:
            sys.exit(f'scapy disagrees: --seed {seed} --packets {args.each}')
        judged, left = judged + args.each, left + out
    print(f'{judged} packets in, {left} frames out: scapy agrees (seed {args.seed})')


main()
