// Which frames of a link are a queue's, and which of them are urgent.
//
// Urgent is what is little and must not wait or be lost behind a flood of softwire packets: ARP, neighbour discovery,
// broadcast, multicast, and all that passthru carries (BFD, BGP). Bulk is IP for the relay's own MACs. Each class has
// a socket, and so a ring, of its own (split_link.h), whose classic BPF program picks its frames in the kernel.
//
// Queues of one instance see the same link. Unicast goes to the queue whose MAC it is, on its VLAN; where queues have
// both in common, a hash of the IP addresses decides, the same for all fragments of a datagram. Every such queue sees
// ARP, neighbour discovery, broadcast and multicast, since each resolves its next hops.
#pragma once
#include <linux/filter.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "core/settings.h"

namespace lwaftr {

struct FrameShare {
  // The VLAN of a MAC, as in Settings; none: whichever has no entry of its own.
  using Vlan = std::optional<VlanTag>;
  // A unicast MAC of the queue, in common with `of` - 1 other queues of which it is number `position`.
  struct Station {
    MacAddress mac{};
    uint32_t position = 0;
    uint32_t of = 1;
    bool passthru = false;  // a router's behind passthru, not the relay's own
    Vlan vlan;
  };
  // What other queues have.
  struct Other {
    MacAddress mac{};
    Vlan vlan;
  };
  std::vector<Station> stations;
  bool rest = false;          // takes what is for no queue's MAC, too (promiscuous passthru, or the only queue)
  std::vector<Other> others;  // which the rest is not
  bool promiscuous = false;   // the interface shall let the rest in
  bool tagged = false;        // some of its frames are on a VLAN
};

enum class FrameClass : uint8_t { urgent, bulk };

std::vector<sock_filter> frame_filter(const FrameShare& share, FrameClass wanted);
// Accepts what one of two such filters does.
std::vector<sock_filter> either_filter(std::vector<sock_filter> one, const std::vector<sock_filter>& other);

}  // namespace lwaftr
