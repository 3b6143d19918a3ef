# At the far end of the relay's link: where do packets to these softwires go?
#   probe.py DEVICE RELAY-MAC
# Reads lines, each a JSON list of [ipv4, port]; for each line answers {"ipv4 port": b4 in hex} of those that came back
# in a tunnel. Twice asked before a softwire counts as absent: sockets may lose a packet, the relay may not.
import json, select, socket, struct, sys

device, mac = sys.argv[1], bytes.fromhex(sys.argv[2].replace(':', ''))
QUIET = 0.3  # seconds without an answer

# Anew for each scan: the interface may have been another one before.
def open_link():
    link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 24)
    link.bind((device, 3))
    return link

def checksum(header):
    total = sum(struct.unpack('!10H', header))
    while total >> 16: total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff

def frame(ipv4, port, scan):
    udp = struct.pack('!4H', scan, port, 16, 0) + bytes(8)
    to, source = socket.inet_aton(ipv4), socket.inet_aton('198.51.100.77')
    parts = [0x45, 0, 20 + len(udp), 0, 0, 64, 17]
    sum_ = checksum(struct.pack('!BBHHHBBH', *parts, 0) + source + to)
    ip = struct.pack('!BBHHHBBH', *parts, sum_) + source + to
    return mac + bytes.fromhex('02000000fa17') + b'\x08\x00' + ip + udp

def receive(link, scan, found):
    while select.select([link], [], [], QUIET)[0]:
        data = link.recv(2000)
        # Ethernet 14, IPv6 40 with next header 4, IPv4 20, UDP.
        if len(data) < 78 or data[12:14] != b'\x86\xdd' or data[20] != 4: continue
        source, port = struct.unpack('!2H', data[74:78])
        if source == scan: found[socket.inet_ntoa(data[70:74]) + ' ' + str(port)] = data[38:54].hex()

scan = 1000
for line in sys.stdin:
    scan += 1
    link, found, asked = open_link(), {}, json.loads(line)
    for attempt in range(2):
        left = [one for one in asked if f'{one[0]} {one[1]}' not in found]
        for one in left: link.send(frame(*one, scan))
        receive(link, scan, found)
    link.close()
    print(json.dumps(found), flush=True)
