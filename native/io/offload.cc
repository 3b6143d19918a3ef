#include "offload.h"

#include <algorithm>
#include <cstring>

namespace lwaftr {

namespace {

constexpr size_t kEthernet = 14;
constexpr uint8_t kFin = 0x01, kPsh = 0x08, kCwr = 0x80;
constexpr uint8_t kTcp = 6, kUdp = 17;

uint16_t load16(const uint8_t* p) { return static_cast<uint16_t>(p[0] << 8 | p[1]); }
void store16(uint8_t* p, size_t value) {
  p[0] = static_cast<uint8_t>(value >> 8);
  p[1] = static_cast<uint8_t>(value);
}
uint32_t load32(const uint8_t* p) { return static_cast<uint32_t>(load16(p)) << 16 | load16(p + 2); }
void store32(uint8_t* p, uint32_t value) {
  store16(p, value >> 16);
  store16(p + 2, value & 0xffff);
}

// RFC 1071 sum of 16-bit big-endian words, not complemented.
uint64_t sum(const uint8_t* data, size_t length, uint64_t start = 0) {
  for (; length > 1; data += 2, length -= 2) start += load16(data);
  if (length) start += static_cast<uint64_t>(*data) << 8;
  return start;
}
uint16_t fold(uint64_t sum) {
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<uint16_t>(sum);
}

// The IP headers between Ethernet and the transport header, outermost first.
struct Headers {
  static constexpr size_t kMax = 4;
  size_t ip[kMax];
  size_t count = 0;
  size_t transport = 0;
  uint8_t protocol = 0;
};

// Walks the headers down to the one at `transport`. False when they do not lead there.
bool walk(const uint8_t* frame, size_t length, size_t transport, Headers* headers) {
  if (length < kEthernet) return false;
  size_t at = kEthernet;
  uint16_t ethertype = load16(frame + 12);
  if (ethertype == 0x8100 && length >= kEthernet + 4) {
    ethertype = load16(frame + 16);
    at += 4;
  }
  uint8_t next = ethertype == 0x0800 ? 4 : ethertype == 0x86dd ? 41 : 255;
  while (at < transport) {
    if (next == 4 || next == 41) {
      size_t header = next == 41 ? 40 : 20;
      if (at + header > length || headers->count == Headers::kMax) return false;
      headers->ip[headers->count++] = at;
      if (next == 4) {
        header = static_cast<size_t>(frame[at] & 0xf) * 4;
        if (header < 20) return false;
      }
      next = next == 41 ? frame[at + 6] : frame[at + 9];
      at += header;
    } else if (next == 60 || next == 0 || next == 43) {  // options, such as the tunnel encapsulation limit
      if (at + 8 > length) return false;
      next = frame[at];
      at += 8 + static_cast<size_t>(frame[at + 1]) * 8;
    } else {
      return false;
    }
  }
  headers->transport = at;
  headers->protocol = next;
  return at == transport && at <= length && headers->count > 0;
}

// The pseudo-header's sum for a transport datagram of `size` bytes below the IP header at `ip`.
uint64_t pseudo_sum(const uint8_t* ip, uint8_t protocol, size_t size) {
  uint64_t addresses = ip[0] >> 4 == 4 ? sum(ip + 12, 8) : sum(ip + 8, 32);
  return addresses + protocol + size;
}

}  // namespace

bool complete_checksum(uint8_t* frame, size_t length, const OffloadHeader& header) {
  size_t start = header.checksum_start;
  size_t field = start + header.checksum_offset;
  if (start >= length || field + 2 > length) return false;
  auto checksum = static_cast<uint16_t>(~fold(sum(frame + start, length - start)));
  // UDP (the field at 6) keeps 0 for "none"; TCP and the like never compute a 0 that matters.
  store16(frame + field, checksum == 0 && header.checksum_offset == 6 ? 0xffff : checksum);
  return true;
}

size_t segment(uint8_t* frame, size_t length, const OffloadHeader& header, PacketPool& pool, Packet** packets,
               size_t limit, uint64_t* lost) {
  Headers headers;
  bool udp = (header.gso_type & ~OffloadHeader::kEcn) == OffloadHeader::kUdp;
  size_t minimum = udp ? 8 : 20;
  if (!(header.flags & OffloadHeader::kNeedsChecksum) || header.gso_size == 0 ||
      !walk(frame, length, header.checksum_start, &headers) || headers.protocol != (udp ? kUdp : kTcp) ||
      headers.transport + minimum > length) {
    ++*lost;
    return 0;
  }
  size_t transport_length = udp ? 8 : static_cast<size_t>(frame[headers.transport + 12] >> 4) * 4;
  size_t payload_at = headers.transport + transport_length;
  if (transport_length < minimum || payload_at > length) {
    ++*lost;
    return 0;
  }

  const uint8_t* innermost = frame + headers.ip[headers.count - 1];
  uint8_t* tcp = frame + headers.transport;
  uint32_t sequence = udp ? 0 : load32(tcp + 4);
  uint8_t flags = udp ? 0 : tcp[13];
  size_t written = 0;
  size_t index = 0;
  for (size_t at = payload_at; at < length; at += header.gso_size, index++) {
    size_t piece = std::min<size_t>(header.gso_size, length - at);
    Packet* packet = written < limit ? pool.allocate(payload_at + piece) : nullptr;
    if (!packet) {
      ++*lost;
      continue;
    }
    uint8_t* out = packet->data;
    packet->length = static_cast<uint32_t>(payload_at + piece);
    memcpy(out, frame, payload_at);
    memcpy(out + payload_at, frame + at, piece);
    for (size_t i = 0; i < headers.count; i++) {
      uint8_t* ip = out + headers.ip[i];
      size_t ip_length = packet->length - headers.ip[i];
      if (ip[0] >> 4 == 6) {
        store16(ip + 4, ip_length - 40);
        continue;
      }
      store16(ip + 2, ip_length);
      store16(ip + 4, static_cast<size_t>(load16(ip + 4)) + index);
      store16(ip + 10, 0);
      store16(ip + 10, static_cast<uint16_t>(~fold(sum(ip, static_cast<size_t>(ip[0] & 0xf) * 4))));
    }
    uint8_t* datagram = out + headers.transport;
    size_t size = transport_length + piece;
    size_t field = 6;
    if (udp) {
      store16(datagram + 4, size);
    } else {
      field = 16;
      bool last = at + piece == length;
      store32(datagram + 4, sequence + static_cast<uint32_t>(at - payload_at));
      datagram[13] = static_cast<uint8_t>(flags & ~(last ? 0 : kFin | kPsh) & ~(index == 0 ? 0 : kCwr));
    }
    store16(datagram + field, 0);
    auto checksum = static_cast<uint16_t>(~fold(sum(datagram, size, pseudo_sum(innermost, headers.protocol, size))));
    store16(datagram + field, udp && checksum == 0 ? 0xffff : checksum);
    packets[written++] = packet;
  }
  return written;
}

}  // namespace lwaftr
