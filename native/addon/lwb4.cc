// startB4 of src/dataplane/native-b4.ts: a userspace lwB4 on a thread of its own.
#include "io/lwb4.h"

#include <arpa/inet.h>
#include <napi.h>

#include <cstring>

#include "convert.h"
#include "module.h"

namespace lwaftr::addon {

namespace {

template <typename Address>
bool read_address(Napi::Object options, const char* name, int family, Address* address) {
  auto text = to_string(options.Get(name), name);
  if (!text) return false;
  if (inet_pton(family, text->c_str(), address->data()) == 1) return true;
  throw_type_error(options.Env(), std::string(name) + " is no address: " + *text);
  return false;
}

template <typename Integer>
bool read_integer(Napi::Object options, const char* name, uint64_t max, Integer* value) {
  auto number = to_integer(options.Get(name), name, max);
  if (number) *value = static_cast<Integer>(*number);
  return number.has_value();
}

bool read_options(Napi::Object object, Lwb4Options* options) {
  auto tun = to_string(object.Get("tun"), "tun");
  if (!tun || !read_integer(object, "mtu", 65535, &options->mtu) ||
      !read_address(object, "local", AF_INET6, &options->local) ||
      !read_address(object, "borderRelay", AF_INET6, &options->border_relay) ||
      !read_integer(object, "psid", 65535, &options->psid) ||
      !read_integer(object, "psidLength", 16, &options->port_set.psid_length) ||
      !read_integer(object, "reservedPortsBitCount", 16, &options->port_set.reserved_ports_bit_count)) {
    return false;
  }
  options->tun = *tun;
  if (options->port_set.psid_length + options->port_set.reserved_ports_bit_count > 16 ||
      options->psid >> options->port_set.psid_length != 0) {
    throw_range_error(object.Env(), "no such port set");
    return false;
  }
  if (member(object, "address") && !read_address(object, "address", AF_INET, &options->address.emplace())) return false;
  return !member(object, "publicIpv4") || read_address(object, "publicIpv4", AF_INET, &options->public_ipv4.emplace());
}

// Starts it; the answer stops it: {ports, stop()}.
Napi::Value start_b4(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  if (!info[0].IsObject()) {
    throw_type_error(env, "options must be an object");
    return {};
  }
  Lwb4Options options;
  if (!read_options(info[0].As<Napi::Object>(), &options)) return {};
  OpenError error;
  std::unique_ptr<Lwb4> opened = Lwb4::open(options, &error);
  if (!opened) {
    Napi::Error problem = Napi::Error::New(env, error.message);
    problem.Set("code", strerrorname_np(error.number));
    problem.ThrowAsJavaScriptException();
    return {};
  }
  std::shared_ptr<Lwb4> b4 = std::move(opened);
  b4->start();
  Napi::Object handle = Napi::Object::New(env);
  handle.Set("ports", static_cast<double>(b4->ports()));
  handle.Set("stop", Napi::Function::New(env, [b4](const Napi::CallbackInfo& call) {
               b4->stop();
               return call.Env().Undefined();
             }));
  return handle;
}

}  // namespace

void init_lwb4(Napi::Env env, Napi::Object exports) {
  exports.Set("startB4", Napi::Function::New(env, start_b4, "startB4"));
}

}  // namespace lwaftr::addon
