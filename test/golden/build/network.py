"""The one small network all golden cases live in, its packets and the case recorder.

Everything here is scapy and the RFCs: no code of the relay, so that the expected frames are an independent judgement.
"""
import json
import re
import struct
from pathlib import Path

from scapy.all import (ARP, ICMP, IP, TCP, UDP, Dot1Q, Ether, ICMPv6DestUnreach, ICMPv6EchoReply, ICMPv6EchoRequest,
                       ICMPv6ND_NA, ICMPv6ND_NS, ICMPv6NDOptDstLLAddr, ICMPv6NDOptSrcLLAddr, ICMPv6PacketTooBig,
                       ICMPv6TimeExceeded, IPv6, IPv6ExtHdrDestOpt, IPv6ExtHdrFragment, Padding, Raw)

OUT = Path(__file__).resolve().parent.parent

# The relay's two interfaces and its next hops.
MAC4, HOP4, IP4 = '02:00:00:00:04:01', '02:00:00:00:04:fe', '192.0.2.1'
MAC6, HOP6, IP6 = '02:00:00:00:06:01', '02:00:00:00:06:fe', '2001:db8:ffff::1'
# A host on the internet.
HOST = '203.0.113.9'
BR = '2001:db8::1'
# WHOLE is one subscriber's alone; SHARED is cut into 64 port sets above port 1023 (a=6, k=6, m=4).
WHOLE, WHOLE_B4 = '198.51.100.1', '2001:db8:1::1'
SHARED, SHARED_B4 = '198.51.100.2', {1: '2001:db8:2::1', 2: '2001:db8:2::2'}
NOBODY = '198.51.100.99'


def port_of(psid, n=0):
    """A port of the PSID: a=6 high bits not zero, k=6 bits PSID, m=4 bits n (RFC 7597 s5.1)."""
    return 1 << 10 | psid << 4 | n


CONFIG = {
    'binding-table': {'softwire': [
        {'ipv4': WHOLE, 'psid': 0, 'b4-ipv6': WHOLE_B4, 'br-address': BR, 'port-set': {'psid-length': 0}},
        *({'ipv4': SHARED, 'psid': psid, 'b4-ipv6': b4, 'br-address': BR,
           'port-set': {'psid-length': 6, 'reserved-ports-bit-count': 6}} for psid, b4 in SHARED_B4.items()),
    ]},
    'external-interface': {'mtu': 1500},
    'internal-interface': {'mtu': 1500},
    'instance': [{'device': 'link', 'queue': [{
        'id': 0,
        'external-interface': {'ip': IP4, 'mac': MAC4, 'next-hop': {'mac': HOP4}},
        'internal-interface': {'ip': IP6, 'mac': MAC6, 'next-hop': {'mac': HOP6}},
    }]}],
}


def from_internet(packet):
    """An IPv4 packet as it arrives on the external side."""
    return Ether(bytes(Ether(src=HOP4, dst=MAC4) / packet))


def to_internet(packet):
    return Ether(bytes(Ether(src=MAC4, dst=HOP4) / packet))


def from_b4(packet):
    """An IPv6 packet as it arrives on the internal side."""
    return Ether(bytes(Ether(src=HOP6, dst=MAC6) / packet))


def to_b4(packet):
    return Ether(bytes(Ether(src=MAC6, dst=HOP6) / packet))


def tunnel(inner, b4, br=BR, label=0):
    """RFC 2473: what the relay wraps around an IPv4 packet for a B4; the traffic class is the whole TOS."""
    inner = IP(bytes(inner))
    return IPv6(src=br, dst=b4, tc=inner.tos, fl=label, nh=4, hlim=255) / inner


def from_tunnel(inner, b4, br=BR, **fields):
    """What a B4 sends to the relay."""
    return IPv6(src=b4, dst=br, nh=4, hlim=64, **fields) / IP(bytes(inner))


def aged(packet, by=1):
    """The packet with its TTL lower and its header checksum right again."""
    packet = IP(bytes(packet))
    packet.ttl -= by
    del packet.chksum
    return IP(bytes(packet))


def icmp4(kind, code, quoted, to, mtu=0, ttl=255, source=IP4, most=576):
    """An ICMPv4 error of the relay: as much of the offender as fits into 576 bytes (RFC 1812 s4.3.2.3)."""
    body = bytes(quoted)[:most - 28]
    message = struct.pack('!BBHHH', kind, code, 0, 0, mtu) + body
    return IP(bytes(IP(src=source, dst=to, id=0, ttl=ttl, proto=1) / with_checksum(message)))


