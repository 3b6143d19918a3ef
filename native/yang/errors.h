// libyang's errors as JavaScript objects. libyang keeps them in the context; its log prints nothing.
#pragma once
#include <libyang/libyang.h>
#include <napi.h>

namespace yang {

// Takes every error stored in the context, oldest first, as an array of YangError (src/schema/native.ts), and forgets
// them.
Napi::Array TakeErrors(Napi::Env env, const ly_ctx* context);

// The same as one line, for failures that are nobody's input: modules missing, out of memory.
std::string TakeErrorText(const ly_ctx* context);

}  // namespace yang
