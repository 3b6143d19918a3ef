#include "module.h"

#include <cstdio>

#include "convert.h"
#include "core/counters.h"
#include "core/filter.h"
#include "io/queue_memory.h"

namespace lwaftr::addon {
namespace {

const char* group_name(CounterGroup group) {
  switch (group) {
    case CounterGroup::softwire_state:
      return "softwire-state";
    case CounterGroup::lwaftr:
      return "lwaftr";
    case CounterGroup::passthru:
      return "passthru";
  }
  return "";
}

Napi::Value counters(const Napi::CallbackInfo& info) {
  Napi::Array list = Napi::Array::New(info.Env(), kCounterCount);
  for (size_t i = 0; i < kCounterCount; i++) {
    const CounterInfo& counter = counter_info(static_cast<Counter>(i));
    Napi::Object object = Napi::Object::New(info.Env());
    object.Set("name", counter.name);
    object.Set("group", group_name(counter.group));
    object.Set("stage", counter.stage);
    object.Set("meaning", counter.meaning);
    list.Set(static_cast<uint32_t>(i), object);
  }
  return list;
}

// Whether libpcap compiles a pflang filter for Ethernet: its message, or null.
Napi::Value compile_filter(const Napi::CallbackInfo& info) {
  const auto pflang = to_string(info[0], "filter");
  if (!pflang) return {};
  const std::string message = Filter().compile(*pflang);
  return message.empty() ? info.Env().Null() : Napi::String::New(info.Env(), message).As<Napi::Value>();
}

Napi::Value memory_layout(const Napi::CallbackInfo& info) {
  char text[17];
  snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(shared_memory_layout()));
  return Napi::String::New(info.Env(), text);
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
  env.SetInstanceData(new AddonData());
  exports.Set("counters", Napi::Function::New(env, counters, "counters"));
  exports.Set("compileFilter", Napi::Function::New(env, compile_filter, "compileFilter"));
  exports.Set("memoryLayout", Napi::Function::New(env, memory_layout, "memoryLayout"));
  init_bench(env, exports);
  init_binding_table(env, exports);
  init_capture(env, exports);
  init_guard(env, exports);
  init_host(env, exports);
  init_queue(env, exports);
  init_lwb4(env, exports);
  init_load(env, exports);
  init_replay(env, exports);
  return exports;
}

}  // namespace

NODE_API_MODULE(dataplane, init)

}  // namespace lwaftr::addon
