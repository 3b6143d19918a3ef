#include "open_device.h"

#include "af_packet.h"
#include "af_xdp.h"
#include "ethtool.h"
#include "interface.h"
#include "socket_device.h"
#include "split_link.h"
#include "tap.h"

namespace lwaftr {

namespace {

constexpr size_t kPassthruRing = 1 << 20;  // bytes
constexpr size_t kBulkRing = 8 << 20;      // 4096 slots at an MTU of 1500: 10 ms at the kernel's best rate

std::string socket_path(const DeviceName& device) { return device.socket_directory + "/link-" + device.name + ".sock"; }

// By AF_XDP, or null: `error` says why not.
std::unique_ptr<Device> open_xdp(const std::string& interface, const LinkPart& part, bool only_if_better,
                                 std::string* how, OpenError* error) {
  XdpRequest request;
  request.interface = interface;
  request.queue = part.hardware_queue;
  request.queues = part.hardware_queues;
  request.stations = part.stations;
  request.own_macs = part.own_macs;
  request.only_if_better = only_if_better;
  auto device = AfXdp::open(request, error);
  if (device) *how = device->description();
  return device;
}

}  // namespace

std::unique_ptr<Device> open_link_device(const DeviceName& device, const LinkPart& part, std::string* how,
                                         OpenError* error) {
  if (device.driver == Driver::memory) return SocketDevice::listen(socket_path(device), error);
  const std::string interface = resolve_interface(device.name);
  std::unique_ptr<Device> bulk;
  OpenError obstacle;
  if (device.driver != Driver::af_packet) {
    bulk = open_xdp(interface, part, device.driver == Driver::automatic, how, &obstacle);
  }
  if (!bulk && device.driver == Driver::af_xdp) {
    *error = obstacle;
    return nullptr;
  }
  if (!bulk) {
    bulk = AfPacket::open(interface, part.share, FrameClass::bulk, kBulkRing, error);
    *how = obstacle.number ? "AF_PACKET, since AF_XDP does not fit: " + obstacle.message : "AF_PACKET";
  }
  return bulk ? SplitLink::open(interface, part.share, std::move(bulk), error) : nullptr;
}

std::unique_ptr<Device> open_passthru_device(const DeviceName& device, const PassthruInterface& settings, bool create,
                                             bool* created, OpenError* error) {
  if (device.driver == Driver::memory) return SocketDevice::listen(socket_path(device), error);
  std::string interface = resolve_interface(device.name);
  if (create && !interface_info(interface)) {
    auto tap = Tap::create(interface, settings.mac, settings.mtu, error);
    *created = tap != nullptr;
    return tap;
  }
  if (ethtool_bus(interface) == "tap") return Tap::attach(interface, error);
  return AfPacket::open(interface, kPassthruRing, error);
}

}  // namespace lwaftr
