// Checked conversion of what comes from JavaScript: a wrong type throws a TypeError (or RangeError) there and gives
// nothing here. There are no C++ exceptions: whoever gets nothing returns to JavaScript at once.
#pragma once
#include <napi.h>

#include <cstdint>
#include <optional>
#include <string>

namespace lwaftr::addon {

// Throws the JavaScript exception; what it returns is for `return`.
std::nullopt_t throw_type_error(Napi::Env env, const std::string& message);
std::nullopt_t throw_range_error(Napi::Env env, const std::string& message);
std::nullopt_t throw_coded_error(Napi::Env env, const char* code, const std::string& message);
// An Error with .code ("ENOSPC") as Node's own have it.
std::nullopt_t throw_system_error(Napi::Env env, int error_number, const std::string& doing);

// `what` names the argument in the message. Integers must lie in [0, max]. An empty value is what an object gives while
// an exception waits: that one stays.
std::optional<uint64_t> to_integer(Napi::Value value, const char* what, uint64_t max);
std::optional<bool> to_boolean(Napi::Value value, const char* what);
std::optional<std::string> to_string(Napi::Value value, const char* what);

// obj[name], if it is there and not undefined or null.
std::optional<Napi::Value> member(Napi::Object object, const char* name);

}  // namespace lwaftr::addon
