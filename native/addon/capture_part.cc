#include "capture_part.h"

#include <algorithm>
#include <utility>

#include "convert.h"
#include "core/pipeline.h"
#include "module.h"

namespace lwaftr::addon {
namespace {

constexpr size_t kMostFrames = kPortCount * Pipeline::kBatch;  // that a queue receives at once

// NativeCaptureRing of native-capture.ts.
Napi::Value create_ring(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const auto path = to_string(info[0], "path");
  const auto size = to_integer(info[1], "size", size_t{1} << 30);
  if (!path || !size) return {};
  // Emptied by close(), wherever JavaScript still holds it.
  auto held = std::make_shared<std::unique_ptr<CaptureRing>>(std::make_unique<CaptureRing>());
  if (int problem = (*held)->create(*path, *size)) {
    throw_system_error(env, problem, "cannot capture to " + *path);
    return {};
  }
  const auto read = [held](const Napi::CallbackInfo& info) -> Napi::Value {
    const auto most = to_integer(info[0], "most", size_t{1} << 30);
    if (!most) return {};
    const std::vector<uint8_t> records = *held ? (*held)->read(*most) : std::vector<uint8_t>();
    return Napi::Buffer<uint8_t>::Copy(info.Env(), records.data(), records.size());
  };
  const auto lost = [held](const Napi::CallbackInfo& info) -> Napi::Value {
    // Whatever a worker says: a whole number of packets.
    constexpr uint64_t kMost = (uint64_t{1} << 53) - 1;
    return Napi::Number::New(info.Env(), *held ? static_cast<double>(std::min((*held)->lost(), kMost)) : 0);
  };
  Napi::Object ring = Napi::Object::New(env);
  ring.Set("read", Napi::Function::New(env, read, "read"));
  ring.Set("lost", Napi::Function::New(env, lost, "lost"));
  ring.Set("close", Napi::Function::New(
                        env, [held](const Napi::CallbackInfo&) { held->reset(); }, "close"));
  return ring;
}

}  // namespace

std::unique_ptr<Capture> to_capture(Napi::Object object) {
  Napi::Env env = object.Env();
  const auto path = to_string(object.Get("ring"), "ring");
  const auto filter = to_string(object.Get("filter"), "filter");
  const auto where = to_integer(object.Get("where"), "where", UINT8_MAX);
  const auto snap_length = to_integer(object.Get("snapLength"), "snapLength", UINT32_MAX);
  if (!path || !filter || !where || !snap_length) return nullptr;
  CaptureOptions options;
  options.where = static_cast<uint8_t>(*where);
  options.snap_length = static_cast<uint32_t>(*snap_length);
  if (const auto given = member(object, "reason")) {
    const auto reason = to_integer(*given, "reason", kCounterCount - 1);
    if (!reason) return nullptr;
    options.reason = static_cast<Counter>(*reason);
  }
  const std::string problem = options.filter.compile(*filter);
  if (!problem.empty()) {
    throw_type_error(env, problem);
    return nullptr;
  }
  auto ring = std::make_unique<CaptureRing>();
  if (const int error = ring->open(*path)) {
    throw_system_error(env, error, "cannot capture to " + *path);
    return nullptr;
  }
  return std::make_unique<Capture>(std::move(options), std::move(ring), kMostFrames);
}

void init_capture(Napi::Env env, Napi::Object exports) {
  exports.Set("captureRing", Napi::Function::New(env, create_ring, "captureRing"));
}

}  // namespace lwaftr::addon
