# What no honest host sends, to a relay's link: softwire packets with bytes changed by chance, cut short, in fragments
# that never become whole or lie over each other; ICMP errors about packets that never were; and noise.
#   hostile.py DEVICE RELAY-MAC SEED FRAMES-A-SECOND
import random, socket, struct, sys, time

device, mac = sys.argv[1], bytes.fromhex(sys.argv[2].replace(':', ''))
rng, rate = random.Random(int(sys.argv[3])), float(sys.argv[4])
link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
link.bind((device, 0))

BR = socket.inet_pton(socket.AF_INET6, '2001:db8:ffff::100')
B4 = socket.inet_pton(socket.AF_INET6, '2001:db8:b4:1::2')

def checksum(data):
    total = sum(struct.unpack(f'!{len(data) // 2}H', data[:len(data) // 2 * 2])) + (data[-1] << 8 if len(data) % 2 else 0)
    while total >> 16: total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff

def address4(): return bytes([rng.choice((193, 10, 198, 0, 224, 255)), rng.choice((5, 1)), rng.randrange(256), rng.randrange(256)])
def payload(): return rng.randbytes(rng.choice((0, 1, 8, 40, 400, 1400)))

def ipv4(protocol, data, to=None, fragment=0):
    ttl = rng.choice((0, 1, 2, 64))
    head = struct.pack('!BBHHHBBH', 0x45, 0, 20 + len(data), rng.randrange(50), fragment, ttl, protocol, 0)
    head += address4() + (to or rng.choice((address4(), bytes([193, 5, 1, 100]), bytes([193, 5, 1, 101]))))
    return head[:10] + struct.pack('!H', checksum(head)) + head[12:] + data

def udp(): return struct.pack('!4H', rng.randrange(65536), rng.randrange(65536), 8 + rng.randrange(100), 0) + payload()
def icmp(): # errors quote a packet, often cut
    message = bytes([rng.choice((3, 4, 5, 8, 11, 12, 13)), rng.randrange(16)]) + bytes(2) + rng.randbytes(4) + ipv4(17, udp())[:rng.randrange(60)]
    return message[:2] + struct.pack('!H', checksum(message)) + message[4:]
def inner():
    kind = rng.randrange(4)
    if kind == 0: return ipv4(17, udp())
    if kind == 1: return ipv4(1, icmp())
    if kind == 2: return ipv4(17, payload(), None, rng.choice((0x2000, 0x2001, 0x2010, 0x0040, 0x00b9, 0x1fff, 0x4000, 0x8000)))
    return ipv4(rng.choice((0, 6, 41, 47, 50, 58, 255)), payload())
def ipv6(following, data):
    return struct.pack('!IHBB', 6 << 28, len(data), following, rng.choice((0, 1, 64))) + rng.choice((B4, rng.randbytes(16))) + rng.choice((BR, BR, rng.randbytes(16))) + data
def tunnelled():
    kind = rng.randrange(4)
    if kind == 0: return ipv6(4, inner())
    if kind == 1: return ipv6(44, struct.pack('!BBHI', 4, 0, rng.randrange(8192) << 3 | rng.randrange(2), rng.randrange(50)) + inner())
    if kind == 2: return ipv6(58, bytes([rng.choice((1, 2, 3, 4, 128, 135)), rng.randrange(8)]) + rng.randbytes(6) + ipv6(4, inner())[:rng.randrange(120)])
    return ipv6(rng.choice((0, 43, 51, 60, 135)), bytes([4, rng.choice((0, 1, 255))]) + rng.randbytes(6) + inner())

def frame():
    v4 = rng.random() < .5
    packet = inner() if v4 else tunnelled()
    if rng.random() < .3:
        packet = bytearray(packet)
        for _ in range(rng.randint(1, 4)): packet[rng.randrange(len(packet))] = rng.randrange(256)
    if rng.random() < .2: packet = packet[:rng.randrange(len(packet) + 1)]
    if rng.random() < .2: packet += bytes(rng.randrange(60)) # padding
    # The address of a host that is not there: a switch must not learn another one's from this.
    data = mac + bytes.fromhex('02000000fa18') + (b'\x08\x00' if v4 else b'\x86\xdd') + bytes(packet)
    return data if rng.random() < .98 else mac + rng.randbytes(rng.randint(9, 300))

while True:
    time.sleep(rng.expovariate(rate))
    try: link.send(frame())
    except OSError: pass # the link is down for a moment
