// ICMP errors of our own: ICMPv4 for hosts on either side, ICMPv6 for B4s.
// The caller has counted and still keeps the packet that the error is about; policy, the RFCs' exceptions and the rate
// limit are asked here.
#pragma once
#include <cstddef>
#include <cstdint>

#include "core.h"

namespace lwaftr {

struct Icmpv4Error {
  uint8_t type;
  uint8_t code;
  uint16_t mtu = 0;  // of the next hop, for 3/4
};
constexpr Icmpv4Error kHostUnreachable{icmp::kUnreachable4, 1};
constexpr Icmpv4Error kTtlExceeded{icmp::kTimeExceeded4, 0};
inline Icmpv4Error too_big(uint16_t mtu) { return {icmp::kUnreachable4, 4, mtu}; }

// Answers the IPv4 packet at `quoted`, of which `length` bytes are at hand (a whole IPv4 header at least), if
// generate-icmp-errors lets us.
void answer_with_icmpv4(Core& core, Icmpv4Error error, const uint8_t* quoted, size_t length);

// The same for errors that we only relay, which generate-icmp-errors does not govern.
void send_icmpv4(Core& core, Icmpv4Error error, const uint8_t* quoted, size_t length);

// Tells the sender of a tunnelled packet that its source address failed our policy (1/5), from `source`.
void answer_with_icmpv6(Core& core, const Packet& offender, const uint8_t* source);

}  // namespace lwaftr
