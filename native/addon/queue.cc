#include "queue.h"

#include <cerrno>
#include <cstring>

#include "capture_part.h"
#include "convert.h"
#include "core/binding_table.h"
#include "io/memory_node.h"
#include "io/shared_next_hops.h"
#include "link_part.h"
#include "module.h"
#include "settings.h"

namespace lwaftr::addon {

namespace {

constexpr size_t kExternal = static_cast<size_t>(Port::external);
constexpr size_t kInternal = static_cast<size_t>(Port::internal);
constexpr size_t kPassthru = static_cast<size_t>(Port::passthru);

std::optional<std::string> text_or_null(Napi::Object object, const char* name) {
  auto value = member(object, name);
  return value ? to_string(*value, name) : std::nullopt;
}

void throw_if_unpinned(Napi::Env env, int problem, int cpu) {
  if (problem) throw_system_error(env, problem, "cannot pin a thread to CPU " + std::to_string(cpu));
}

}  // namespace

Napi::Function QueueHandle::define(Napi::Env env) {
  return DefineClass(env, "Queue",
                     {StaticMethod("open", &QueueHandle::open), InstanceAccessor<&QueueHandle::drivers>("drivers"),
                      InstanceMethod("start", &QueueHandle::start), InstanceMethod("pin", &QueueHandle::pin),
                      InstanceMethod("apply", &QueueHandle::apply), InstanceMethod("widen", &QueueHandle::widen),
                      InstanceMethod("narrow", &QueueHandle::narrow), InstanceMethod("drain", &QueueHandle::drain),
                      InstanceMethod("reopen", &QueueHandle::reopen), InstanceMethod("stop", &QueueHandle::stop)});
}

QueueHandle::QueueHandle(const Napi::CallbackInfo& info) : Napi::ObjectWrap<QueueHandle>(info) {}

Napi::Value QueueHandle::open(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  if (!info[0].IsObject()) {
    throw_type_error(env, "options must be an object");
    return {};
  }
  Napi::Value handle = env.GetInstanceData<AddonData>()->queue.New({});
  QueueHandle* queue = handle.IsEmpty() ? nullptr : Unwrap(handle.As<Napi::Object>());
  if (!queue) return {};
  if (queue->open_links(info[0].As<Napi::Object>())) return handle;
  queue->release(false);
  return {};
}

bool QueueHandle::open_links(const Napi::Object& options) {
  Napi::Env env = options.Env();
  auto internal = to_string(options.Get("internal"), "internal");
  auto external = text_or_null(options, "external");
  auto driver = to_driver(options.Get("driver"));
  auto directory = to_string(options.Get("socketDirectory"), "socketDirectory");
  auto absent_links = to_boolean(options.Get("absentLinks"), "absentLinks");
  auto memory = to_string(options.Get("memory"), "memory");
  if (auto given = member(options, "memoryNode")) {
    auto node = to_integer(*given, "memoryNode", 1023);
    if (!node) return false;
    memory_node_ = static_cast<int>(*node);
  }
  const OnMemoryNode here(memory_node_);
  auto part = to_link_part(options.Get("part"));
  auto beside = to_boolean(options.Get("beside"), "beside");
  if (!part || !beside) return false;
  part_ = *part;
  part->beside = *beside;
  if (env.IsExceptionPending() || !internal || !driver || !directory || !absent_links || !memory) return false;

  for (DeviceName& name : ports_.names) name = {*driver, "", *directory};
  ports_.names[kInternal].name = *internal;
  ports_.used[kInternal] = true;
  ports_.used[kExternal] = external.has_value();
  if (external) ports_.names[kExternal].name = *external;

  int problem = 0;
  memory_ = map_queue_memory(*memory, &problem);
  if (!memory_) {
    throw_system_error(env, problem, "cannot keep counters in " + *memory);
    return false;
  }
  for (size_t i : {kInternal, kExternal}) {
    if (!ports_.used[i]) continue;
    OpenError error;
    ports_.devices[i] = open_link_device(ports_.names[i], *part, &ports_.drivers[i], &error);
    if (ports_.devices[i] || (*absent_links && error.number == ENODEV)) continue;
    throw_open_error(env, ports_.names[i].name, error);
    return false;
  }
  thread_ = std::make_unique<QueueThread>(!external, *memory_);
  return true;
}

Napi::Value QueueHandle::drivers(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  Napi::Array drivers = Napi::Array::New(env);
  for (size_t i : {kInternal, kExternal}) {
    if (ports_.drivers[i].empty()) continue;
    Napi::Object entry = Napi::Object::New(env);
    entry.Set("device", ports_.names[i].name);
    entry.Set("driver", ports_.drivers[i]);
    drivers.Set(drivers.Length(), entry);
  }
  return drivers;
}

// Opens and starts the device of a port.
std::unique_ptr<Device> QueueHandle::open_port(Port port, bool create, bool* created, OpenError* error) {
  size_t i = static_cast<size_t>(port);
  auto device = port == Port::passthru
                    ? open_passthru_device(ports_.names[i], *settings_->passthru_interface, create, created, error)
                    : open_link_device(ports_.names[i], part_, &ports_.drivers[i], error);
  if (!device) return nullptr;
  device->start(error);
  return error->number ? nullptr : std::move(device);
}

bool QueueHandle::hand_over(QueueThread::Update& update) {
  if (thread_->apply(update)) return true;
  throw_system_error(Env(), ETIMEDOUT, "the queue's thread does not answer");
  return false;
}

std::optional<int> QueueHandle::to_cpu(Napi::Value value) {
  if (value.IsNull()) return -1;
  auto number = to_integer(value, "cpu", 1023);
  return number ? std::optional<int>(static_cast<int>(*number)) : std::nullopt;
}

Napi::Value QueueHandle::start(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const OnMemoryNode here(memory_node_);
  auto cpu = to_cpu(info[0]);
  if (!cpu) return {};
  auto name = to_string(info[1], "name");
  if (!name) return {};
  if (!thread_ || started_) {
    throw_type_error(env, "the queue was started or stopped already");
    return {};
  }
  QueueThread::Update update;
  for (size_t i : {kInternal, kExternal}) {
    if (!ports_.devices[i]) continue;
    OpenError error;
    ports_.devices[i]->start(&error);
    // It went between open and start: picked up by reopen() like any other that goes.
    if (error.number) ports_.devices[i].reset();
    update.exchange[i] = true;
    update.devices[i] = std::move(ports_.devices[i]);
  }
  if (!hand_over(update)) return {};
  started_ = true;
  throw_if_unpinned(env, thread_->start(*cpu, *name), *cpu);
  return env.Undefined();
}

Napi::Value QueueHandle::pin(const Napi::CallbackInfo& info) {
  auto cpu = to_cpu(info[0]);
  if (!cpu) return {};
  if (!started_) {
    throw_type_error(info.Env(), "the queue was not started");
    return {};
  }
  throw_if_unpinned(info.Env(), thread_->pin(*cpu), *cpu);
  return info.Env().Undefined();
}

Napi::Value QueueHandle::apply(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  if (!info[0].IsObject() || !thread_) {
    throw_type_error(env, "an update of an open queue is needed");
    return {};
  }
  auto object = info[0].As<Napi::Object>();
  QueueThread::Update update;
  if (auto change = member(object, "settings")) {
    auto value = change->As<Napi::Object>();
    update.settings = to_settings(value.Get("value"));
    if (!update.settings) return {};
    auto revision = to_integer(value.Get("revision"), "revision", 1ull << 53);
    if (!revision) return {};
    update.settings_revision = *revision;
    update.filters = Filters(*update.settings);
    const std::string& internal = ports_.names[kInternal].name;
    const std::string& external = ports_.used[kExternal] ? ports_.names[kExternal].name : internal;
    update.external_next_hop = shared_next_hop(external, update.settings->external_interface);
    update.internal_next_hop = shared_next_hop(internal, update.settings->internal_interface);
  }
  if (auto change = member(object, "purgeNextHops")) {
    auto purge = to_boolean(*change, "purgeNextHops");
    if (!purge) return {};
    update.purge_next_hops = *purge;
  }
  if (auto change = member(object, "table")) {
    auto value = change->As<Napi::Object>();
    auto path = to_string(value.Get("path"), "path");
    auto generation = to_integer(value.Get("generation"), "generation", 1ull << 53);
    if (!path || !generation) return {};
    int problem = BindingTable::open(*path, update.table);
    if (problem) {
      throw_system_error(env, problem, "cannot open the binding table " + *path);
      return {};
    }
    update.table_generation = *generation;
  }
  if (object.Has("capture")) {
    update.exchange_capture = true;
    if (auto change = member(object, "capture")) update.capture = to_capture(change->As<Napi::Object>());
    if (env.IsExceptionPending()) return {};
  }
  if (update.settings) settings_ = std::make_unique<Settings>(*update.settings);

  const OnMemoryNode here(memory_node_);
  bool created = false;
  bool replaces_created = object.Has("passthru") && created_passthru_;
  OpenError error;
  if (object.Has("passthru")) {
    auto name = text_or_null(object, "passthru");
    auto ours = to_boolean(object.Get("passthruIsOurs"), "passthruIsOurs");
    if (env.IsExceptionPending()) return {};
    ports_.used[kPassthru] = name && settings_ && settings_->passthru_interface;
    if (name) ports_.names[kPassthru].name = *name;
    update.exchange[kPassthru] = true;
    if (ports_.used[kPassthru]) update.devices[kPassthru] = open_port(Port::passthru, true, &created, &error);
    created_passthru_ = created || *ours;
  }
  if (!hand_over(update)) return {};
  if (replaces_created && update.devices[kPassthru]) update.devices[kPassthru]->remove_when_closed();
  Napi::Object result = Napi::Object::New(env);
  result.Set("passthruProblem", error.number ? Napi::String::New(env, error.message) : env.Null());
  return result;
}

Napi::Value QueueHandle::widen(const Napi::CallbackInfo& info) {
  const auto part = to_link_part(info[0]);
  if (!part || !thread_) return {};
  // Best effort: without it, a frame may be missed while it passes from one queue to another.
  thread_->widen(*part);
  return info.Env().Undefined();
}

Napi::Value QueueHandle::narrow(const Napi::CallbackInfo& info) {
  const auto part = to_link_part(info[0]);
  if (!part || !thread_) return {};
  part_ = *part;
  if (const int problem = thread_->narrow(part_))
    throw_system_error(info.Env(), problem, "cannot receive another part of the link's frames");
  return info.Env().Undefined();
}

Napi::Value QueueHandle::drain(const Napi::CallbackInfo& info) {
  if (thread_) thread_->drain();
  return info.Env().Undefined();
}

Napi::Value QueueHandle::reopen(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  Napi::Array attempts = Napi::Array::New(env);
  if (!started_) return attempts;
  const OnMemoryNode here(memory_node_);
  for (Port port : {Port::internal, Port::external, Port::passthru}) {
    size_t i = static_cast<size_t>(port);
    if (!ports_.used[i] || !thread_->misses(port)) continue;
    OpenError error;
    bool created = false;
    QueueThread::Update update;
    update.devices[i] = open_port(port, false, &created, &error);
    if (update.devices[i]) {
      update.exchange[i] = true;
      if (!hand_over(update)) return {};
    }
    Napi::Object attempt = Napi::Object::New(env);
    attempt.Set("device", ports_.names[i].name);
    attempt.Set("problem", error.number ? Napi::String::New(env, error.message) : env.Null());
    attempts.Set(attempts.Length(), attempt);
  }
  return attempts;
}

Napi::Value QueueHandle::stop(const Napi::CallbackInfo& info) {
  auto remove = to_boolean(info[0], "removeCreatedTap");
  if (!remove) return {};
  release(*remove);
  return info.Env().Undefined();
}

void QueueHandle::release(bool remove_created_tap) {
  if (thread_ && remove_created_tap && created_passthru_) {
    QueueThread::Update update;
    update.exchange[kPassthru] = true;
    if (thread_->apply(update) && update.devices[kPassthru]) update.devices[kPassthru]->remove_when_closed();
  }
  thread_.reset();
  started_ = false;
  for (auto& device : ports_.devices) device.reset();
  unmap_queue_memory(memory_);
  memory_ = nullptr;
}

void init_queue(Napi::Env env, Napi::Object exports) {
  Napi::Function queue = QueueHandle::define(env);
  env.GetInstanceData<AddonData>()->queue = Napi::Persistent(queue);
  exports.Set("Queue", queue);
}

}  // namespace lwaftr::addon
