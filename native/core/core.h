// What the core stages (encapsulate, decapsulate, hairpin, icmp_errors, incoming_icmpv6) share: the table, the
// settings, the way out. One Core belongs to one queue.
#pragma once
#include <vector>

#include "binding_table.h"
#include "clock.h"
#include "counters.h"
#include "packet.h"
#include "parse.h"
#include "rate_limit.h"
#include "settings.h"
#include "stages.h"

namespace lwaftr {

class Reassembler;

// Where a packet to be encapsulated comes from: it decides which side's drops it counts with.
enum class Origin : uint8_t {
  external,  // received on the IPv4 side
  hairpin,   // from a B4, or an error of our own for one
};

struct Core {
  Core(PacketPool& pool, Counters& counters, Reassembler& inner) : pool(pool), counters(counters), inner(inner) {}

  PacketPool& pool;
  Counters& counters;
  Reassembler& inner;  // of IPv4 fragments inside tunnels
  Settings settings;
  const BindingTable* table = nullptr;
  Time now = 0;
  StageProbe* probe = nullptr;
  RateLimit icmpv4_limit;
  RateLimit icmpv6_limit;

  // The ways out; Ethernet addresses are not written yet.
  PacketList external;              // IPv4 packets for the internet
  PacketList internal;              // IPv6 packets for the B4s
  std::vector<Ipv4Packet> hairpin;  // IPv4 packets for the B4s, still to be encapsulated

  // Without a table there are no softwires.
  void lookup(const LookupKey* keys, size_t count, LookupResult* results) const {
    if (table) {
      table->lookup(keys, count, results);
    } else {
      for (size_t i = 0; i < count; i++) results[i].found = results[i].managed = false;
    }
  }
  bool managed(uint32_t ipv4) const { return table && table->managed(ipv4); }
};

// Batches are looked up in pieces of this many packets: what the table prefetches stays in the nearest cache.
constexpr size_t kCoreBatch = 64;

// Ends a packet in the core, counted with the side it came from; `reason` was counted already.
inline void drop_ipv4(Core& core, Packet* packet, Origin origin, Counter reason) {
  if (origin == Origin::external) {
    core.counters.add_packet(Counter::drop_all_ipv4_iface_packets, packet->length);
  } else {
    core.counters.add_packet(Counter::drop_all_ipv6_iface_packets, packet->length + ipv6::kHeader);
  }
  core.pool.drop(packet, reason);
}

inline void drop_ipv6(Core& core, Packet* packet, Counter reason) {
  core.counters.add_packet(Counter::drop_all_ipv6_iface_packets, packet->length);
  core.pool.drop(packet, reason);
}

}  // namespace lwaftr
