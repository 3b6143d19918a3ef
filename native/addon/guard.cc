// What keeps processes apart: a worker's confinement, and who is at the other end of a Unix socket. native-guard.ts
// says the same in TypeScript.
#include <napi.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "convert.h"
#include "io/landlock.h"
#include "io/seccomp.h"
#include "module.h"

namespace lwaftr::addon {
namespace {

std::optional<std::vector<std::string>> to_paths(Napi::Value value, const char* what) {
  if (!value.IsArray()) return throw_type_error(value.Env(), std::string(what) + " must be an array");
  const auto array = value.As<Napi::Array>();
  std::vector<std::string> paths;
  for (uint32_t i = 0; i < array.Length(); i++) {
    auto path = to_string(array.Get(i), what);
    if (!path) return std::nullopt;
    paths.push_back(*path);
  }
  return paths;
}

Napi::Value confine(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  if (!info[0].IsObject()) {
    throw_type_error(env, "files must be an object");
    return {};
  }
  const auto options = info[0].As<Napi::Object>();
  auto readable = to_paths(options.Get("readable"), "readable");
  if (!readable) return {};
  auto shared = to_paths(options.Get("shared"), "shared");
  if (!shared) return {};
  auto writable = to_paths(options.Get("writable"), "writable");
  if (!writable) return {};
  Napi::Array problems = Napi::Array::New(env);
  const auto note = [&](const char* what, int problem) {
    if (problem != 0) problems.Set(problems.Length(), std::string(what) + ": " + strerror(problem));
  };
  note("its files (Landlock)", confine_files({std::move(*readable), std::move(*shared), std::move(*writable)}));
  note("its system calls (seccomp)", confine_process());
  return problems;
}

Napi::Value refuse_new_rings_of(const Napi::CallbackInfo& info) {
  const int problem = refuse_new_rings();
  return problem == 0 ? info.Env().Null() : Napi::String::New(info.Env(), strerror(problem)).As<Napi::Value>();
}

Napi::Value bind_socket(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const auto path = to_string(info[0], "path");
  if (!path) return {};
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const auto fail = [&](int problem) {
    throw_system_error(env, problem, "cannot make the socket " + *path);
    return Napi::Value();
  };
  if (path->size() >= sizeof address.sun_path) return fail(ENAMETOOLONG);
  path->copy(address.sun_path, path->size());
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return fail(errno);
  if (bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 && chmod(path->c_str(), 0600) == 0) {
    return Napi::Number::New(env, fd);
  }
  const int problem = errno;
  close(fd);
  return fail(problem);
}

Napi::Value peer_credentials(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  auto fd = to_integer(info[0], "fd", INT32_MAX);
  if (!fd) return {};
  ucred peer{};
  socklen_t length = sizeof peer;
  if (getsockopt(static_cast<int>(*fd), SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0 || peer.pid <= 0) {
    return env.Null();
  }
  Napi::Object object = Napi::Object::New(env);
  object.Set("pid", peer.pid);
  object.Set("uid", peer.uid);
  return object;
}

}  // namespace

void init_guard(Napi::Env env, Napi::Object exports) {
  exports.Set("confine", Napi::Function::New(env, confine, "confine"));
  exports.Set("refuseNewRings", Napi::Function::New(env, refuse_new_rings_of, "refuseNewRings"));
  exports.Set("bindSocket", Napi::Function::New(env, bind_socket, "bindSocket"));
  exports.Set("peerCredentials", Napi::Function::New(env, peer_credentials, "peerCredentials"));
}

}  // namespace lwaftr::addon
