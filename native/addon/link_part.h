// What a queue has of its links, out of JavaScript: LinkPart of src/dataplane/link-part.ts.
#pragma once
#include <napi.h>

#include <optional>

#include "io/open_device.h"

namespace lwaftr::addon {

// Throws into JavaScript when the value is not what it needs, and then returns nothing.
std::optional<LinkPart> to_link_part(Napi::Value value);

// Driver of src/dataplane/dataplane.ts; throws and gives nothing for another name.
std::optional<Driver> to_driver(Napi::Value value);

// An Error with the name of the device and the system's code.
void throw_open_error(Napi::Env env, const std::string& device, const OpenError& problem);

}  // namespace lwaftr::addon
