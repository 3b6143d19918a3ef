// The small network that every input lives in: that of the golden cases, so that their frames mean something here, with
// more softwires of every shape. Settings vary, addresses do not.
#pragma once
#include <vector>

#include "choices.h"
#include "core/binding_table.h"
#include "core/settings.h"
#include "core/softwire_record.h"

namespace lwaftr::fuzz {

constexpr MacAddress kExternalMac{2, 0, 0, 0, 4, 1}, kExternalHop{2, 0, 0, 0, 4, 0xfe};
constexpr MacAddress kInternalMac{2, 0, 0, 0, 6, 1}, kInternalHop{2, 0, 0, 0, 6, 0xfe};
constexpr MacAddress kDeviceMac{2, 0, 0, 0, 7, 7}, kBroadcastMac{0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
constexpr MacAddress kAllNodesMac{0x33, 0x33, 0, 0, 0, 1};
constexpr Ipv4Address kRelay4{192, 0, 2, 1}, kHop4{192, 0, 2, 254}, kHost{203, 0, 113, 9}, kNobody{198, 51, 100, 99};
// Of the softwires: kWhole is one subscriber's, the others are shared with psid-length and reserved bits of all sizes.
constexpr Ipv4Address kWhole{198, 51, 100, 1}, kShared{198, 51, 100, 2}, kShared8{198, 51, 100, 3},
    kSparse{198, 51, 100, 4}, kNarrow{198, 51, 100, 5}, kReserved{198, 51, 100, 6};

constexpr Ipv6Address address6(uint16_t second, uint16_t third, uint16_t last) {
  return {0x20,
          0x01,
          0x0d,
          0xb8,
          static_cast<uint8_t>(second >> 8),
          static_cast<uint8_t>(second),
          static_cast<uint8_t>(third >> 8),
          static_cast<uint8_t>(third),
          0,
          0,
          0,
          0,
          0,
          0,
          static_cast<uint8_t>(last >> 8),
          static_cast<uint8_t>(last)};
}
constexpr Ipv6Address kRelay6 = address6(0xffff, 0, 1), kHop6 = address6(0xffff, 0, 0xfe);
constexpr Ipv6Address kBr = address6(0, 0, 1), kOtherBr = address6(0, 0, 2);

const std::vector<SoftwireRecord>& softwires();
const BindingTable& binding_table();
// The softwire of an address and port, by looking at all of them. nullptr: none.
const SoftwireRecord* find_softwire(const uint8_t* ipv4, int port);
// What the hairpin test asks: whether the address has softwires that some port may reach.
bool is_managed(const uint8_t* ipv4);

// Ten bytes of choices; none, or ten zeros, are the settings of most golden cases.
Settings choose_settings(Choices& choices);
Settings golden_settings();

}  // namespace lwaftr::fuzz
