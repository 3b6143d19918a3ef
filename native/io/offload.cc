#include "offload.h"

#include <algorithm>
#include <cstring>

#include "core/checksum.h"
#include "core/wire.h"

namespace lwaftr {

namespace {

constexpr uint8_t kFin = 0x01, kPsh = 0x08, kCwr = 0x80;
constexpr uint8_t kTcp = 6, kUdp = 17;

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
  if (length < ethernet::kHeader) return false;
  size_t at = ethernet::kHeader;
  uint16_t ethertype = load16(frame + 12);
  if (ethertype == ethernet::kVlan && length >= ethernet::kHeader + ethernet::kTag) {
    ethertype = load16(frame + 16);
    at += 4;
  }
  uint8_t next = ethertype == ethernet::kIpv4 ? 4 : ethertype == ethernet::kIpv6 ? 41 : 255;
  while (at < transport) {
    if (next == 4 || next == 41) {
      size_t header = next == 41 ? 40 : 20;
      if (at + header > length || headers->count == Headers::kMax) return false;
      if (frame[at] >> 4 != (next == 41 ? 6 : 4)) return false;
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
  uint8_t tail[4] = {0, protocol, 0, 0};
  store16(tail + 2, static_cast<uint32_t>(size));
  bool four = ip[0] >> 4 == 4;
  return add_to_sum(add_to_sum(0, ip + (four ? ipv4::kSource : ipv6::kSource), four ? 8 : 32), tail, sizeof tail);
}

// UDP keeps a checksum of 0 for "none".
void avoid_zero(uint8_t* checksum) {
  if (load16(checksum) == 0) store16(checksum, 0xffff);
}

}  // namespace

bool complete_checksum(uint8_t* frame, size_t length, const OffloadHeader& header) {
  size_t start = header.checksum_start;
  size_t field = start + header.checksum_offset;
  if (start >= length || field + 2 > length) return false;
  store_checksum(frame + field, add_to_sum(0, frame + start, length - start));
  if (header.checksum_offset == 6) avoid_zero(frame + field);
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
  if (transport_length < minimum || payload_at >= length) {
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
        store16(ip + ipv6::kPayloadLength, static_cast<uint32_t>(ip_length - ipv6::kHeader));
        continue;
      }
      store16(ip + ipv4::kTotalLength, static_cast<uint32_t>(ip_length));
      store16(ip + ipv4::kId, static_cast<uint32_t>(load16(ip + ipv4::kId) + index));
      write_ipv4_checksum(ip, static_cast<size_t>(ip[0] & 0xf) * 4);
    }
    uint8_t* datagram = out + headers.transport;
    size_t size = transport_length + piece;
    size_t field = 6;
    if (udp) {
      store16(datagram + 4, static_cast<uint32_t>(size));
    } else {
      field = 16;
      bool last = at + piece == length;
      store32(datagram + 4, sequence + static_cast<uint32_t>(at - payload_at));
      datagram[13] = static_cast<uint8_t>(flags & ~(last ? 0 : kFin | kPsh) & ~(index == 0 ? 0 : kCwr));
    }
    store16(datagram + field, 0);
    store_checksum(datagram + field, add_to_sum(pseudo_sum(innermost, headers.protocol, size), datagram, size));
    if (udp) avoid_zero(datagram + field);
    packets[written++] = packet;
  }
  return written;
}

}  // namespace lwaftr
