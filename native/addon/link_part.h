// What a queue has of its links, out of JavaScript: FrameShare and HardwareShare of src/dataplane/frame-share.ts.
#pragma once
#include <napi.h>

#include <optional>

#include "io/open_device.h"

namespace lwaftr::addon {

// Both throw into JavaScript when the value is not what they need, and then return nothing or false.
std::optional<FrameShare> to_frame_share(Napi::Value value);
bool read_hardware_share(Napi::Value value, LinkPart* part);

}  // namespace lwaftr::addon
