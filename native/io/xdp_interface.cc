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
constexpr uint32_t kMostTaken = 2 * kMostQueues;  // a queue has two stations

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

bool has_queue(const XdpRequest& request, uint32_t queue, uint32_t count, OpenError* error) {
  if (queue < count) return true;
  refuse(error, EINVAL, request.interface,
         "queue " + std::to_string(queue) + " is not one of its " + std::to_string(count) +
             " hardware receive queues, which queue ids are with AF_XDP");
  return false;
}

// Where AF_PACKET is the better choice, whatever the peer and the card do.
bool suits(const XdpRequest& request, const std::string& driver, uint32_t count, OpenError* error) {
  const LinkPart& part = request.part;
  const uint32_t last = *std::max_element(part.hardware_queues.begin(), part.hardware_queues.end());
  const bool tagged = std::any_of(part.stations.begin(), part.stations.end(),
                                  [](const XdpStation& station) { return station.tagged(); });
  if (part.beside) {
    refuse(error, EBUSY, request.interface, "its other queues do without, and a program would disturb them");
    return false;
  }
  if (!has_queue(request, last, count, error)) return false;
  if (part.hardware_queues.size() < count && !spreads_hashes(request.interface)) {
    refuse(error, EINVAL, request.interface,
           "it receives by " + std::to_string(count) + " hardware queues, of which the configuration has " +
               std::to_string(part.hardware_queues.size()) + " (ethtool -L sets how many it uses)");
  } else if (driver == "veth" && tagged) {
    refuse(error, EOPNOTSUPP, request.interface, "XDP does not see the VLAN tags that a veth peer leaves to the card");
  } else if (part.own_macs) {
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
  const uint32_t count = receive_queues(request.interface);
  if (!has_queue(request, request.part.hardware_queue, count, error)) return nullptr;
  const std::lock_guard<std::mutex> lock(mutex);
  if (auto known = interfaces[info->index].lock()) return known;
  if (request.only_if_better && !suits(request, driver, count, error)) return nullptr;
  std::shared_ptr<XdpInterface> made(new XdpInterface);
  made->index_ = info->index;
  made->is_virtual_ = has_local_senders(driver);
  made->hides_tags_ = driver == "veth";
  disable_receive_merging(request.interface);
  disable_receive_untagging(request.interface);
  if (!made->attach(request, error)) return nullptr;
  interfaces[info->index] = made;
  return made;
}

bool XdpInterface::attach(const XdpRequest& request, OpenError* error) {
  taken_ = bpf_create_map(BPF_MAP_TYPE_HASH, sizeof(XdpFrames), sizeof(uint8_t), kMostTaken);
  sockets_ = bpf_create_map(BPF_MAP_TYPE_XSKMAP, sizeof(uint32_t), sizeof(int), kMostQueues);
  if (!taken_.open() || !sockets_.open()) {
    error->set(errno, request.interface, "cannot make a BPF map");
    return false;
  }
  const std::vector<bpf_insn> program = xdp_program(taken_, sockets_);
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
  if (wanted_.erase(queue) > 0) write();
}

bool XdpInterface::receive(uint32_t queue, const Fd& socket) {
  const int fd = socket.get();
  return bpf_map_set(sockets_, &queue, &fd);
}

bool XdpInterface::take(uint32_t queue, const XdpStations& stations) {
  const std::lock_guard<std::mutex> lock(mutex_);
  wanted_[queue] = stations;
  return write();
}

// Where tags are hidden, a frame that seems untagged is not of a MAC that has tagged ones: the kernel tells them apart.
std::set<XdpFrames> XdpInterface::taken() const {
  std::set<MacAddress> unclear;
  for (const auto& [queue, stations] : wanted_) {
    for (const XdpStation& station : stations) {
      if (hides_tags_ && station.tagged()) unclear.insert(station.mac);
    }
  }
  std::set<XdpFrames> all;
  for (const auto& [queue, stations] : wanted_) {
    for (const XdpStation& station : stations) {
      if (station.tagged() || unclear.count(station.mac) == 0) all.insert({station, queue});
    }
  }
  return all;
}

// First what is no more, which is the kernel's from then on, then what is new.
bool XdpInterface::write() {
  const std::set<XdpFrames> all = taken();
  constexpr uint8_t kPresent = 1;
  for (const XdpFrames& frames : written_) {
    if (all.count(frames) == 0) bpf_map_remove(taken_, &frames);
  }
  bool done = true;
  for (const XdpFrames& frames : all) {
    if (written_.count(frames) == 0) done = bpf_map_set(taken_, &frames, &kPresent) && done;
  }
  written_ = all;
  return done;
}

}  // namespace lwaftr
