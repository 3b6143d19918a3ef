// Which kind of device a name in the configuration is.
#pragma once
#include <string>

#include "core/settings.h"
#include "device.h"
#include "link_part.h"

namespace lwaftr {

// `automatic`: AF_XDP where it is the better choice, else AF_PACKET.
enum class Driver : uint8_t { automatic, af_xdp, af_packet, memory };

struct DeviceName {
  Driver driver = Driver::af_packet;
  std::string name;              // Linux interface or PCI address
  std::string socket_directory;  // driver memory: NAME is the socket link-NAME.sock in it
};

// The physical link. An absent one is an error. `*how` tells the operator which driver it is, and why not a better one.
std::unique_ptr<Device> open_link_device(const DeviceName& device, const LinkPart& part, std::string* how,
                                         OpenError* error);

// The passthru device: a TAP is attached, any other interface opened by AF_PACKET. An absent one is created as a TAP
// when `create` says so (then `*created` is true), otherwise an error.
std::unique_ptr<Device> open_passthru_device(const DeviceName& device, const PassthruInterface& settings, bool create,
                                             bool* created, OpenError* error);

}  // namespace lwaftr
