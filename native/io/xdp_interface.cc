#include "xdp_interface.h"

#include <linux/if_link.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "ethtool.h"
#include "interface.h"
#include "patience.h"

namespace lwaftr {

namespace {

constexpr uint32_t kMostQueues = 1024;
constexpr uint32_t kMostStations = 2 * kMostQueues;

void refuse(OpenError* error, int number, const std::string& interface, const std::string& reason) {
  error->number = number;
  error->message = interface + ": " + reason;
}

// Whether frames come from senders on this machine, without a card between: such leave checksums to the receiver.
bool has_local_senders(const std::string& driver) {
  for (const char* one : {"veth", "tun", "virtio_net", "vmxnet3", "hv_netvsc", "vif", "bridge", "macvlan", "macvtap"}) {
    if (driver == one) return true;
  }
  return false;
}

// Frames of a queue without a socket would be the kernel's: every queue that receives must be one of ours.
bool serves_all(const XdpRequest& request, OpenError* error) {
  const uint32_t count = receive_queues(request.interface);
  const uint32_t last = *std::max_element(request.queues.begin(), request.queues.end());
  if (last >= count) {
    refuse(error, EINVAL, request.interface,
           "queue " + std::to_string(last) + " is not one of its " + std::to_string(count) +
               " hardware receive queues, which queue ids are with AF_XDP");
    return false;
  }
  if (request.queues.size() == count || steer_to_queues(request.interface, request.queues)) return true;
  refuse(error, EINVAL, request.interface,
         "it receives by " + std::to_string(count) + " hardware queues, of which the configuration has " +
             std::to_string(request.queues.size()) + " (ethtool -L sets how many it uses)");
  return false;
}

// Where only AF_PACKET is right whatever the peer and the card do.
bool suits(const XdpRequest& request, const std::string& driver, OpenError* error) {
  const bool tagged = std::any_of(request.stations.begin(), request.stations.end(),
                                  [](const XdpStation& station) { return station.tag[0] != 0; });
  if (driver == "veth" && tagged) {
    refuse(error, EOPNOTSUPP, request.interface, "XDP does not see the VLAN tags that a veth peer leaves to the card");
  } else if (request.own_macs) {
    refuse(error, EOPNOTSUPP, request.interface,
           "its queues have different MAC addresses, and the card spreads by hash");
  }
  return error->number == 0;
}

}  // namespace

std::shared_ptr<XdpInterface> XdpInterface::share(const XdpRequest& request, OpenError* error) {
  // By index. One process, one instance: its queues must find each other, and an attached program is found by nothing
  // else than its interface.
  static std::mutex mutex;
  static std::map<int, std::weak_ptr<XdpInterface>> interfaces;

  const auto info = interface_info(request.interface);
  if (!info) {
    error->set(ENODEV, request.interface, "cannot open the interface");
    return nullptr;
  }
  const std::string driver = ethtool_driver(request.interface);
  if (!serves_all(request, error) || (request.only_if_better && !suits(request, driver, error))) return nullptr;
  const std::lock_guard<std::mutex> lock(mutex);
  if (auto known = interfaces[info->index].lock()) return known;
  std::shared_ptr<XdpInterface> made(new XdpInterface);
  made->index_ = info->index;
  made->is_virtual_ = has_local_senders(driver);
  disable_receive_merging(request.interface);
  disable_receive_untagging(request.interface);
  if (!made->attach(request, error)) return nullptr;
  interfaces[info->index] = made;
  return made;
}

bool XdpInterface::attach(const XdpRequest& request, OpenError* error) {
  stations_ = bpf_create_map(BPF_MAP_TYPE_HASH, sizeof(XdpStation), sizeof(uint8_t), kMostStations);
  sockets_ = bpf_create_map(BPF_MAP_TYPE_XSKMAP, sizeof(uint32_t), sizeof(int), kMostQueues);
  if (!stations_.open() || !sockets_.open()) {
    error->set(errno, request.interface, "cannot make a BPF map");
    return false;
  }
  const std::vector<bpf_insn> program = xdp_program(stations_, sockets_);
  program_ = bpf_load_xdp(program, BPF_F_XDP_HAS_FRAGS);
  if (!program_.open() && errno == EINVAL) {
    has_fragments_ = false;
    program_ = bpf_load_xdp(program, 0);
  }
  if (!program_.open()) {
    error->set(errno, request.interface, "cannot load an XDP program");
    return false;
  }
  const auto try_mode = [&](uint32_t flags) {
    return while_busy([&] {
      link_ = bpf_attach_xdp(program_, index_, flags);
      return link_.open() ? 0 : errno;
    });
  };
  mode_ = XdpMode::native;
  int problem = try_mode(XDP_FLAGS_DRV_MODE);
  if (problem != 0 && problem != EBUSY && !(request.only_if_better && is_virtual_)) {
    mode_ = XdpMode::generic;
    problem = try_mode(XDP_FLAGS_SKB_MODE);
  }
  if (problem == 0) return true;
  // veth has two reasons of its own.
  const std::string hint = problem == ENOSPC   ? " (it has fewer receive queues than its peer has transmit queues)"
                           : problem == ERANGE ? " (the MTU is too large)"
                                               : "";
  refuse(error, problem, request.interface, std::string("cannot attach an XDP program: ") + strerror(problem) + hint);
  return false;
}

bool XdpInterface::claim(uint32_t queue) {
  const std::lock_guard<std::mutex> lock(mutex_);
  return claimed_.insert(queue).second;
}

void XdpInterface::release(uint32_t queue) {
  const std::lock_guard<std::mutex> lock(mutex_);
  claimed_.erase(queue);
  if (wanted_.erase(queue) > 0) write_stations();
}

bool XdpInterface::receive(uint32_t queue, const Fd& socket, const XdpStations& stations) {
  const std::lock_guard<std::mutex> lock(mutex_);
  wanted_[queue] = stations;
  const int fd = socket.get();
  return write_stations() && bpf_map_set(sockets_, &queue, &fd);
}

// First what is new, then what is no more: a frame that stays ours is always known.
bool XdpInterface::write_stations() {
  XdpStations all;
  for (const auto& [queue, stations] : wanted_) all.insert(stations.begin(), stations.end());
  constexpr uint8_t kPresent = 1;
  for (const XdpStation& station : all) {
    if (!bpf_map_set(stations_, &station, &kPresent)) return false;
  }
  for (const XdpStation& station : written_) {
    if (all.count(station) == 0) bpf_map_remove(stations_, &station);
  }
  written_ = std::move(all);
  return true;
}

}  // namespace lwaftr
