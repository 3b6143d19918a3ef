// Packets over the MTU leave in fragments (RFC 791, RFC 8200 s4.5).
#pragma once
#include <cstdint>

#include "counters.h"
#include "packet.h"

namespace lwaftr {

class Fragmenter {
 public:
  Fragmenter(PacketPool& pool, Counters& counters);
  void seed(uint16_t ipv4_id, uint32_t ipv6_id) {
    ipv4_id_ = static_cast<uint16_t>(ipv4_id - 1);
    ipv6_id_ = ipv6_id - 1;
  }

  // Both replace, in `frames`, what is larger than `mtu` bytes of IP packet. IPv4 frames keep their order; on the IPv6
  // side whole packets leave first, as in the reference.
  void fragment_ipv4(PacketList& frames, uint32_t mtu);
  void fragment_ipv6(PacketList& frames, uint32_t mtu);

 private:
  void split_ipv4(Packet* packet, uint32_t mtu);
  void split_ipv6(Packet* packet, uint32_t mtu);
  Packet* make_fragment(const Packet& original, size_t head, size_t gap, size_t offset, size_t length);

  PacketPool& pool_;
  Counters& counters_;
  uint16_t ipv4_id_;
  uint32_t ipv6_id_;
  PacketList large_;
  PacketList made_;
};

}  // namespace lwaftr
