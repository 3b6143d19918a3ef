#include "core/replay.h"

#include <cstring>
#include <memory>

#include "binding_table.h"
#include "convert.h"
#include "module.h"
#include "settings.h"

namespace lwaftr::addon {
namespace {

// replay({settings, table, v4In, v6In, v4Out, v6Out}): the counters as a BigUint64Array. A file that cannot be read or
// written throws an Error with code EPCAP, whose message names it.
Napi::Value replay(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (!info[0].IsObject()) {
    throw_type_error(env, "options must be an object");
    return {};
  }
  const auto options = info[0].As<Napi::Object>();
  const auto settings = to_settings(options.Get("settings"));
  if (!settings) return {};
  const BindingTable* table = BindingTableHandle::table_of(options.Get("table"));
  if (!table) return {};
  ReplayFiles files;
  for (auto [name, file] : {std::pair{"v4In", &files.ipv4_in},
                            {"v6In", &files.ipv6_in},
                            {"v4Out", &files.ipv4_out},
                            {"v6Out", &files.ipv6_out}}) {
    const auto path = to_string(options.Get(name), name);
    if (!path) return {};
    *file = *path;
  }
  const auto counters = std::make_unique<Counters>();
  const std::string problem = lwaftr::replay(*settings, *table, settings->on_a_stick, files, *counters);
  if (!problem.empty()) {
    throw_coded_error(env, "EPCAP", problem);
    return {};
  }
  auto values = Napi::BigUint64Array::New(env, kCounterCount);
  for (size_t i = 0; i < kCounterCount; i++) values[i] = counters->get(static_cast<Counter>(i));
  return values;
}

}  // namespace

void init_replay(Napi::Env env, Napi::Object exports) {
  exports.Set("replay", Napi::Function::New(env, replay, "replay"));
}

}  // namespace lwaftr::addon
