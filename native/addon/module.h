// The addon `dataplane`: one init function a file, called by module.cc. Node-API stays in this directory, converting
// only.
#pragma once
#include <napi.h>

namespace lwaftr::addon {

// What the addon keeps for each JavaScript environment.
struct AddonData {
  Napi::FunctionReference binding_table;  // constructor
  Napi::FunctionReference queue;          // constructor
};

void init_bench(Napi::Env env, Napi::Object exports);
void init_binding_table(Napi::Env env, Napi::Object exports);
void init_capture(Napi::Env env, Napi::Object exports);
void init_guard(Napi::Env env, Napi::Object exports);
void init_host(Napi::Env env, Napi::Object exports);
void init_queue(Napi::Env env, Napi::Object exports);
void init_lwb4(Napi::Env env, Napi::Object exports);
void init_load(Napi::Env env, Napi::Object exports);
void init_replay(Napi::Env env, Napi::Object exports);

}  // namespace lwaftr::addon
