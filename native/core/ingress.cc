#include "ingress.h"

#include "arp.h"
#include "echo.h"
#include "ndp.h"
#include "reassemble.h"

namespace lwaftr {
namespace {

bool refused(const Filter& filter, Core& core, Packet* packet, Counter counter) {
  if (!filter.active() || filter.accepts(*packet)) return false;
  core.counters.add(counter);
  core.pool.drop(packet, counter);
  return true;
}

void drop(Core& core, Packet* packet, Counter reason) {
  core.counters.add(reason);
  core.pool.drop(packet, reason);
}

// ARP, and what is misplaced on the IPv4 side.
void take_other_than_ipv4(Core& core, Ingress& ingress, Egress& egress, Packet* packet) {
  core.counters.add(Counter::in_ipv4_frag_reassembly_unneeded);
  if (refused(ingress.filter, core, packet, Counter::drop_ingress_filter_ipv4_packets)) return;
  if (is_arp(*packet)) {
    handle_arp(packet, core.settings.external_interface, egress.next_hop, core.pool, core.counters, core.now,
               egress.own);
    return;
  }
  core.counters.add_packet(Counter::drop_misplaced_not_ipv4_packets, packet->length);
  drop_ipv4(core, packet, Origin::external, Counter::drop_misplaced_not_ipv4_packets);
}

void take_other_than_ipv6(Core& core, Ingress& ingress, Packet* packet) {
  core.counters.add(Counter::in_ipv6_frag_reassembly_unneeded);
  if (refused(ingress.filter, core, packet, Counter::drop_ingress_filter_ipv6_packets)) return;
  core.counters.add_packet(Counter::drop_misplaced_not_ipv6_packets, packet->length);
  drop_ipv6(core, packet, Counter::drop_misplaced_not_ipv6_packets);
}

// A whole IPv6 packet.
void take_ipv6(Core& core, Ingress& ingress, Egress& egress, const Ipv6Packet& packet,
               std::vector<Ipv6Packet>& to_core) {
  if (refused(ingress.filter, core, packet.packet, Counter::drop_ingress_filter_ipv6_packets)) return;
  if (packet.next_header == ip_protocol::kIcmpv6) {
    const InternalInterface& own = core.settings.internal_interface;
    if (is_ndp(packet)) {
      handle_ndp(packet, own, egress.next_hop, core.pool, core.counters, core.now, egress.own);
      return;
    }
    if (answer_echo_ipv6(packet, own.ip, core.counters)) {
      egress.own.push_back(packet.packet);
      return;
    }
  }
  to_core.push_back(packet);
}

}  // namespace

void ingress_ipv4(Core& core, Ingress& ingress, Egress& egress, const PacketList& frames,
                  std::vector<Ipv4Packet>& to_core) {
  uint64_t whole = 0;
  for (Packet* frame : frames) {
    Ipv4Packet packet;
    switch (parse_ipv4(frame, packet)) {
      case Parse::ok:
        break;
      case Parse::other:
        take_other_than_ipv4(core, ingress, egress, frame);
        continue;
      case Parse::malformed:
        drop(core, frame, Counter::drop_malformed_ipv4_packets);
        continue;
      case Parse::bad_version:
        drop(core, frame, Counter::drop_bad_version_ipv4_packets);
        continue;
    }
    if (packet.fragment) {
      const Ipv4Packet fragment = packet;
      if (!reassemble_ipv4(ingress.reassembler, core.pool, fragment, core.now, packet)) continue;
    } else {
      whole++;
    }
    if (refused(ingress.filter, core, packet.packet, Counter::drop_ingress_filter_ipv4_packets)) continue;
    if (packet.protocol == ip_protocol::kIcmp &&
        answer_echo_ipv4(packet, core.settings.external_interface.ip, core.counters)) {
      egress.own.push_back(packet.packet);
      continue;
    }
    to_core.push_back(packet);
  }
  core.counters.add(Counter::in_ipv4_frag_reassembly_unneeded, whole);
}

void ingress_ipv6(Core& core, Ingress& ingress, Egress& egress, const PacketList& frames,
                  std::vector<Ipv6Packet>& to_core, std::vector<Ipv6Packet>& fragments) {
  uint64_t whole = 0;
  for (Packet* frame : frames) {
    Ipv6Packet packet;
    switch (parse_ipv6(frame, packet)) {
      case Parse::ok:
        break;
      case Parse::other:
        take_other_than_ipv6(core, ingress, frame);
        continue;
      case Parse::malformed:
        drop(core, frame, Counter::drop_malformed_ipv6_packets);
        continue;
      case Parse::bad_version:
        drop(core, frame, Counter::drop_bad_version_ipv6_packets);
        continue;
    }
    if (packet.next_header == ip_protocol::kFragment) {
      fragments.push_back(packet);
      continue;
    }
    whole++;
    take_ipv6(core, ingress, egress, packet, to_core);
  }
  core.counters.add(Counter::in_ipv6_frag_reassembly_unneeded, whole);
  for (const Ipv6Packet& fragment : fragments) {
    Ipv6Packet packet;
    if (reassemble_ipv6(ingress.reassembler, core.pool, core.counters, fragment, core.now, packet)) {
      take_ipv6(core, ingress, egress, packet, to_core);
    }
  }
  fragments.clear();
}

}  // namespace lwaftr
