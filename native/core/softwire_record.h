// A softwire as it crosses from JavaScript to C++ and back, and as the datastore keeps it: 48 bytes, little-endian.
// src/schema/softwire-record.ts is its other half.
#pragma once
#include <cstdint>

#include "binding_table_layout.h"
#include "psid.h"
#include "settings.h"

namespace lwaftr {

struct SoftwireRecord {
  Ipv4Address ipv4;                  //  0 network byte order
  uint16_t psid;                     //  4
  uint8_t psid_length;               //  6
  uint8_t reserved_ports_bit_count;  //  7
  uint16_t padding;                  //  8 the model's leaf of this name, no meaning to us
  uint8_t explicit_leaves;           // 10 bit 0: padding, bit 1: reserved-ports-bit-count given though a default exists
  uint8_t operation;                 // 11 in edits: 0 put, 1 delete
  uint8_t zero[4];                   // 12
  Ipv6Address b4_ipv6;               // 16
  Ipv6Address br_address;            // 32

  static constexpr uint8_t kPut = 0;
  static constexpr uint8_t kDelete = 1;

  uint32_t address() const { return uint32_t{ipv4[0]} << 24 | ipv4[1] << 16 | ipv4[2] << 8 | ipv4[3]; }
  PortSet port_set() const { return {psid_length, reserved_ports_bit_count}; }
  Softwire softwire() const { return {b4_ipv6, br_address}; }
  // Orders by (ipv4, psid).
  uint64_t key() const { return uint64_t{address()} << 16 | psid; }
};
static_assert(sizeof(SoftwireRecord) == 48);
#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "SoftwireRecord is little-endian as it lies in memory"
#endif

}  // namespace lwaftr
