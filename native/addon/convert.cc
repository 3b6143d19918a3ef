#include "convert.h"

#include <uv.h>

#include <cmath>

namespace lwaftr::addon {

std::nullopt_t throw_type_error(Napi::Env env, const std::string& message) {
  if (!env.IsExceptionPending()) Napi::TypeError::New(env, message).ThrowAsJavaScriptException();
  return std::nullopt;
}

std::nullopt_t throw_range_error(Napi::Env env, const std::string& message) {
  if (!env.IsExceptionPending()) Napi::RangeError::New(env, message).ThrowAsJavaScriptException();
  return std::nullopt;
}

std::nullopt_t throw_coded_error(Napi::Env env, const char* code, const std::string& message) {
  Napi::Error error = Napi::Error::New(env, message);
  error.Set("code", Napi::String::New(env, code));
  error.ThrowAsJavaScriptException();
  return std::nullopt;
}

std::nullopt_t throw_system_error(Napi::Env env, int error_number, const std::string& doing) {
  const int code = uv_translate_sys_error(error_number);
  Napi::Error error = Napi::Error::New(env, doing + ": " + uv_strerror(code));
  error.Set("code", Napi::String::New(env, uv_err_name(code)));
  error.Set("errno", Napi::Number::New(env, code));
  error.ThrowAsJavaScriptException();
  return std::nullopt;
}

std::optional<uint64_t> to_integer(Napi::Value value, const char* what, uint64_t max) {
  if (value.IsEmpty()) return std::nullopt;
  if (!value.IsNumber()) return throw_type_error(value.Env(), std::string(what) + " must be a number");
  const double number = value.As<Napi::Number>().DoubleValue();
  if (!(number >= 0 && number <= static_cast<double>(max)) || number != std::floor(number))
    return throw_range_error(value.Env(), std::string(what) + " must be an integer from 0 to " + std::to_string(max));
  return static_cast<uint64_t>(number);
}

std::optional<bool> to_boolean(Napi::Value value, const char* what) {
  if (value.IsEmpty()) return std::nullopt;
  if (!value.IsBoolean()) return throw_type_error(value.Env(), std::string(what) + " must be a boolean");
  return value.As<Napi::Boolean>().Value();
}

std::optional<std::string> to_string(Napi::Value value, const char* what) {
  if (value.IsEmpty()) return std::nullopt;
  if (!value.IsString()) return throw_type_error(value.Env(), std::string(what) + " must be a string");
  return value.As<Napi::String>().Utf8Value();
}

std::optional<Napi::Value> member(Napi::Object object, const char* name) {
  Napi::Value value = object.Get(name);
  if (value.IsEmpty() || value.IsUndefined() || value.IsNull()) return std::nullopt;
  return value;
}

}  // namespace lwaftr::addon
