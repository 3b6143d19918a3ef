// The way from the core to the bridge, the same for both sides:
//
//   core ─► next hop: hold, or write addresses ─┐
//   ARP, NDP and echo replies, our questions ───┴─► egress filter ─► fragmenter ─► bridge
#pragma once
#include "counters.h"
#include "filter.h"
#include "next_hop.h"
#include "packet.h"

namespace lwaftr {

struct Egress {
  Egress(PacketPool& pool, Counters& counters, Counter queue_overflow) : queue(pool, counters, queue_overflow) {}

  NextHop next_hop;
  HoldQueue queue;
  Filter filter;
  PacketList own;       // complete frames of our own: questions first, then answers
  PacketList released;  // scratch
};

// Moves what the core sent, with its addresses, behind egress.own; or holds it while the next hop is unresolved.
void address(Egress& egress, PacketList& from_core, const MacAddress& source, Time now);

// Takes the frames that the egress filter refuses out of egress.own.
void filter(Egress& egress, PacketPool& pool, Counters& counters, Counter refused);

}  // namespace lwaftr
