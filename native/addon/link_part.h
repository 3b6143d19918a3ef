// What a queue has of its links, out of JavaScript: FrameShare and HardwareShare of src/dataplane/frame-share.ts.
#pragma once
#include <napi.h>

#include <optional>

#include "io/open_device.h"

namespace lwaftr::addon {

// Both throw into JavaScript when the value is not what they need, and then return nothing or false.
std::optional<FrameShare> to_frame_share(Napi::Value value);
bool read_hardware_share(Napi::Value value, LinkPart* part);

// Driver of src/dataplane/dataplane.ts; throws and gives nothing for another name.
std::optional<Driver> to_driver(Napi::Value value);

// An Error with the name of the device and the system's code.
void throw_open_error(Napi::Env env, const std::string& device, const OpenError& problem);

}  // namespace lwaftr::addon
