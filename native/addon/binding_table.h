// BindingTable as JavaScript holds it: the writer's side.
#pragma once
#include <napi.h>

#include <memory>
#include <optional>

#include "core/binding_table_writer.h"

namespace lwaftr::addon {

// Softwire records in a Uint8Array, or nothing after throwing.
struct Records {
  const SoftwireRecord* data;
  size_t count;
};
std::optional<Records> to_records(Napi::Value value);

class BindingTableHandle : public Napi::ObjectWrap<BindingTableHandle> {
 public:
  static Napi::Function define(Napi::Env env);
  explicit BindingTableHandle(const Napi::CallbackInfo& info);
  // The table of a JavaScript value, or null after throwing a TypeError. It lives as long as the value and is not
  // closed.
  static const BindingTable* table_of(Napi::Value value);

 private:
  static Napi::Value create(const Napi::CallbackInfo& info);
  static Napi::Value in_order(const Napi::CallbackInfo& info);
  Napi::Value build(const Napi::CallbackInfo& info);
  Napi::Value check(const Napi::CallbackInfo& info);
  Napi::Value prepare(const Napi::CallbackInfo& info);
  Napi::Value apply(const Napi::CallbackInfo& info);
  Napi::Value get(const Napi::CallbackInfo& info);
  Napi::Value scan(const Napi::CallbackInfo& info);
  Napi::Value rank(const Napi::CallbackInfo& info);
  Napi::Value nth(const Napi::CallbackInfo& info);
  Napi::Value port_set(const Napi::CallbackInfo& info);
  Napi::Value close(const Napi::CallbackInfo& info);
  Napi::Value size(const Napi::CallbackInfo& info);
  Napi::Value memory(const Napi::CallbackInfo& info);
  Napi::Value wasted(const Napi::CallbackInfo& info);

  // Null after throwing: the table was closed.
  BindingTableWriter* open_writer(Napi::Env env);

  std::unique_ptr<BindingTableWriter> writer_;
};

}  // namespace lwaftr::addon
