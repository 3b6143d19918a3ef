// What the leader asks of this machine: the memory of queues, interfaces, TAPs left behind, the service manager.
#include <napi.h>

#include <cstddef>
#include <cstdio>
#include <cstring>

#include "convert.h"
#include "io/grace_period.h"
#include "io/interface.h"
#include "io/queue_memory.h"
#include "io/service_manager.h"
#include "io/tap.h"
#include "module.h"

namespace lwaftr::addon {
namespace {

// Words of the layout that src/dataplane/counters.ts reads.
static_assert(offsetof(QueueState, table_generation) == 8 && offsetof(QueueState, settings_revision) == 16 &&
              offsetof(QueueState, external_next_hop) == 24 && offsetof(QueueState, internal_next_hop) == 32 &&
              offsetof(QueueState, external_link_up) == 40 && offsetof(QueueState, internal_link_up) == 44 &&
              offsetof(QueueState, passthru_link_up) == 48 && offsetof(QueueState, cpu_time) == 56);

// NativeQueueMemory of native-queue.ts, or null.
Napi::Value queue_memory(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  auto path = to_string(info[0], "path");
  if (!path) return {};
  int problem = 0;
  const QueueMemory* memory = map_queue_memory_readonly(*path, &problem);
  if (!memory) return env.Null();
  auto buffer =
      Napi::ArrayBuffer::New(env, const_cast<QueueMemory*>(memory), sizeof(QueueMemory),
                             [](Napi::Env, void* data) { unmap_queue_memory(static_cast<QueueMemory*>(data)); });
  Napi::Object view = Napi::Object::New(env);
  view.Set("words", Napi::BigUint64Array::New(env, sizeof(QueueMemory) / 8, buffer, 0, napi_biguint64_array));
  view.Set("counters", static_cast<double>(offsetof(QueueMemory, counters) / 8));
  view.Set("state", static_cast<double>(offsetof(QueueMemory, state) / 8));
  view.Set("since", static_cast<double>(memory->since));
  return view;
}

Napi::Value make_queue_memory(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  auto path = to_string(info[0], "path");
  if (!path) return {};
  int problem = 0;
  const QueueMemory* memory = map_queue_memory(*path, &problem);
  if (!memory) throw_system_error(env, problem, "cannot keep counters in " + *path);
  unmap_queue_memory(memory);
  return env.Undefined();
}

Napi::Value interface_info_of(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  auto device = to_string(info[0], "device");
  if (!device) return {};
  std::string name = resolve_interface(*device);
  auto found = interface_info(name);
  if (!found) return env.Null();
  Napi::Object object = Napi::Object::New(env);
  object.Set("name", name);
  object.Set("mtu", found->mtu);
  object.Set("up", found->up);
  const MacAddress& mac = found->mac;
  char text[18];
  snprintf(text, sizeof text, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
  object.Set("mac", text);
  return object;
}

Napi::Value remove_tap(const Napi::CallbackInfo& info) {
  auto name = to_string(info[0], "name");
  if (name) Tap::remove(*name);
  return info.Env().Undefined();
}

Napi::Value wait_for_receivers(const Napi::CallbackInfo& info) {
  lwaftr::wait_for_receivers();
  return info.Env().Undefined();
}

Napi::Value notify(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  auto socket = to_string(info[0], "socket");
  if (!socket) return {};
  auto message = to_string(info[1], "message");
  if (!message) return {};
  int problem = notify_service_manager(*socket, *message);
  return problem == 0 ? env.Null() : Napi::String::New(env, strerror(problem)).As<Napi::Value>();
}

}  // namespace

void init_host(Napi::Env env, Napi::Object exports) {
  exports.Set("queueMemory", Napi::Function::New(env, queue_memory, "queueMemory"));
  exports.Set("makeQueueMemory", Napi::Function::New(env, make_queue_memory, "makeQueueMemory"));
  exports.Set("interfaceInfo", Napi::Function::New(env, interface_info_of, "interfaceInfo"));
  exports.Set("notify", Napi::Function::New(env, notify, "notify"));
  exports.Set("waitForReceivers", Napi::Function::New(env, wait_for_receivers, "waitForReceivers"));
  exports.Set("removeTap", Napi::Function::New(env, remove_tap, "removeTap"));
}

}  // namespace lwaftr::addon
