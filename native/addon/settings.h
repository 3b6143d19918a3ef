// QueueSettings (src/dataplane/settings.ts) as core/settings.h has them.
#pragma once
#include <napi.h>

#include <optional>

#include "core/settings.h"

namespace lwaftr::addon {

// Nothing after throwing: something is missing, of a wrong type, or no address.
std::optional<Settings> to_settings(Napi::Value value);

}  // namespace lwaftr::addon
