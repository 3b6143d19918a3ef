// startLoad of src/dataplane/load.ts: a load test on a thread of its own.
#include <arpa/inet.h>

#include <array>
#include <memory>
#include <vector>

#include "binding_table.h"
#include "convert.h"
#include "io/open_device.h"
#include "link_part.h"
#include "load/load_thread.h"
#include "module.h"
#include "settings.h"

namespace lwaftr::addon {
namespace {

using Devices = std::array<std::unique_ptr<Device>, kPortCount>;

Napi::Number number(Napi::Env env, uint64_t value) { return Napi::Number::New(env, static_cast<double>(value)); }

std::optional<LoadFrames> to_frames(Napi::Object options, const Settings& settings) {
  const Napi::Env env = options.Env();
  const auto records = to_records(options.Get("softwires"));
  const auto host = to_string(options.Get("host"), "host");
  const auto run = to_integer(options.Get("run"), "run", 65535);
  if (!records || !host || !run) return std::nullopt;
  Ipv4Address address;
  if (inet_pton(AF_INET, host->c_str(), address.data()) != 1)
    return throw_type_error(env, "host must be an IPv4 address");
  if (records->count == 0) return throw_range_error(env, "there are no softwires");
  if (!options.Get("sizes").IsArray()) return throw_type_error(env, "sizes must be an array");
  const auto given = options.Get("sizes").As<Napi::Array>();
  std::vector<uint32_t> sizes;
  for (uint32_t i = 0; i < given.Length(); i++) {
    const auto size = to_integer(given.Get(i), "sizes", Packet::kMaxFrame - LoadFrames::kTunnel);
    if (!size) return std::nullopt;
    if (*size < LoadFrames::kSmallest) return throw_range_error(env, "a size is too small for the stamp");
    sizes.push_back(static_cast<uint32_t>(*size));
  }
  if (sizes.empty()) return throw_range_error(env, "there are no sizes");
  const std::vector<SoftwireRecord> softwires(records->data, records->data + records->count);
  return LoadFrames(settings, address, softwires, sizes, static_cast<uint16_t>(*run));
}

// What the tester receives of its links: what is for its MACs, for who is attached to its passthru, and for all.
LinkPart part_of(const Settings& settings) {
  LinkPart part;
  part.hardware_queues = {0};
  const auto add = [&part](const MacAddress& mac, const VlanTag& vlan) {
    part.share.stations.push_back({mac});
    part.stations.emplace(mac, vlan);
    part.share.tagged = part.share.tagged || vlan;
  };
  add(settings.external_interface.mac, settings.external_interface.vlan_tag);
  add(settings.internal_interface.mac, settings.internal_interface.vlan_tag);
  if (settings.passthru_interface) part.share.stations.push_back({settings.passthru_interface->mac, 0, 1, true});
  return part;
}

// Opens and starts the device of a port. False after throwing.
bool open_port(Napi::Env env, Port port, const DeviceName& name, const Settings& settings, Devices& devices,
               std::string* how) {
  OpenError error;
  bool created = false;
  auto device = port == Port::passthru
                    ? open_passthru_device(name, *settings.passthru_interface, true, &created, &error)
                    : open_link_device(name, part_of(settings), how, &error);
  if (device) device->start(&error);
  if (!device || error.number) {
    throw_open_error(env, name.name, error);
    return false;
  }
  if (created) device->remove_when_closed();
  devices[static_cast<size_t>(port)] = std::move(device);
  return true;
}

bool open_devices(Napi::Object options, const Settings& settings, Devices& devices, std::string* how) {
  const Napi::Env env = options.Env();
  const auto driver = to_driver(options.Get("driver"));
  const auto internal = to_string(options.Get("internal"), "internal");
  if (!driver || !internal) return false;
  if (!open_port(env, Port::internal, {*driver, *internal, ""}, settings, devices, how)) return false;
  if (const auto external = member(options, "external")) {
    const auto name = to_string(*external, "external");
    if (!name || !open_port(env, Port::external, {*driver, *name, ""}, settings, devices, how)) return false;
  }
  const auto passthru = member(options, "passthru");
  if (!passthru || !settings.passthru_interface) return true;
  const auto name = to_string(*passthru, "passthru");
  return name && open_port(env, Port::passthru, {*driver, *name, ""}, settings, devices, how);
}

// LoadDirection of load.ts.
Napi::Object to_value(Napi::Env env, const LoadMeter::Totals& totals) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("sent", number(env, totals.sent));
  object.Set("unsent", number(env, totals.unsent));
  object.Set("received", number(env, totals.received));
  object.Set("bytes", number(env, totals.bytes));
  object.Set("duplicates", number(env, totals.duplicates));
  object.Set("reordered", number(env, totals.reordered));
  object.Set("expected", number(env, totals.expected));
  return object;
}

Napi::Value totals_of(const Napi::CallbackInfo& info, const LoadThread& load) {
  const LoadThread::Totals totals = load.totals();
  Napi::Object object = Napi::Object::New(info.Env());
  object.Set("encap", to_value(info.Env(), totals.sides[static_cast<size_t>(Side::external)]));
  object.Set("decap", to_value(info.Env(), totals.sides[static_cast<size_t>(Side::internal)]));
  object.Set("unexpected", number(info.Env(), totals.unexpected));
  object.Set("kernelDrops", number(info.Env(), totals.kernel_drops));
  return object;
}

Napi::Float64Array counts_of(Napi::Env env, const LatencyHistogram& histogram) {
  Napi::Float64Array counts = Napi::Float64Array::New(env, LatencyHistogram::kBuckets);
  for (size_t i = 0; i < LatencyHistogram::kBuckets; i++) counts[i] = static_cast<double>(histogram.count(i));
  return counts;
}

Napi::Value bounds(const Napi::CallbackInfo& info) {
  Napi::Float64Array bounds = Napi::Float64Array::New(info.Env(), LatencyHistogram::kBuckets);
  for (size_t i = 0; i < LatencyHistogram::kBuckets; i++) bounds[i] = static_cast<double>(LatencyHistogram::bound(i));
  return bounds;
}

Napi::Value start_load(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  if (!info[0].IsObject()) {
    throw_type_error(env, "options must be an object");
    return {};
  }
  const auto options = info[0].As<Napi::Object>();
  const auto settings = to_settings(options.Get("settings"));
  if (!settings) return {};
  auto frames = to_frames(options, *settings);
  if (!frames) return {};
  int cpu = -1;
  if (const auto given = member(options, "cpu")) {
    const auto number = to_integer(*given, "cpu", 1023);
    if (!number) return {};
    cpu = static_cast<int>(*number);
  }
  Devices devices;
  std::string how;
  if (!open_devices(options, *settings, devices, &how)) return {};
  auto load = std::make_shared<LoadThread>(*settings, std::move(*frames), std::move(devices));
  if (const int problem = load->start(cpu)) {
    throw_system_error(env, problem, "cannot pin a thread to CPU " + std::to_string(cpu));
    return {};
  }
  using Call = Napi::CallbackInfo;
  Napi::Object handle = Napi::Object::New(env);
  handle.Set("driver", how);
  handle.Set("setRate", Napi::Function::New(env, [load](const Call& call) {
               if (const auto rate = to_integer(call[0], "rate", 1ull << 40)) load->set_rate(*rate);
             }));
  handle.Set("totals", Napi::Function::New(env, [load](const Call& call) { return totals_of(call, *load); }));
  handle.Set("latency", Napi::Function::New(env, [load](const Call& call) {
               Napi::Object object = Napi::Object::New(call.Env());
               object.Set("encap", counts_of(call.Env(), load->latency(Side::external)));
               object.Set("decap", counts_of(call.Env(), load->latency(Side::internal)));
               return object;
             }));
  handle.Set("stop", Napi::Function::New(env, [load](const Call&) { load->stop(); }));
  return handle;
}

}  // namespace

void init_load(Napi::Env env, Napi::Object exports) {
  exports.Set("startLoad", Napi::Function::New(env, start_load, "startLoad"));
  exports.Set("latencyBounds", Napi::Function::New(env, bounds, "latencyBounds"));
}

}  // namespace lwaftr::addon
