#include "open_device.h"

#include "af_packet.h"
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

std::unique_ptr<Device> open_link_device(const DeviceName& device, const FrameShare& share, OpenError* error) {
  if (device.driver == Driver::memory) return SocketDevice::listen(socket_path(device), error);
  return SplitLink::open(resolve_interface(device.name), share, error);
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
  return AfPacket::open(interface, {}, kPassthruRing, error);
}

}  // namespace lwaftr
