// Neighbour discovery (RFC 4861) on the IPv6 side: answers for our address, asks for the next hop's.
#pragma once
#include "counters.h"
#include "next_hop.h"
#include "packet.h"
#include "parse.h"
#include "settings.h"

namespace lwaftr {

// Whether a packet is for the NDP stage, whatever its destination.
inline bool is_ndp(const Ipv6Packet& packet) {
  return packet.next_header == ip_protocol::kIcmpv6 && packet.payload_length() >= 4 &&
         packet.payload()[icmp::kType] >= icmp::kRouterSolicitation && packet.payload()[icmp::kType] <= icmp::kRedirect;
}

// Takes over an NDP packet: it becomes the advertisement, which goes to `replies`, or ends.
void handle_ndp(const Ipv6Packet& packet, const InternalInterface& own, NextHop& next_hop, PacketPool& pool,
                Counters& counters, Time now, PacketList& replies);

// A solicitation for the next hop: to its solicited-node group, or to the MAC address where it was (`mac`, else
// nullptr). nullptr when the pool is empty.
Packet* make_neighbour_solicitation(const InternalInterface& own, const uint8_t* mac, PacketPool& pool);

}  // namespace lwaftr
