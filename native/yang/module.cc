// The addon `yang`: a libyang context as a JavaScript object. libyang has process-wide state, hence one thread only.
#include <libyang/libyang.h>
#include <napi.h>

#include <string>

#include "convert.h"
#include "errors.h"
#include "schema_walk.h"

namespace {

class Context : public Napi::ObjectWrap<Context> {
 public:
  static Napi::Function Define(Napi::Env env) {
    return DefineClass(
        env, "Context",
        {InstanceMethod<&Context::Load>("load"), InstanceMethod<&Context::Schema>("schema"),
         InstanceMethod<&Context::Convert>("convert"), InstanceMethod<&Context::ModuleText>("moduleText")});
  }

  // new Context(searchDirectory)
  explicit Context(const Napi::CallbackInfo& info) : Napi::ObjectWrap<Context>(info) {
    std::string directory = info[0].ToString();
    uint16_t options = LY_CTX_NO_YANGLIBRARY | LY_CTX_DISABLE_SEARCHDIR_CWD | LY_CTX_SET_PRIV_PARSED;
    if (ly_ctx_new(directory.c_str(), options, &context_) != LY_SUCCESS)
      Napi::Error::New(info.Env(), "libyang cannot use " + directory).ThrowAsJavaScriptException();
  }

  ~Context() override { ly_ctx_destroy(context_); }

 private:
  // load(module, features): loads and compiles the newest revision found.
  Napi::Value Load(const Napi::CallbackInfo& info) {
    std::string name = info[0].ToString();
    std::vector<std::string> features;
    std::vector<const char*> pointers;
    if (info[1].IsArray()) {
      Napi::Array given = info[1].As<Napi::Array>();
      for (uint32_t i = 0; i < given.Length(); i++) features.push_back(given.Get(i).ToString());
    }
    for (const std::string& feature : features) pointers.push_back(feature.c_str());
    pointers.push_back(nullptr);
    if (!ly_ctx_load_module(context_, name.c_str(), nullptr, pointers.data()))
      Napi::Error::New(info.Env(), "module " + name + ": " + yang::TakeErrorText(context_))
          .ThrowAsJavaScriptException();
    return info.Env().Undefined();
  }

  Napi::Value Schema(const Napi::CallbackInfo& info) { return yang::WalkSchema(info.Env(), context_); }

  // moduleText(name): the module as YANG text, or null when it is not loaded.
  Napi::Value ModuleText(const Napi::CallbackInfo& info) {
    const lys_module* module = ly_ctx_get_module_latest(context_, info[0].ToString().Utf8Value().c_str());
    if (!module) return info.Env().Null();
    char* text = nullptr;
    lys_print_mem(&text, module, LYS_OUT_YANG, 0);
    Napi::String result = Napi::String::New(info.Env(), text ? text : "");
    std::free(text);
    return result;
  }

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
    conversion.validate = !flag("incomplete");
    conversion.shrink = !flag("pretty");
    std::string defaults = text("defaults");
    if (defaults == "report-all") conversion.with_defaults = LYD_PRINT_WD_ALL;
    if (defaults == "report-all-tagged") conversion.with_defaults = LYD_PRINT_WD_ALL_TAG;
    if (defaults == "trim") conversion.with_defaults = LYD_PRINT_WD_TRIM;
    Napi::Object result = Napi::Object::New(env);
    std::string out;
    if (yang::Convert(context_, data, conversion, &out))
      result["data"] = Napi::String::New(env, out);
    else
      result["errors"] = yang::TakeErrors(env, context_);
    return result;
  }

  ly_ctx* context_ = nullptr;
};

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  ly_log_options(LY_LOSTORE);  // errors are kept for us to fetch, nothing is printed
  ly_log_level(LY_LLERR);
  exports["Context"] = Context::Define(env);
  return exports;
}

}  // namespace

NODE_API_MODULE(yang, Init)
