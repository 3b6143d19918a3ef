// Which kind of device a name in the configuration is.
#pragma once
#include <string>

#include "core/settings.h"
#include "device.h"
#include "frame_share.h"

namespace lwaftr {

enum class Driver : uint8_t { af_packet, memory };

struct DeviceName {
  Driver driver = Driver::af_packet;
  std::string name;              // Linux interface or PCI address
  std::string socket_directory;  // driver memory: NAME is the socket link-NAME.sock in it
};

// The physical link, for a queue that has this share of it. An absent one is an error.
std::unique_ptr<Device> open_link_device(const DeviceName& device, const FrameShare& share, OpenError* error);

// The passthru device: a TAP is attached, any other interface opened by AF_PACKET. An absent one is created as a TAP
// when `create` says so (then `*created` is true), otherwise an error.
std::unique_ptr<Device> open_passthru_device(const DeviceName& device, const PassthruInterface& settings, bool create,
                                             bool* created, OpenError* error);

}  // namespace lwaftr
