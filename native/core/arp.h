// ARP (RFC 826) on the IPv4 side: answers for our address, asks for the next hop's.
#pragma once
#include "counters.h"
#include "next_hop.h"
#include "packet.h"
#include "settings.h"

namespace lwaftr {

// Whether a frame is for the ARP stage; shorter ones go on to the core, which has no use for them.
bool is_arp(const Packet& packet);

// Takes over an ARP packet: it becomes the reply, which goes to `replies`, or ends.
void handle_arp(Packet* packet, const ExternalInterface& own, NextHop& next_hop, PacketPool& pool, Counters& counters,
                Time now, PacketList& replies);

// A request for the next hop: to everyone, or to the MAC address where it was. nullptr when the pool is empty.
Packet* make_arp_request(const ExternalInterface& own, const uint8_t* destination, PacketPool& pool);

extern const MacAddress kBroadcastMac;

}  // namespace lwaftr
