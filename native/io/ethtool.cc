#include "ethtool.h"

#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>

namespace lwaftr {

namespace {

bool ethtool(const std::string& interface, void* command) {
  if (interface.size() >= IFNAMSIZ) return false;
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  ifreq request{};
  memcpy(request.ifr_name, interface.data(), interface.size());
  request.ifr_data = static_cast<char*>(command);
  bool done = ioctl(fd, SIOCETHTOOL, &request) == 0;
  close(fd);
  return done;
}

}  // namespace

void disable_receive_merging(const std::string& interface) {
  ethtool_value gro{.cmd = ETHTOOL_SGRO, .data = 0};
  ethtool(interface, &gro);
  ethtool_value flags{.cmd = ETHTOOL_GFLAGS, .data = 0};
  if (!ethtool(interface, &flags) || !(flags.data & ETH_FLAG_LRO)) return;
  flags.cmd = ETHTOOL_SFLAGS;
  flags.data &= ~static_cast<uint32_t>(ETH_FLAG_LRO);
  ethtool(interface, &flags);
}

std::string ethtool_bus(const std::string& interface) {
  ethtool_drvinfo info{};
  info.cmd = ETHTOOL_GDRVINFO;
  if (!ethtool(interface, &info)) return "";
  return std::string(info.bus_info, strnlen(info.bus_info, sizeof info.bus_info));
}

}  // namespace lwaftr
