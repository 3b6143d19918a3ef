// Which port set a port belongs to (RFC 7597 s5.1).
//
//      0                   1
//      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5
//     +-----------+-----------+-------+
//     |     A     |    PSID   |   j   |     port, most significant bit first
//     |   a bits  |   k bits  | m bits|
//     +-----------+-----------+-------+
//
//   a = reserved-ports-bit-count, k = psid-length, m = shift = 16 - a - k.
//   With a > 0 the ports whose A is zero, those below 2^(16-a), belong to nobody: offset 6 keeps 0-1023 back.
//   With a = 0 every port belongs to a port set. The reference keeps back the ports below 2^a instead; we follow the
//   RFC.
#pragma once
#include <cstdint>

namespace lwaftr {

// How an IPv4 address is shared. All of an address's softwires have the same. psid_length + reserved <= 16.
struct PortSet {
  uint8_t psid_length = 0;
  uint8_t reserved_ports_bit_count = 0;

  uint32_t shift() const { return 16u - psid_length - reserved_ports_bit_count; }
  uint32_t first_usable_port() const { return reserved_ports_bit_count ? 1u << (16 - reserved_ports_bit_count) : 0; }
  bool usable(uint16_t port) const { return port >= first_usable_port(); }
  uint32_t psid(uint16_t port) const { return (port >> shift()) & ((1u << psid_length) - 1); }
  // The reference's hairpin test asks whether psid-length + shift > 0: false only when all 16 bits are reserved.
  bool managed() const { return reserved_ports_bit_count < 16; }
};

inline bool operator==(PortSet a, PortSet b) {
  return a.psid_length == b.psid_length && a.reserved_ports_bit_count == b.reserved_ports_bit_count;
}
inline bool operator!=(PortSet a, PortSet b) { return !(a == b); }

}  // namespace lwaftr
