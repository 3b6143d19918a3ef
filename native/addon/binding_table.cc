#include "binding_table.h"

#include <cstring>

#include "convert.h"
#include "module.h"

namespace lwaftr::addon {

std::optional<Records> to_records(Napi::Value value) {
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != napi_uint8_array)
    return throw_type_error(value.Env(), "softwire records must be a Uint8Array");
  const auto bytes = value.As<Napi::Uint8Array>();
  if (bytes.ByteLength() % sizeof(SoftwireRecord))
    return throw_range_error(value.Env(), "softwire records are 48 bytes each");
  if (reinterpret_cast<uintptr_t>(bytes.Data()) % alignof(SoftwireRecord))
    return throw_range_error(value.Env(), "softwire records must start at an even offset");
  return Records{reinterpret_cast<const SoftwireRecord*>(bytes.Data()), bytes.ByteLength() / sizeof(SoftwireRecord)};
}

namespace {

Napi::Value to_value(Napi::Env env, const SoftwireRecord* records, size_t count) {
  auto bytes = Napi::Uint8Array::New(env, count * sizeof(SoftwireRecord));
  if (!bytes.IsEmpty() && count) std::memcpy(bytes.Data(), records, count * sizeof(SoftwireRecord));
  return bytes;
}

Napi::Value to_value(Napi::Env env, const RuleBreach& breach) {
  static constexpr const char* kNames[] = {"", "duplicate", "port-set", "psid-range", "psid-length", "br-address"};
  if (breach.rule == Rule::none) return env.Null();
  Napi::Object object = Napi::Object::New(env);
  object.Set("rule", kNames[static_cast<size_t>(breach.rule)]);
  object.Set("index", Napi::Number::New(env, static_cast<double>(breach.index)));
  object.Set("other",
             breach.other ? Napi::Number::New(env, static_cast<double>(*breach.other)).As<Napi::Value>() : env.Null());
  return object;
}

constexpr const char* kNoMemory = "cannot allocate memory for softwires";

}  // namespace

Napi::Function BindingTableHandle::define(Napi::Env env) {
  using H = BindingTableHandle;
  Napi::Function constructor = DefineClass(
      env, "BindingTable",
      {StaticMethod<&H::create>("create"), StaticMethod<&H::in_order>("inOrder"), InstanceMethod<&H::build>("build"),
       InstanceMethod<&H::check>("check"), InstanceMethod<&H::prepare>("prepare"), InstanceMethod<&H::apply>("apply"),
       InstanceMethod<&H::get>("get"), InstanceMethod<&H::scan>("scan"), InstanceMethod<&H::rank>("rank"),
       InstanceMethod<&H::nth>("nth"), InstanceMethod<&H::port_set>("portSet"),
       InstanceMethod<&H::close>("close"), InstanceAccessor<&H::size>("size"), InstanceAccessor<&H::memory>("memory"),
       InstanceAccessor<&H::wasted>("wasted")});
  env.GetInstanceData<AddonData>()->binding_table = Napi::Persistent(constructor);
  return constructor;
}

BindingTableHandle::BindingTableHandle(const Napi::CallbackInfo& info) : Napi::ObjectWrap<BindingTableHandle>(info) {
  std::string path;
  if (!info[0].IsNull()) {
    const auto given = to_string(info[0], "path");
    if (!given) return;
    if (given->empty()) {
      throw_type_error(info.Env(), "path must not be empty");
      return;
    }
    path = *given;
  }
  auto writer = std::make_unique<BindingTableWriter>();
  if (const int failure = writer->create(path)) {
    throw_system_error(info.Env(), failure, "cannot create binding table " + path);
    return;
  }
  writer_ = std::move(writer);
}

Napi::Value BindingTableHandle::create(const Napi::CallbackInfo& info) {
  const Napi::Value path = info[0];
  return info.Env().GetInstanceData<AddonData>()->binding_table.New({path});
}

Napi::Value BindingTableHandle::in_order(const Napi::CallbackInfo& info) {
  const auto records = to_records(info[0]);
  if (!records) return {};
  const SortedRecords sorted(records->data, records->count);
  if (sorted.as_given()) return info[0];
  std::vector<SoftwireRecord> copy(records->count);
  for (size_t i = 0; i < copy.size(); i++) copy[i] = sorted[i];
  return to_value(info.Env(), copy.data(), copy.size());
}

const BindingTable* BindingTableHandle::table_of(Napi::Value value) {
  const Napi::Env env = value.Env();
  const Napi::Function constructor = env.GetInstanceData<AddonData>()->binding_table.Value();
  if (!value.IsObject() || !value.As<Napi::Object>().InstanceOf(constructor)) {
    throw_type_error(env, "table must be a BindingTable");
    return nullptr;
  }
  BindingTableWriter* writer = Unwrap(value.As<Napi::Object>())->open_writer(env);
  return writer ? &writer->table() : nullptr;
}

BindingTableWriter* BindingTableHandle::open_writer(Napi::Env env) {
  if (!writer_) Napi::Error::New(env, "the binding table is closed").ThrowAsJavaScriptException();
  return writer_.get();
}

Napi::Value BindingTableHandle::build(const Napi::CallbackInfo& info) {
  BindingTableWriter* writer = open_writer(info.Env());
  if (!writer) return {};
  const auto records = to_records(info[0]);
  if (!records) return {};
  if (writer->size()) {
    throw_range_error(info.Env(), "only an empty binding table can be built");
    return {};
  }
  RuleBreach breach;
  if (const int failure = writer->build(records->data, records->count, breach)) {
    throw_system_error(info.Env(), failure, kNoMemory);
    return {};
  }
  return to_value(info.Env(), breach);
}

