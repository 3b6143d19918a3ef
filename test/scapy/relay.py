"""A slow, obvious border relay in Python: what RFC 7596 and its companions ask for, packet by packet, by scapy.

It shares nothing with the relay it judges. One packet in gives the list of frames out, as ('v4' | 'v6', IP packet).
"""
import struct

from scapy.all import ICMP, IP, IPv6, ICMPv6DestUnreach, Raw


def checksum(data):
    total = sum(struct.unpack(f'!{(len(data) + 1) // 2}H', data + b'\0' * (len(data) % 2)))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def fixed(packet):
    """The IPv4 packet with its header checksum made right."""
    del packet.chksum
    return IP(bytes(packet))


class Relay:
    def __init__(self, config):
        self.config = config
        self.softwires = {(s['ipv4'], s['psid']): s for s in config['softwires']}
        self.port_sets = {s['ipv4']: (s['k'], s['a']) for s in config['softwires']}

    def lookup(self, ipv4, port):
        if ipv4 not in self.port_sets:
            return None
        k, a = self.port_sets[ipv4]
        if a and port >> (16 - a) == 0:
            return None
        return self.softwires.get((ipv4, (port >> (16 - a - k)) & ((1 << k) - 1)))

    def managed(self, ipv4):
        k, a = self.port_sets.get(ipv4, (0, 16))
        return k + (16 - k - a) > 0

    # RFC 7596 s6: from the internet into a tunnel.
    def from_internet(self, packet):
        return self.into_tunnel(IP(bytes(packet)))

    def into_tunnel(self, packet, own_error=False):
        config = self.config
        if packet.proto == 1:
            if not config['external']['allow-incoming-icmp']:
                return []
            message = bytes(packet.payload)
            if checksum(message) != 0:
                return []
            kind = message[0]
            if own_error:  # by the port with which the quoted packet came out of its tunnel
                port = self.source_port(IP(message[8:]))
            else:
                port = (0 if kind == 8 else struct.unpack('!H', message[4:6])[0] if kind == 0
                        else struct.unpack('!H', message[8 + (message[8] & 15) * 4:][:2])[0])
        else:
            kind = None
            port = struct.unpack('!H', bytes(packet.payload)[2:4])[0]
        softwire = self.lookup(packet.dst, port)
        error = kind is not None and kind not in (0, 8, 13, 15, 17)
        if softwire is None:
            return [] if packet.proto == 1 else self.icmp(3, 1, packet, 0)
        if packet.ttl > 0:
            packet.ttl -= 1
            packet = fixed(packet)
        if packet.ttl == 0:
            return [] if error else self.icmp(11, 0, packet, 0)
        if len(packet) + 40 > config['internal']['mtu'] and packet.flags.DF:
            return [] if error else self.icmp(3, 4, packet, config['internal']['mtu'] - 40)
        tunnel = IPv6(src=softwire['br-address'], dst=softwire['b4-ipv6'], tc=packet.tos, fl=config['flow-label'],
                      nh=4, hlim=255) / packet
        return [('v6', part) for part in self.cut6(IPv6(bytes(tunnel)))]

    # RFC 7596 s6: out of a tunnel, to the internet or to another B4.
    def from_b4(self, outer):
        config = self.config
        outer = IPv6(bytes(outer))
        inner = IP(bytes(outer)[40:])
        message = bytes(inner.payload)
        softwire = self.lookup(inner.src, self.source_port(inner))
        if softwire is None or softwire['b4-ipv6'] != outer.src or softwire['br-address'] != outer.dst:
            if not config['internal']['generate-icmp-errors']:
                return []
            source = softwire['br-address'] if softwire else outer.dst
            error = IPv6(src=source, dst=outer.src, hlim=255) / ICMPv6DestUnreach(code=5) / Raw(bytes(outer)[:1280 - 48])
            return [('v6', part) for part in self.cut6(IPv6(bytes(error)))]
        if config['hairpinning'] and self.managed(inner.dst):
            return self.into_tunnel(inner)
        mtu = config['external']['mtu']
        if len(inner) > mtu and inner.flags.DF:
            return [] if inner.proto == 1 and message[0] not in (0, 8) else self.icmp(3, 4, inner, mtu)
        return [('v4', part) for part in self.cut4(inner)]

    @staticmethod
    def source_port(inner):
        """What of a subscriber's packet lies in its port set: the identifier of an echo, else the source port."""
        message = bytes(inner)[inner.ihl * 4:]
        if inner.proto != 1:
            return struct.unpack('!H', message[:2])[0]
        if message[0] in (0, 8):
            return struct.unpack('!H', message[4:6])[0] if message[0] == 8 else 0
        return struct.unpack('!H', message[8 + (message[8] & 15) * 4:][:2])[0]

    def icmp(self, kind, code, packet, mtu):
        """An error about `packet` to its source, through a tunnel when the source is a subscriber."""
        if not self.config['external']['generate-icmp-errors']:
            return []
        message = struct.pack('!BBHHH', kind, code, 0, 0, mtu) + bytes(packet)[:576 - 28]
        message = message[:2] + struct.pack('!H', checksum(message)) + message[4:]
        error = IP(bytes(IP(src=self.config['ip4'], dst=packet.src, ttl=255, id=0, proto=1) / Raw(message)))
        if self.managed(error.dst):
            return self.into_tunnel(error, own_error=True)
        return [('v4', part) for part in self.cut4(error)]

    def cut4(self, packet):
        mtu, head = self.config['external']['mtu'], packet.ihl * 4
        if len(packet) <= mtu:
            return [packet]
        payload, room, out, at = bytes(packet)[head:], (mtu - head) // 8 * 8, [], 0
        while at < len(payload):
            size = len(payload) - at if len(payload) - at <= mtu - head else room
            part = IP(bytes(packet)[:head])
            part.len, part.flags, part.frag = head + size, 1 if at + size < len(payload) else 0, at // 8
            out.append(fixed(part / Raw(payload[at:at + size])))
            at += size
        return out

    def cut6(self, packet):
        mtu = self.config['internal']['mtu']
        if len(packet) <= mtu:
            return [packet]
        payload, room, out, at = bytes(packet)[40:], (mtu - 48) // 8 * 8, [], 0
        while at < len(payload):
            size = len(payload) - at if len(payload) - at <= mtu - 48 else room
            more = at + size < len(payload)
            fragment = struct.pack('!BBHI', packet.nh, 0, at | more, 0)
            head = bytearray(bytes(packet)[:40])
            head[4:6], head[6] = struct.pack('!H', 8 + size), 44
            out.append(IPv6(bytes(head) + fragment + payload[at:at + size]))
            at += size
        return out
