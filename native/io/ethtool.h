// Offload switches of an interface, by the ethtool ioctl.
#pragma once
#include <string>

namespace lwaftr {

// Turns off what merges received packets (GRO, LRO): the relay must see them as they were sent. Best effort: an
// interface without the switch has nothing to turn off, and merged frames of a peer are cut again (offload.h).
void disable_receive_merging(const std::string& interface);

// Bus information of the driver: "tap" for a TAP. Empty when it has none.
std::string ethtool_bus(const std::string& interface);

}  // namespace lwaftr
