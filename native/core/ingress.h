// The way from the bridge to the core, one function a side:
//
//   IPv4: parse ─► reassembly ─► ingress filter ─► ARP ─► echo responder ─► core
//   IPv6: parse ─► reassembly ─► ingress filter ─► NDP ─► echo responder ─► core
#pragma once
#include <vector>

#include "core.h"
#include "egress.h"
#include "filter.h"
#include "reassembler.h"

namespace lwaftr {

struct Ingress {
  Ingress(PacketPool& pool, Counters& counters, const Reassembler::Names& names) : reassembler(pool, counters, names) {}

  Filter filter;
  Reassembler reassembler;
};

// Both take over `frames` and leave in `to_core` what the core is for; answers go to `egress`, which also learns.
void ingress_ipv4(Core& core, Ingress& ingress, Egress& egress, const PacketList& frames,
                  std::vector<Ipv4Packet>& to_core);
// Fragments come behind everything else of the batch, as in the reference: `fragments` keeps them meanwhile.
void ingress_ipv6(Core& core, Ingress& ingress, Egress& egress, const PacketList& frames,
                  std::vector<Ipv6Packet>& to_core, std::vector<Ipv6Packet>& fragments);

}  // namespace lwaftr
