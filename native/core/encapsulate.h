// IPv4 to IPv6: from the internet, or from another B4, into the softwire's tunnel (RFC 7596 s6.2,
// RFC 2473, RFC 6333 s8).
#pragma once
#include <cstddef>
#include <cstdint>

#include "core.h"

namespace lwaftr {

// Puts the tunnel's header in front of an IPv4 packet; the Ethernet addresses are the next hop's business.
// The traffic class is the whole TOS byte: DSCP and ECN both travel (RFC 2983 uniform model, RFC 6040 ingress).
inline void prepend_tunnel(Packet& packet, const Softwire& softwire, uint32_t flow_label) {
  const uint32_t traffic_class = packet.data[ethernet::kHeader + ipv4::kTos];
  const uint32_t inner_length = packet.length - ethernet::kHeader;
  packet.data -= ipv6::kHeader;
  packet.length += ipv6::kHeader;
  store16(packet.data + ethernet::kType, ethernet::kIpv6);
  uint8_t* header = packet.data + ethernet::kHeader;
  store32(header, uint32_t{6} << 28 | traffic_class << 20 | flow_label);
  store16(header + ipv6::kPayloadLength, inner_length);
  header[ipv6::kNextHeader] = ip_protocol::kIpv4;
  header[ipv6::kHopLimit] = 255;
  std::memcpy(header + ipv6::kSource, softwire.br_address.data(), 16);
  std::memcpy(header + ipv6::kDestination, softwire.b4_ipv6.data(), 16);
}

// Sends a batch of IPv4 packets into their softwires: to core.internal, or to an end that is counted.
void encapsulate(Core& core, const Ipv4Packet* packets, size_t count, Origin origin);

}  // namespace lwaftr
