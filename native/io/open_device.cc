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

std::string socket_path(const DeviceName& device) { return device.socket_directory + "/link-" + device.name + ".sock"; }

}  // namespace

std::unique_ptr<Device> open_link_device(const DeviceName& device, const LinkPart& part, std::string* how,
                                         OpenError* error) {
  if (device.driver == Driver::memory) return SocketDevice::listen(socket_path(device), error);
  const std::string interface = resolve_interface(device.name);
  std::unique_ptr<AfXdp> fast;
  OpenError obstacle;
  if (device.driver != Driver::af_packet) {
    fast = AfXdp::open({interface, part, device.driver == Driver::automatic}, &obstacle);
  }
  if (!fast && device.driver == Driver::af_xdp) {
    *error = obstacle;
    return nullptr;
  }
  *how = fast              ? fast->description()
         : obstacle.number ? "AF_PACKET, since AF_XDP does not fit: " + obstacle.message
                           : "AF_PACKET";
  return SplitLink::open(interface, part.share, std::move(fast), error);
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
