// The addon `yang`: a libyang context as a JavaScript object, and the fast reader of softwires in text. libyang has
// process-wide state, hence one thread only.
#include <libyang/libyang.h>
#include <napi.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "convert.h"
#include "errors.h"
#include "library.h"
#include "schema_walk.h"
#include "softwire_text.h"

namespace {

// libyang 2.1 has a plugin for RFC 8341's node-instance-identifier that insists on every key and refuses $USER, both of
// which the type allows. It is a string with a meaning; the meaning is checked where it is used
// (src/config-server/nacm).
void UseStringForRulePaths(const ly_ctx* context) {
  auto leaf = [&](const char* path) {
    return reinterpret_cast<const lysc_node_leaf*>(lys_find_path(context, nullptr, path, 0));
  };
  const auto* path = leaf("/ietf-netconf-acm:nacm/rule-list/rule/path");
  const auto* string = leaf("/ietf-netconf-acm:nacm/rule-list/rule/comment");
  if (path && string) path->type->plugin = string->type->plugin;
}

class Context : public Napi::ObjectWrap<Context> {
 public:
  static Napi::Function Define(Napi::Env env) {
    return DefineClass(env, "Context",
                       {InstanceMethod<&Context::Load>("load"), InstanceMethod<&Context::Schema>("schema"),
                        InstanceMethod<&Context::Convert>("convert"), InstanceMethod<&Context::Library>("library"),
                        InstanceMethod<&Context::Source>("source")});
  }

  // new Context(searchDirectory)
  explicit Context(const Napi::CallbackInfo& info) : Napi::ObjectWrap<Context>(info) {
    std::string directory = info[0].ToString();
    uint16_t options = LY_CTX_DISABLE_SEARCHDIR_CWD | LY_CTX_SET_PRIV_PARSED;
    if (ly_ctx_new(directory.c_str(), options, &context_) != LY_SUCCESS)
      Napi::Error::New(info.Env(), "libyang cannot use " + directory).ThrowAsJavaScriptException();
  }

  ~Context() override { ly_ctx_destroy(context_); }

 private:
  // load(module, features?): loads and compiles the newest revision found, with those features and no others.
  Napi::Value Load(const Napi::CallbackInfo& info) {
    std::string name = info[0].ToString();
    std::vector<std::string> features;
    if (info[1].IsArray())
      for (uint32_t i = 0; i < info[1].As<Napi::Array>().Length(); i++)
        features.push_back(info[1].As<Napi::Array>().Get(i).ToString());
    std::vector<const char*> names;
    for (const std::string& feature : features) names.push_back(feature.c_str());
    names.push_back(nullptr);
    if (!ly_ctx_load_module(context_, name.c_str(), nullptr, names.data()))
      Napi::Error::New(info.Env(), "module " + name + ": " + yang::TakeErrorText(context_))
          .ThrowAsJavaScriptException();
    if (ly_ctx_get_module_implemented(context_, "ietf-netconf-acm")) UseStringForRulePaths(context_);
    return info.Env().Undefined();
  }

  Napi::Value Schema(const Napi::CallbackInfo& info) { return yang::WalkSchema(info.Env(), context_); }

  // convert(data, options): {data} or {errors}. Options are ConvertOptions of src/schema/native.ts.
  Napi::Value Convert(const Napi::CallbackInfo& info) {
    Napi::Env env = info.Env();
    std::string data = info[0].ToString();
    Napi::Object options = info[1].ToObject();
    auto text = [&](const char* name) {
      Napi::Value value = options.Get(name);
      return value.IsString() ? value.As<Napi::String>().Utf8Value() : std::string();
    };
    auto flag = [&](const char* name) { return options.Get(name).ToBoolean().Value(); };
    yang::Conversion conversion;
    conversion.from = text("from") == "xml" ? LYD_XML : LYD_JSON;
    conversion.to = text("to") == "xml" ? LYD_XML : LYD_JSON;
    conversion.parent = text("parent");
    conversion.config_only = flag("configOnly");
    conversion.operation = flag("operation");
    conversion.validate = !flag("incomplete");
    conversion.shrink = !flag("pretty");
    std::string defaults = text("defaults");
    if (defaults == "report-all") conversion.with_defaults = LYD_PRINT_WD_ALL;
    if (defaults == "trim") conversion.with_defaults = LYD_PRINT_WD_TRIM;
    Napi::Object result = Napi::Object::New(env);
    std::string out;
    if (yang::Convert(context_, data, conversion, &out))
      result["data"] = Napi::String::New(env, out);
    else
      result["errors"] = yang::TakeErrors(env, context_);
    return result;
  }

  // library(): JSON of ietf-yang-library, as libyang describes what it has loaded.
  Napi::Value Library(const Napi::CallbackInfo& info) {
    std::string out;
    if (!yang::DescribeLibrary(context_, &out))
      Napi::Error::New(info.Env(), "yang library: " + yang::TakeErrorText(context_)).ThrowAsJavaScriptException();
    return Napi::String::New(info.Env(), out);
  }

  // source(name, revision?): YANG text of a module or submodule that is loaded, null for any other.
  Napi::Value Source(const Napi::CallbackInfo& info) {
    std::string name = info[0].ToString();
    std::string revision = info[1].IsString() ? info[1].ToString() : std::string();
    std::string out;
    if (!yang::PrintSource(context_, name, revision, &out)) return info.Env().Null();
    return Napi::String::New(info.Env(), out);
  }

  ly_ctx* context_ = nullptr;
};

// JavaScript's from now on: a million are not copied.
Napi::Value ToValue(Napi::Env env, std::vector<lwaftr::SoftwireRecord> records) {
  const size_t size = records.size() * sizeof records[0];
  if (size == 0) return Napi::Uint8Array::New(env, 0);
  auto* owner = new std::vector(std::move(records));
  auto free = [](Napi::Env, void*, std::vector<lwaftr::SoftwireRecord>* owner) { delete owner; };
  return Napi::Uint8Array::New(env, size, Napi::ArrayBuffer::New(env, owner->data(), size, free, owner), 0);
}

// readSoftwires(text, at): {end, records, offsets}, see softwire_text.h.
Napi::Value ReadSoftwires(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const double at = info[1].IsNumber() ? info[1].As<Napi::Number>().DoubleValue() : -1;
  if (!info[0].IsBuffer() || !(at >= 0 && at <= static_cast<double>(info[0].As<Napi::Buffer<uint8_t>>().Length()))) {
    Napi::TypeError::New(env, "readSoftwires takes a buffer and an offset in it").ThrowAsJavaScriptException();
    return {};
  }
  const auto text = info[0].As<Napi::Buffer<uint8_t>>();
  yang::PlainSoftwires read = yang::ReadPlainSoftwires(text.Data(), text.Length(), static_cast<size_t>(at));
  auto offsets = Napi::Uint32Array::New(env, read.offsets.size());
  std::copy(read.offsets.begin(), read.offsets.end(), offsets.Data());
  Napi::Object result = Napi::Object::New(env);
  result["offsets"] = offsets;
  result["end"] = Napi::Number::New(env, static_cast<double>(read.end));
  result["records"] = ToValue(env, std::move(read.records));
  return result;
}

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  ly_log_options(LY_LOSTORE);  // errors are kept for us to fetch, nothing is printed
  ly_log_level(LY_LLERR);
  exports["Context"] = Context::Define(env);
  exports["readSoftwires"] = Napi::Function::New(env, ReadSoftwires, "readSoftwires");
  return exports;
}

}  // namespace

NODE_API_MODULE(yang, Init)
