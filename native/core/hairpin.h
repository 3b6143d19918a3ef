// Between two B4s (RFC 7596 s6.2): a decapsulated packet for an address of ours goes back into a tunnel.
#pragma once
#include "core.h"

namespace lwaftr {

// Whether a decapsulated packet with this IPv4 header goes to another B4. The port does not matter: an address that has
// softwires is ours, and what fits none of them must not leave.
inline bool is_hairpinned(const Core& core, const uint8_t* header) {
  return core.settings.hairpinning && core.managed(load32(header + ipv4::kDestination));
}

// Where a decapsulated IPv4 packet goes: back towards another B4, or out.
inline void deliver_ipv4(Core& core, const Ipv4Packet& packet) {
  const uint32_t length = packet.packet->length;
  if (is_hairpinned(core, packet.header())) {
    core.counters.add_packet(Counter::hairpin_ipv4_packets, length);
    core.hairpin.push_back(packet);
  } else {
    core.counters.add_packet(Counter::out_ipv4_packets, length);
    core.external.push_back(packet.packet);
  }
}

// Encapsulates what waits in core.hairpin. `scratch` is the caller's, kept between calls.
// Errors about these packets may come to wait there in turn; there are none about errors, so this ends.
void hairpin(Core& core, std::vector<Ipv4Packet>& scratch);

}  // namespace lwaftr
