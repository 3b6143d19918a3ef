// IPv6 to IPv4: out of a softwire's tunnel (RFC 7596 s6.2, RFC 2473).
#pragma once
#include <cstddef>

#include "core.h"

namespace lwaftr {

// Leaves the inner IPv4 packet behind an Ethernet header, whose addresses are the next hop's business.
inline Ipv4Packet strip_tunnel(const TunnelPacket& tunnel) {
  Packet* packet = tunnel.packet;
  packet->data += tunnel.inner - ethernet::kHeader;
  packet->length = static_cast<uint32_t>(ethernet::kHeader + tunnel.inner_length);
  store16(packet->data + ethernet::kType, ethernet::kIpv4);
  return {packet, static_cast<uint16_t>(ethernet::kHeader + tunnel.inner_header_length()), tunnel.protocol,
          tunnel.fragment};
}

// Takes a batch of IPv6 packets: to core.external, core.hairpin, or to an end that is counted.
void decapsulate(Core& core, const Ipv6Packet* packets, size_t count);

}  // namespace lwaftr
