// Offload switches of an interface, by the ethtool ioctl.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace lwaftr {

// Turns off what merges received packets (GRO, LRO): the relay must see them as they were sent. Best effort: an
// interface without the switch has nothing to turn off, and merged frames of a peer are cut again (offload.h).
void disable_receive_merging(const std::string& interface);

// Leaves 802.1Q tags in received frames, for XDP, which sees nothing beside the frame. Best effort, like the former.
void disable_receive_untagging(const std::string& interface);

// Whether it drops frames of VLANs that the kernel has not told it of (ethtool's rx-vlan-filter).
bool filters_vlans(const std::string& interface);

// Hardware queues that it receives by; 1 where it does not say.
uint32_t receive_queues(const std::string& interface);
// Whether it has a table by which it spreads hashes over its receive queues (RSS).
bool spreads_hashes(const std::string& interface);
// The table with entries for these queues, as many for each, and none for others; a table that has just them stays as
// it is. As few entries change as can be, since each is flows that pass from one queue to another.
std::vector<uint32_t> deal_hashes(std::vector<uint32_t> table, const std::vector<uint32_t>& queues);
// Makes RSS use these receive queues only. False: the card has no such table, or does not take it.
bool steer_to_queues(const std::string& interface, const std::vector<uint32_t>& queues);

// Name of the driver; empty when it has none.
std::string ethtool_driver(const std::string& interface);
// Bus information of the driver: "tap" for a TAP. Empty when it has none.
std::string ethtool_bus(const std::string& interface);

}  // namespace lwaftr
