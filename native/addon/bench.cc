// The packet path measured from JavaScript: whole, by stage, against a bare copy, and under live edits. What is
// measured is in native/bench.
#include <pthread.h>
#include <sched.h>

#include <utility>

#include "bench/forwarder.h"
#include "bench/live_edits.h"
#include "bench/ticks.h"
#include "binding_table.h"
#include "convert.h"
#include "module.h"
#include "settings.h"

namespace lwaftr::addon {
namespace {

// Pins the calling thread while it lives; error() is an errno.
class Pinned {
 public:
  explicit Pinned(int cpu) {
    pthread_getaffinity_np(pthread_self(), sizeof before_, &before_);
    if (cpu < 0) return;
    cpu_set_t wanted;
    CPU_ZERO(&wanted);
    if (cpu < CPU_SETSIZE) CPU_SET(cpu, &wanted);
    error_ = pthread_setaffinity_np(pthread_self(), sizeof wanted, &wanted);
  }
  ~Pinned() { pthread_setaffinity_np(pthread_self(), sizeof before_, &before_); }
  int error() const { return error_; }

 private:
  cpu_set_t before_;
  int error_ = 0;
};

Napi::Number number(Napi::Env env, double value) { return Napi::Number::New(env, value); }
Napi::Number number(Napi::Env env, uint64_t value) { return Napi::Number::New(env, static_cast<double>(value)); }

Napi::Object to_value(Napi::Env env, const Sent& sent) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("packets", number(env, sent.packets));
  object.Set("bytes", number(env, sent.bytes));
  return object;
}

// [{name, meaning, seconds}]: what each stage spent.
Napi::Array to_value(Napi::Env env, const StageProbe& probe, double seconds_per_tick) {
  Napi::Array stages = Napi::Array::New(env, kStageCount);
  for (size_t i = 0; i < kStageCount; i++) {
    Napi::Object stage = Napi::Object::New(env);
    stage.Set("name", stage_info(static_cast<Stage>(i)).name);
    stage.Set("meaning", stage_info(static_cast<Stage>(i)).meaning);
    stage.Set("seconds", number(env, static_cast<double>(probe.spent[i]) * seconds_per_tick));
    stages.Set(static_cast<uint32_t>(i), stage);
  }
  return stages;
}

struct Options {
  Settings settings;
  const BindingTable* table = nullptr;
  FrameLoop ipv4, ipv6;
  double seconds = 0;
  int cpu = -1;
};

// False after throwing.
bool read(Napi::Object given, Options& options) {
  const Napi::Env env = given.Env();
  const auto settings = to_settings(given.Get("settings"));
  if (!settings) return false;
  options.settings = *settings;
  options.settings.filter_destination_mac = false;
  const Napi::Value seconds = given.Get("seconds");
  if (!seconds.IsNumber()) {
    throw_type_error(env, "seconds must be a number");
    return false;
  }
  options.seconds = seconds.As<Napi::Number>().DoubleValue();
  if (const auto cpu = member(given, "cpu")) {
    const auto id = to_integer(*cpu, "cpu", INT32_MAX);
    if (!id) return false;
    options.cpu = static_cast<int>(*id);
  }
  for (auto [name, loop] : {std::pair{"v4In", &options.ipv4}, {"v6In", &options.ipv6}}) {
    const auto path = to_string(given.Get(name), name);
    if (!path) return false;
    const std::string problem = loop->load(*path);
    if (!problem.empty()) {
      throw_coded_error(env, "EPCAP", problem);
      return false;
    }
  }
  return true;
}

// Calls `measure(options)` with the thread pinned as asked.
template <class Measure>
Napi::Value measured(const Napi::CallbackInfo& info, Measure measure) {
  if (!info[0].IsObject()) {
    throw_type_error(info.Env(), "options must be an object");
    return {};
  }
  const auto given = info[0].As<Napi::Object>();
  Options options;
  if (!read(given, options)) return {};
  const Pinned pinned(options.cpu);
  if (pinned.error()) {
    throw_system_error(info.Env(), pinned.error(), "cannot pin to CPU " + std::to_string(options.cpu));
    return {};
  }
  return measure(given, options);
}

// bench({settings, table, v4In, v6In, seconds, cpu, stages}): BenchResult of src/dataplane/bench.ts.
Napi::Value bench(const Napi::CallbackInfo& info) {
  return measured(info, [&](Napi::Object given, Options& options) -> Napi::Value {
    const Napi::Env env = info.Env();
    const auto stages = to_boolean(given.Get("stages"), "stages");
    const BindingTable* table = stages ? BindingTableHandle::table_of(given.Get("table")) : nullptr;
    if (!table) return {};
    Forwarder forwarder(options.settings, *table, options.ipv4, options.ipv6);
    StageProbe probe;
    probe.ticks = ticks;
    probe.last = ticks();
    if (*stages) forwarder.set_probe(&probe);
    const Stopwatch watch;
    const uint64_t first_tick = ticks();
    forwarder.run(options.seconds);
    const uint64_t spent = ticks() - first_tick;
    const double seconds = watch.seconds(), cpu_seconds = watch.cpu_seconds();
    Napi::Object result = Napi::Object::New(env);
    result.Set("duration", number(env, seconds));
    result.Set("cpuSeconds", number(env, cpu_seconds));
    result.Set("received", number(env, forwarder.received));
    result.Set("encap", to_value(env, forwarder.encap));
    result.Set("decap", to_value(env, forwarder.decap));
    // Other programs interrupt all stages alike: of CPU time each has its part.
    result.Set("stages", to_value(env, probe, cpu_seconds / static_cast<double>(spent)));
    return result;
  });
}

// benchCopy({settings, v4In, v6In, seconds, cpu}): {duration, cpuSeconds, received}.
Napi::Value bench_copy(const Napi::CallbackInfo& info) {
  return measured(info, [&](Napi::Object, Options& options) -> Napi::Value {
    const Napi::Env env = info.Env();
    const Stopwatch watch;
    const uint64_t copied = copy_frames(options.ipv4, options.ipv6, options.seconds);
    Napi::Object result = Napi::Object::New(env);
    result.Set("duration", number(env, watch.seconds()));
    result.Set("cpuSeconds", number(env, watch.cpu_seconds()));
    result.Set("received", number(env, copied));
    return result;
  });
}

// benchLive({settings, records, v4In, v6In, seconds, cpu, edits, reloads, check}): LiveResult of
// src/dataplane/bench.ts.
Napi::Value bench_live(const Napi::CallbackInfo& info) {
  return measured(info, [&](Napi::Object given, Options& options) -> Napi::Value {
    const Napi::Env env = info.Env();
    LiveOptions live;
    const auto edits = to_integer(given.Get("edits"), "edits", UINT32_MAX);
    const auto reloads = edits ? to_integer(given.Get("reloads"), "reloads", UINT32_MAX) : std::nullopt;
    const auto check = reloads ? to_boolean(given.Get("check"), "check") : std::nullopt;
    const auto records = check ? to_records(given.Get("records")) : std::nullopt;
    if (!records) return {};
    live.edits = *edits;
    live.reloads = *reloads;
    live.check = *check;
    live.seconds = options.seconds;
    LiveResult run;
    const std::string problem =
        run_live(options.settings, records->data, records->count, options.ipv4, options.ipv6, live, run);
    if (!problem.empty()) {
      throw_coded_error(env, "EPCAP", problem);
      return {};
    }
    Napi::Object result = Napi::Object::New(env);
    result.Set("duration", number(env, run.seconds));
    result.Set("cpuSeconds", number(env, run.cpu_seconds));
    result.Set("received", number(env, run.received));
    result.Set("edits", number(env, run.edits));
    result.Set("reloads", number(env, run.reloads));
    result.Set("reloadSeconds", number(env, run.reload_seconds));
    result.Set("wrong", number(env, run.wrong));
    result.Set("marked", number(env, run.marked));
    return result;
  });
}

}  // namespace

void init_bench(Napi::Env env, Napi::Object exports) {
  exports.Set("bench", Napi::Function::New(env, bench, "bench"));
  exports.Set("benchCopy", Napi::Function::New(env, bench_copy, "benchCopy"));
  exports.Set("benchLive", Napi::Function::New(env, bench_live, "benchLive"));
}

}  // namespace lwaftr::addon
