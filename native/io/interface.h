// What the kernel knows of a network interface, asked by ioctl in the network namespace of the caller
// (sysfs may show another namespace's).
#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "core/settings.h"

namespace lwaftr {

struct InterfaceInfo {
  int index = 0;
  uint32_t mtu = 0;      // bytes above the Ethernet header
  bool up = false;       // IFF_UP
  bool running = false;  // IFF_UP and IFF_RUNNING: it has a carrier
  MacAddress mac{};
};

// Nothing when there is no such interface.
std::optional<InterfaceInfo> interface_info(const std::string& name);

// A PCI address (`03:00.0`, `0000:03:00.0`) becomes the name of its Linux interface; any other name is its own.
// A PCI device without an interface, or none at that address, stays as it was: then no interface has that name.
std::string resolve_interface(const std::string& device);

}  // namespace lwaftr
