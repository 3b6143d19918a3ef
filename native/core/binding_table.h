// The binding table: every softwire, ordered by (ipv4, psid), in one piece of shared memory with one writer.
// (To be completed by its owner: layout diagram, RFC 7597 s5.1 bit diagram.)
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>

#include "settings.h"

namespace lwaftr {

// The two addresses of a softwire's tunnel, as they stand in the tunnel's IPv6 header: 32 bytes.
struct Softwire {
  Ipv6Address b4_ipv6;
  Ipv6Address br_address;
};

// How an IPv4 address is shared (RFC 7597 s5.1). All of an address's softwires have the same.
struct PortSet {
  uint8_t psid_length = 0;
  uint8_t reserved_ports_bit_count = 0;
};

// A softwire as it crosses from JavaScript to C++ and back, and as the datastore keeps it: 48 bytes.
struct SoftwireRecord {
  Ipv4Address ipv4;                  //  0 network byte order
  uint16_t psid;                     //  4 little-endian
  uint8_t psid_length;               //  6
  uint8_t reserved_ports_bit_count;  //  7
  uint16_t padding;                  //  8 little-endian; the model's leaf of this name, no meaning to us
  uint8_t explicit_leaves;           // 10 bit 0: padding, bit 1: reserved-ports-bit-count given though a default exists
  uint8_t operation;                 // 11 in edits: 0 put, 1 delete
  uint8_t zero[4];                   // 12
  Ipv6Address b4_ipv6;               // 16
  Ipv6Address br_address;            // 32
};
static_assert(sizeof(SoftwireRecord) == 48);

struct LookupKey {
  uint32_t ipv4;  // host byte order
  uint16_t port;  // host byte order
};

struct LookupResult {
  Softwire softwire;  // valid when found
  bool found;         // (ipv4, psid of port) has a softwire
  bool managed;       // the address has softwires and psid-length + shift > 0: hairpin test (BEHAVIOUR 3.7, 3.8)
};

class BindingTable {
 public:
  // Looks a batch up with prefetch; safe beside the one writer.
  void lookup(const LookupKey* keys, size_t count, LookupResult* results) const;
  bool managed(uint32_t ipv4) const;
};

}  // namespace lwaftr
