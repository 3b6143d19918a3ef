#include "ethtool.h"

#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <memory>
#include <set>

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

// The kernel's features have names for their numbers, which differ between its versions.
bool filters_vlans(const std::string& interface) {
  uint64_t info_memory[sizeof(ethtool_sset_info) / sizeof(uint64_t) + 1]{};
  auto* info = reinterpret_cast<ethtool_sset_info*>(info_memory);
  info->cmd = ETHTOOL_GSSET_INFO;
  info->sset_mask = 1ULL << ETH_SS_FEATURES;
  if (!ethtool(interface, info) || !info->sset_mask) return false;
  const uint32_t count = info->data[0];
  const auto names_memory = std::make_unique<uint32_t[]>((sizeof(ethtool_gstrings) + count * ETH_GSTRING_LEN) / 4);
  auto* names = reinterpret_cast<ethtool_gstrings*>(names_memory.get());
  names->cmd = ETHTOOL_GSTRINGS;
  names->string_set = ETH_SS_FEATURES;
  names->len = count;
  const uint32_t blocks = (count + 31) / 32;
  const auto memory =
      std::make_unique<uint32_t[]>((sizeof(ethtool_gfeatures) + blocks * sizeof(ethtool_get_features_block)) / 4);
  auto* features = reinterpret_cast<ethtool_gfeatures*>(memory.get());
  features->cmd = ETHTOOL_GFEATURES;
  features->size = blocks;
  if (!ethtool(interface, names) || !ethtool(interface, features)) return false;
  for (uint32_t i = 0; i < count; i++) {
    const char* name = reinterpret_cast<const char*>(names->data) + i * ETH_GSTRING_LEN;
    if (strncmp(name, "rx-vlan-filter", ETH_GSTRING_LEN) == 0) return features->features[i / 32].active >> i % 32 & 1;
  }
  return false;
}

uint32_t receive_queues(const std::string& interface) {
  ethtool_channels channels{};
  channels.cmd = ETHTOOL_GCHANNELS;
  if (!ethtool(interface, &channels)) return 1;
  return std::max(channels.rx_count + channels.combined_count, 1u);
}

std::vector<uint32_t> deal_hashes(std::vector<uint32_t> table, const std::vector<uint32_t>& queues) {
  if (std::set<uint32_t>(table.begin(), table.end()) == std::set<uint32_t>(queues.begin(), queues.end())) return table;
  std::map<uint32_t, size_t> due;  // entries by queue
  for (size_t i = 0; i < queues.size(); i++) {
    due[queues[i]] = table.size() / queues.size() + (i < table.size() % queues.size() ? 1 : 0);
  }
  std::vector<uint32_t*> free;
  for (uint32_t& entry : table) {
    const auto left = due.find(entry);
    if (left != due.end() && left->second > 0) {
      left->second--;
    } else {
      free.push_back(&entry);
    }
  }
  auto taker = due.begin();
  for (uint32_t* entry : free) {
    while (taker->second == 0) ++taker;
    *entry = taker->first;
    taker->second--;
  }
  return table;
}

bool spreads_hashes(const std::string& interface) {
  ethtool_rxfh_indir head{};
  head.cmd = ETHTOOL_GRXFHINDIR;
  return ethtool(interface, &head) && head.size > 0;
}

bool steer_to_queues(const std::string& interface, const std::vector<uint32_t>& queues) {
  ethtool_rxfh_indir head{};
  head.cmd = ETHTOOL_GRXFHINDIR;
  if (!ethtool(interface, &head) || head.size == 0) return false;
  const size_t size = head.size;
  const auto memory = std::make_unique<uint32_t[]>(sizeof head / sizeof(uint32_t) + size);
  auto* command = reinterpret_cast<ethtool_rxfh_indir*>(memory.get());
  command->cmd = ETHTOOL_GRXFHINDIR;
  command->size = head.size;
  if (!ethtool(interface, command)) return false;
  uint32_t* entries = memory.get() + sizeof head / sizeof(uint32_t);
  const std::vector<uint32_t> before(entries, entries + size), after = deal_hashes(before, queues);
  if (after == before) return true;
  command->cmd = ETHTOOL_SRXFHINDIR;
  command->size = head.size;
  std::copy(after.begin(), after.end(), entries);
  return ethtool(interface, command);
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
