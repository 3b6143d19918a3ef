// The Internet checksum (RFC 1071) and its incremental update (RFC 1624).
// Sums are taken over words as they lie in memory, since the one's complement sum does not mind their byte order.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "wire.h"

namespace lwaftr {

// Adds `length` bytes to a running sum; only the last piece of a sum may have an odd length.
inline uint64_t add_to_sum(uint64_t sum, const uint8_t* data, size_t length) {
  for (; length >= 4; data += 4, length -= 4) {
    uint32_t word;
    std::memcpy(&word, data, 4);
    sum += word;
  }
  if (length >= 2) {
    uint16_t word;
    std::memcpy(&word, data, 2);
    sum += word;
    data += 2;
    length -= 2;
  }
  if (length) {
    uint16_t word = 0;
    std::memcpy(&word, data, 1);
    sum += word;
  }
  return sum;
}

inline uint16_t fold_sum(uint64_t sum) {
  sum = (sum & 0xffffffff) + (sum >> 32);
  sum = (sum & 0xffffffff) + (sum >> 32);
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<uint16_t>(sum);
}

// Writes the checksum of a finished sum, in which the checksum field itself counted as zero.
inline void store_checksum(uint8_t* field, uint64_t sum) {
  const uint16_t checksum = static_cast<uint16_t>(~fold_sum(sum));
  std::memcpy(field, &checksum, 2);
}

// A sum over data that includes its checksum is all ones when it is right.
inline bool sum_is_right(uint64_t sum) { return fold_sum(sum) == 0xffff; }

inline void write_ipv4_checksum(uint8_t* header, size_t header_length) {
  store16(header + ipv4::kChecksum, 0);
  store_checksum(header + ipv4::kChecksum, add_to_sum(0, header, header_length));
}

// The pseudo-header of RFC 8200 s8.1; `header` is the IPv6 header, `length` that of the upper-layer packet.
inline uint64_t icmpv6_pseudo_sum(const uint8_t* header, uint32_t length) {
  uint8_t tail[8] = {0, 0, 0, 0, 0, 0, 0, ip_protocol::kIcmpv6};
  store32(tail, length);
  return add_to_sum(add_to_sum(0, header + ipv6::kSource, 32), tail, sizeof tail);
}

// RFC 1624 eqn. 3: the checksum after one of the 16-bit words under it changed.
inline void update_checksum(uint8_t* field, uint16_t old_word, uint16_t new_word) {
  uint32_t sum = static_cast<uint16_t>(~load16(field)) + static_cast<uint16_t>(~old_word) + new_word;
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  store16(field, static_cast<uint16_t>(~sum));
}

}  // namespace lwaftr