Napi::Value BindingTableHandle::check(const Napi::CallbackInfo& info) {
  BindingTableWriter* writer = open_writer(info.Env());
  if (!writer) return {};
  const auto edits = to_records(info[0]);
  if (!edits) return {};
  return to_value(info.Env(), writer->check(edits->data, edits->count));
}

Napi::Value BindingTableHandle::prepare(const Napi::CallbackInfo& info) {
  BindingTableWriter* writer = open_writer(info.Env());
  if (!writer) return {};
  const auto edits = to_records(info[0]);
  if (!edits) return {};
  if (const int failure = writer->prepare(edits->data, edits->count))
    throw_system_error(info.Env(), failure, kNoMemory);
  return {};
}

Napi::Value BindingTableHandle::apply(const Napi::CallbackInfo& info) {
  BindingTableWriter* writer = open_writer(info.Env());
  if (!writer) return {};
  const auto edits = to_records(info[0]);
  if (edits) writer->apply(edits->data, edits->count);
  return {};
}

Napi::Value BindingTableHandle::get(const Napi::CallbackInfo& info) {
  BindingTableWriter* writer = open_writer(info.Env());
  if (!writer) return {};
  const auto ipv4 = to_integer(info[0], "ipv4", UINT32_MAX);
  if (!ipv4) return {};
  const auto psid = to_integer(info[1], "psid", UINT16_MAX);
  if (!psid) return {};
  SoftwireRecord record;
  if (!writer->get(static_cast<uint32_t>(*ipv4), static_cast<uint16_t>(*psid), record)) return info.Env().Null();
  return to_value(info.Env(), &record, 1);
}

Napi::Value BindingTableHandle::scan(const Napi::CallbackInfo& info) {
  BindingTableWriter* writer = open_writer(info.Env());
  if (!writer) return {};
  const auto ipv4 = to_integer(info[0], "ipv4", UINT32_MAX);
  if (!ipv4) return {};
  const auto psid = to_integer(info[1], "psid", UINT16_MAX);
  if (!psid) return {};
  const auto limit = to_integer(info[2], "limit", UINT32_MAX);
  if (!limit) return {};
  std::vector<SoftwireRecord> records(std::min<size_t>(*limit, writer->size()));
  const size_t count =
      writer->scan(static_cast<uint32_t>(*ipv4), static_cast<uint16_t>(*psid), records.data(), records.size());
  return to_value(info.Env(), records.data(), count);
}

Napi::Value BindingTableHandle::rank(const Napi::CallbackInfo& info) {
  BindingTableWriter* writer = open_writer(info.Env());
  if (!writer) return {};
  const auto ipv4 = to_integer(info[0], "ipv4", UINT32_MAX);
  if (!ipv4) return {};
  const auto psid = to_integer(info[1], "psid", UINT16_MAX);
  if (!psid) return {};
  const size_t before = writer->rank(static_cast<uint32_t>(*ipv4), static_cast<uint16_t>(*psid));
  return Napi::Number::New(info.Env(), static_cast<double>(before));
}

Napi::Value BindingTableHandle::nth(const Napi::CallbackInfo& info) {
  BindingTableWriter* writer = open_writer(info.Env());
  if (!writer) return {};
  const auto n = to_integer(info[0], "n", UINT32_MAX);
  if (!n) return {};
  SoftwireRecord record;
  if (!writer->nth(*n, record)) return info.Env().Null();
  return to_value(info.Env(), &record, 1);
}

Napi::Value BindingTableHandle::port_set(const Napi::CallbackInfo& info) {
  BindingTableWriter* writer = open_writer(info.Env());
  if (!writer) return {};
  const auto ipv4 = to_integer(info[0], "ipv4", UINT32_MAX);
  if (!ipv4) return {};
  const table::Leaf leaf = writer->leaf(static_cast<uint32_t>(*ipv4));
  if (!leaf.softwires) return info.Env().Null();
  Napi::Object object = Napi::Object::New(info.Env());
  object.Set("psidLength", Napi::Number::New(info.Env(), leaf.port_set.psid_length));
  object.Set("reservedPortsBitCount", Napi::Number::New(info.Env(), leaf.port_set.reserved_ports_bit_count));
  object.Set("softwires", Napi::Number::New(info.Env(), leaf.softwires));
  return object;
}

Napi::Value BindingTableHandle::close(const Napi::CallbackInfo&) {
  writer_.reset();
  return {};
}

Napi::Value BindingTableHandle::size(const Napi::CallbackInfo& info) {
  BindingTableWriter* writer = open_writer(info.Env());
  return writer ? Napi::Number::New(info.Env(), static_cast<double>(writer->size())) : Napi::Value();
}

Napi::Value BindingTableHandle::memory(const Napi::CallbackInfo& info) {
  BindingTableWriter* writer = open_writer(info.Env());
  return writer ? Napi::Number::New(info.Env(), static_cast<double>(writer->memory())) : Napi::Value();
}

Napi::Value BindingTableHandle::wasted(const Napi::CallbackInfo& info) {
  BindingTableWriter* writer = open_writer(info.Env());
  return writer ? Napi::Number::New(info.Env(), static_cast<double>(writer->wasted())) : Napi::Value();
}

void init_binding_table(Napi::Env env, Napi::Object exports) {
  exports.Set("BindingTable", BindingTableHandle::define(env));
}

}  // namespace lwaftr::addon
