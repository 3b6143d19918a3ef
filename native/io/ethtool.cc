#include "ethtool.h"

#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <memory>

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

namespace {

void clear_flag(const std::string& interface, uint32_t flag) {
  ethtool_value flags{.cmd = ETHTOOL_GFLAGS, .data = 0};
  if (!ethtool(interface, &flags) || !(flags.data & flag)) return;
  flags.cmd = ETHTOOL_SFLAGS;
  flags.data &= ~flag;
  ethtool(interface, &flags);
}

}  // namespace

void disable_receive_merging(const std::string& interface) {
  ethtool_value gro{.cmd = ETHTOOL_SGRO, .data = 0};
  ethtool(interface, &gro);
  clear_flag(interface, ETH_FLAG_LRO);
}

void disable_receive_untagging(const std::string& interface) { clear_flag(interface, ETH_FLAG_RXVLAN); }

uint32_t receive_queues(const std::string& interface) {
  ethtool_channels channels{};
  channels.cmd = ETHTOOL_GCHANNELS;
  if (!ethtool(interface, &channels)) return 1;
  return std::max(channels.rx_count + channels.combined_count, 1u);
}

bool steer_to_queues(const std::string& interface, const std::vector<uint32_t>& queues) {
  ethtool_rxfh_indir head{};
  head.cmd = ETHTOOL_GRXFHINDIR;
  if (!ethtool(interface, &head) || head.size == 0) return false;
  const size_t size = head.size;
  const auto memory = std::make_unique<uint32_t[]>(sizeof head / sizeof(uint32_t) + size);
  auto* table = reinterpret_cast<ethtool_rxfh_indir*>(memory.get());
  table->cmd = ETHTOOL_GRXFHINDIR;
  table->size = head.size;
  if (!ethtool(interface, table)) return false;
  uint32_t* entries = memory.get() + sizeof head / sizeof(uint32_t);
  const auto ours = [&queues](uint32_t queue) { return std::count(queues.begin(), queues.end(), queue) > 0; };
  if (std::all_of(entries, entries + size, ours)) return true;
  table->cmd = ETHTOOL_SRXFHINDIR;
  table->size = head.size;
  for (size_t i = 0; i < size; i++) entries[i] = queues[i % queues.size()];
  return ethtool(interface, table);
}

std::string ethtool_driver(const std::string& interface) {
  ethtool_drvinfo info{};
  info.cmd = ETHTOOL_GDRVINFO;
  if (!ethtool(interface, &info)) return "";
  return std::string(info.driver, strnlen(info.driver, sizeof info.driver));
}

std::string ethtool_bus(const std::string& interface) {
  ethtool_drvinfo info{};
  info.cmd = ETHTOOL_GDRVINFO;
  if (!ethtool(interface, &info)) return "";
  return std::string(info.bus_info, strnlen(info.bus_info, sizeof info.bus_info));
}

}  // namespace lwaftr
