#include "checksum_offload.h"

#include "core/checksum.h"
#include "core/wire.h"

namespace lwaftr {

namespace {

constexpr uint8_t kTcp = ip_protocol::kTcp, kUdp = 17, kIpv4InIp = ip_protocol::kIpv4;
constexpr uint8_t kIpv6InIp = 41, kHopByHop = 0, kDestinationOptions = ip_protocol::kDestinationOptions;

// A TCP or UDP datagram in a frame, whole: fragments have finished checksums.
struct Datagram {
  uint8_t* field;     // its checksum
  const uint8_t* at;  // its first byte
  size_t length;
  uint64_t pseudo;  // sum of its pseudo-header, as words lie in memory
};

bool datagram_of(const uint8_t* addresses, size_t address_bytes, uint8_t protocol, uint8_t* at, size_t length,
                 Datagram* found) {
  const size_t field = protocol == kTcp ? 16 : 6;
  if ((protocol != kTcp && protocol != kUdp) || length < field + 2) return false;
  uint8_t tail[4] = {0, protocol, 0, 0};
  store16(tail + 2, static_cast<uint32_t>(length));
  *found = {at + field, at, length, add_to_sum(add_to_sum(0, addresses, address_bytes), tail, sizeof tail)};
  return true;
}

bool find_datagram(uint8_t* frame, size_t length, Datagram* found) {
  if (length < ethernet::kHeader) return false;
  size_t at = ethernet::kHeader;
  uint32_t type = load16(frame + ethernet::kType);
  if (type == ethernet::kVlan && length >= at + ethernet::kTag) {
    type = load16(frame + ethernet::kType + ethernet::kTag);
    at += ethernet::kTag;
  }
  uint8_t next = type == ethernet::kIpv4 ? kIpv4InIp : type == ethernet::kIpv6 ? kIpv6InIp : 255;
  for (int depth = 0; depth < 4; depth++) {
    uint8_t* header = frame + at;
    if (next == kIpv4InIp) {
      if (length < at + ipv4::kHeader) return false;
      const size_t size = (header[0] & 15) * 4u;
      const size_t total = load16(header + ipv4::kTotalLength);
      if (header[0] >> 4 != 4 || size < ipv4::kHeader || total < size || length < at + total) return false;
      if (load16(header + ipv4::kFragment) & (ipv4::kMoreFragments | ipv4::kOffsetMask)) return false;  // a fragment
      if (header[ipv4::kProtocol] != kIpv6InIp && header[ipv4::kProtocol] != kIpv4InIp) {
        return datagram_of(header + ipv4::kSource, 8, header[ipv4::kProtocol], header + size, total - size, found);
      }
      next = header[ipv4::kProtocol];
      length = at + total;
      at += size;
    } else if (next == kIpv6InIp) {
      if (length < at + ipv6::kHeader || header[0] >> 4 != 6) return false;
      const size_t total = ipv6::kHeader + load16(header + ipv6::kPayloadLength);
      if (length < at + total) return false;
      length = at + total;
      next = header[ipv6::kNextHeader];
      at += ipv6::kHeader;
      while ((next == kHopByHop || next == kDestinationOptions) && length >= at + 8) {  // the encapsulation limit
        next = frame[at];
        at += 8 + frame[at + 1] * size_t{8};
      }
      if (at > length) return false;
      if (next != kIpv4InIp && next != kIpv6InIp) {
        return datagram_of(header + ipv6::kSource, 32, next, frame + at, length - at, found);
      }
    } else {
      return false;
    }
  }
  return false;
}

}  // namespace

void complete_unmarked_checksum(uint8_t* frame, size_t length) {
  Datagram d;
  if (!find_datagram(frame, length, &d)) return;
  uint16_t field;
  std::memcpy(&field, d.field, 2);
  if (field != fold_sum(d.pseudo)) return;
  const uint64_t sum = add_to_sum(d.pseudo, d.at, d.length);
  if (sum_is_right(sum)) return;
  // The field holds the pseudo-header's sum already: the sum over the datagram alone is that of both.
  store_checksum(d.field, add_to_sum(0, d.at, d.length));
  if (d.field[0] == 0 && d.field[1] == 0) d.field[0] = d.field[1] = 0xff;  // 0 is "none" in UDP, and equal in TCP
}

}  // namespace lwaftr
