// Queues of one instance share its link: each has a socket that sees every frame, and a classic BPF program that picks
// its own in the kernel. Unicast goes to the queue whose MAC it is; where queues have a MAC in common, a hash of the IP
// addresses decides, the same for all fragments of a datagram. Every such queue sees ARP, neighbour discovery,
// broadcast and multicast, since each resolves its next hops.
#pragma once
#include <linux/filter.h>

#include <cstdint>
#include <vector>

#include "core/settings.h"

namespace lwaftr {

struct FrameShare {
  // A unicast MAC of the queue, in common with `of` - 1 other queues of which it is number `position`.
  struct Station {
    MacAddress mac{};
    uint32_t position = 0;
    uint32_t of = 1;
  };
  std::vector<Station> stations;
  bool rest = false;               // takes what is for no queue's MAC, too (promiscuous passthru)
  std::vector<MacAddress> others;  // MACs of other queues, which the rest is not
};

std::vector<sock_filter> frame_filter(const FrameShare& share);

}  // namespace lwaftr
