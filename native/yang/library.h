// What the context has loaded, described (RFC 8525) and as YANG text.
#pragma once
#include <libyang/libyang.h>

#include <string>

namespace yang {

// JSON with yang-library and modules-state of ietf-yang-library. False with the reason in the context's errors.
bool DescribeLibrary(const ly_ctx* context, std::string* out);

// The text of a loaded module or submodule of exactly that revision (empty: the newest). False when there is none.
bool PrintSource(const ly_ctx* context, const std::string& name, const std::string& revision, std::string* out);

}  // namespace yang
