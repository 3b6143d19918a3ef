// A capture between JavaScript and a queue: its options there, its ring here. native-capture.ts says the same in
// TypeScript.
#pragma once
#include <napi.h>

#include <memory>

#include "core/capture.h"

namespace lwaftr::addon {

// CaptureOrder of native-capture.ts; nothing, and an exception, when it cannot be.
std::unique_ptr<Capture> to_capture(Napi::Object object);

}  // namespace lwaftr::addon
