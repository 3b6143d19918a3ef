// Queue as JavaScript holds it: opened, started, changed, stopped. native-queue.ts says the same in TypeScript.
#pragma once
#include <napi.h>

#include <memory>
#include <optional>
#include <string>

#include "io/open_device.h"
#include "io/queue_memory.h"
#include "io/queue_thread.h"

namespace lwaftr::addon {

class QueueHandle : public Napi::ObjectWrap<QueueHandle> {
 public:
  static Napi::Function define(Napi::Env env);
  explicit QueueHandle(const Napi::CallbackInfo& info);
  ~QueueHandle() override { release(false); }

 private:
  struct Ports {
    DeviceName names[kPortCount];
    std::unique_ptr<Device> devices[kPortCount];  // opened, until start() gives them to the thread
    bool used[kPortCount] = {};
    std::string drivers[kPortCount];  // what open_link_device() says of them
  };

  // JavaScript's number or null as the CPU of QueueThread::start(); nullopt: it threw.
  static std::optional<int> to_cpu(Napi::Value value);
  static Napi::Value open(const Napi::CallbackInfo& info);
  Napi::Value drivers(const Napi::CallbackInfo& info);
  bool open_links(const Napi::Object& options);
  Napi::Value start(const Napi::CallbackInfo& info);
  Napi::Value pin(const Napi::CallbackInfo& info);
  Napi::Value apply(const Napi::CallbackInfo& info);
  Napi::Value widen(const Napi::CallbackInfo& info);
  Napi::Value narrow(const Napi::CallbackInfo& info);
  Napi::Value drain(const Napi::CallbackInfo& info);
  Napi::Value reopen(const Napi::CallbackInfo& info);
  Napi::Value stop(const Napi::CallbackInfo& info);

  std::unique_ptr<Device> open_port(Port port, bool create, bool* created, OpenError* error);
  // True when the thread took it, else throws.
  bool hand_over(QueueThread::Update& update);
  void release(bool remove_created_tap);

  Ports ports_;
  LinkPart part_;         // what it has of its links
  int memory_node_ = -1;  // its memory comes from there; negative: no matter
  std::unique_ptr<Settings> settings_;
  QueueMemory* memory_ = nullptr;
  std::unique_ptr<QueueThread> thread_;
  bool started_ = false;
  bool created_passthru_ = false;  // the passthru device is a TAP that we made, now or in an earlier life
};

}  // namespace lwaftr::addon