def with_checksum(message):
    total = sum(struct.unpack(f'!{(len(message) + 1) // 2}H', message + b'\0' * (len(message) % 2)))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return Raw(message[:2] + struct.pack('!H', ~total & 0xffff) + message[4:])


def merge(base, extra):
    if not isinstance(base, dict) or not isinstance(extra, dict):
        return extra
    return {**base, **{k: merge(base.get(k), v) for k, v in extra.items()}}


def text(tree, indent=''):
    """The configuration in the text format."""
    for name, value in tree.items():
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, dict):
                yield f'{indent}{name} {{'
                yield from text(one, indent + '  ')
                yield f'{indent}}}'
            else:
                shown = str(one).lower() if isinstance(one, bool) else f'"{one}"' if ' ' in str(one) else one
                yield f'{indent}{name} {shown};'


def pcap(frames, times):
    """Classic little-endian microsecond pcap, Ethernet."""
    out = [struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1)]
    for frame, time in zip(frames, times):
        frame = bytes(frame)
        out.append(struct.pack('<IIII', int(time), round(time % 1 * 1e6), len(frame), len(frame)) + frame)
    return b''.join(out)


class Case:
    """What goes in, what must come out, and what must have been counted."""

    def __init__(self, sentence):
        self.sentence, self.config, self.counters = sentence, CONFIG, {}
        self.frames = {'in-v4': [], 'in-v6': [], 'out-v4': [], 'out-v6': []}
        self.times = {'in-v4': [], 'in-v6': []}
        self.on_a_stick = False

    def configure(self, **sections):
        self.config = merge(self.config, {k.replace('_', '-'): v for k, v in sections.items()})
        return self

    def queue(self, **sections):
        queue = merge(self.config['instance'][0]['queue'][0], {k.replace('_', '-'): v for k, v in sections.items()})
        self.config = {**self.config, 'instance': [{'device': 'link', 'queue': [queue]}]}
        return self

    def _in(self, side, frames, at):
        self.frames[side] += frames
        self.times[side] += [at] * len(frames)
        return self

    def v4(self, *packets, at=0):
        return self._in('in-v4', [from_internet(p) for p in packets], at)

    def v6(self, *packets, at=0):
        return self._in('in-v6', [from_b4(p) for p in packets], at)

    def v4_frames(self, *frames, at=0):
        return self._in('in-v4', list(frames), at)

    def v6_frames(self, *frames, at=0):
        return self._in('in-v6', list(frames), at)

    def expect_v4(self, *packets):
        self.frames['out-v4'] += [to_internet(p) for p in packets]
        return self

    def expect_v6(self, *packets):
        self.frames['out-v6'] += [to_b4(p) for p in packets]
        return self

    def expect_v4_frames(self, *frames):
        self.frames['out-v4'] += frames
        return self

    def expect_v6_frames(self, *frames):
        self.frames['out-v6'] += frames
        return self

    def counts(self, **counters):
        """name=n, or name=[frames] for a -packets and -bytes pair (frame length, FCS and tag apart)."""
        for name, value in counters.items():
            name = name.replace('_', '-')
            if isinstance(value, list):
                self.counters[f'{name}-packets'] = len(value)
                self.counters[f'{name}-bytes'] = sum(v if isinstance(v, int) else len(bytes(v)) + 14 for v in value)
            else:
                self.counters[name] = value
        return self

    def write(self):
        folder = OUT / re.sub('[^a-z0-9]+', '-', self.sentence.lower()).strip('-')[:90].strip('-')
        folder.mkdir(exist_ok=True)
        counters = {**self.counters}
        for family in ('ipv4', 'ipv6'):
            side = family.replace('ip', '')
            counters.setdefault(f'in-{family}-frag-reassembly-unneeded', len(self.frames[f'in-{side}']))
            counters.setdefault(f'out-{family}-frag-not', len(self.frames[f'out-{side}']))
        counters = {k: v for k, v in sorted(counters.items()) if v}
        (folder / 'about.txt').write_text(self.sentence + '.\n' + ('on-a-stick\n' if self.on_a_stick else ''))
        (folder / 'config.conf').write_text('\n'.join(text({'softwire-config': self.config})) + '\n')
        (folder / 'counters.json').write_text(json.dumps(counters, indent=1) + '\n')
        for name, frames in self.frames.items():
            (folder / f'{name}.pcap').write_bytes(pcap(frames, self.times.get(name, [0] * len(frames))))
        return folder


CASES = {}


def case(sentence, **configuration):
    """Registers a case; the function fills it in."""
    def register(fill):
        assert sentence not in CASES, sentence
        c = Case(sentence).configure(**configuration)
        fill(c)
        CASES[sentence] = c
        return fill
    return register
