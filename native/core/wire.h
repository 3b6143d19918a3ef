// Bytes on the wire: big-endian loads and stores, and where the fields of each header stand.
// Whoever uses an offset on received bytes has had the length checked by parse.h first.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace lwaftr {

inline uint16_t load16(const uint8_t* p) { return static_cast<uint16_t>(p[0] << 8 | p[1]); }
inline uint32_t load32(const uint8_t* p) {
  return uint32_t{p[0]} << 24 | uint32_t{p[1]} << 16 | uint32_t{p[2]} << 8 | uint32_t{p[3]};
}
inline void store16(uint8_t* p, uint32_t value) {
  p[0] = static_cast<uint8_t>(value >> 8);
  p[1] = static_cast<uint8_t>(value);
}
inline void store32(uint8_t* p, uint32_t value) {
  store16(p, value >> 16);
  store16(p + 2, value);
}

namespace ethernet {
constexpr size_t kHeader = 14;
constexpr size_t kDestination = 0, kSource = 6, kType = 12;
constexpr size_t kTag = 4;  // an 802.1Q tag: TPID, TCI
constexpr uint16_t kIpv4 = 0x0800, kArp = 0x0806, kVlan = 0x8100, kIpv6 = 0x86dd;
inline bool is_group(const uint8_t* mac) { return mac[0] & 1; }
}  // namespace ethernet

// Offsets within an IPv4 header (RFC 791).
namespace ipv4 {
constexpr size_t kHeader = 20;
constexpr size_t kTos = 1, kTotalLength = 2, kId = 4, kFragment = 6, kTtl = 8, kProtocol = 9, kChecksum = 10;
constexpr size_t kSource = 12, kDestination = 16;
constexpr uint16_t kDontFragment = 0x4000, kMoreFragments = 0x2000, kOffsetMask = 0x1fff;
}  // namespace ipv4

// Offsets within an IPv6 header (RFC 8200).
namespace ipv6 {
constexpr size_t kHeader = 40;
constexpr size_t kPayloadLength = 4, kNextHeader = 6, kHopLimit = 7, kSource = 8, kDestination = 24;
constexpr size_t kFragmentHeader = 8;  // next header, reserved, offset and M, identification
}  // namespace ipv6

// Offsets within ICMP and ICMPv6 messages; errors quote a packet behind the header.
namespace icmp {
constexpr size_t kHeader = 8;
constexpr size_t kType = 0, kCode = 1, kChecksum = 2, kIdentifier = 4, kMtu4 = 6, kMtu6 = 4;
constexpr uint8_t kEchoReply4 = 0, kUnreachable4 = 3, kEchoRequest4 = 8, kTimeExceeded4 = 11;
constexpr uint8_t kUnreachable6 = 1, kTooBig6 = 2, kTimeExceeded6 = 3, kParameterProblem6 = 4;
constexpr uint8_t kEchoRequest6 = 128, kEchoReply6 = 129;
constexpr uint8_t kRouterSolicitation = 133, kNeighbourSolicitation = 135, kNeighbourAdvertisement = 136,
                  kRedirect = 137;
}  // namespace icmp

namespace ip_protocol {
constexpr uint8_t kIcmp = 1, kIpv4 = 4, kTcp = 6, kFragment = 44, kIcmpv6 = 58, kDestinationOptions = 60;
}

}  // namespace lwaftr
