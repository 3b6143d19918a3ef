// The compiled schema as plain JavaScript objects, all of it in one call.
#pragma once
#include <libyang/libyang.h>
#include <napi.h>

namespace yang {

// {modules: [{name, prefix, namespace, revision, data: [node…], rpcs: [node…], notifications: [node…]}]} of every
// implemented module; a node is NativeNode of src/schema/native.ts. Choices and cases are flattened.
Napi::Object WalkSchema(Napi::Env env, const ly_ctx* context);

// A leaf's type: NativeType of src/schema/native.ts.
Napi::Object WalkType(Napi::Env env, const lysc_type* type);

}  // namespace yang
