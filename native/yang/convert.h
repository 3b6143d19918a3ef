// Data in, validated data out: one verb, no handle on a tree ever reaches JavaScript.
#pragma once
#include <libyang/libyang.h>

#include <string>

namespace yang {

struct Conversion {
  LYD_FORMAT from = LYD_JSON;
  LYD_FORMAT to = LYD_JSON;
  // Instance-identifier of the parent that the data are children of; empty: data are top-level nodes. Such a part of a
  // tree is parsed and its types checked, but rules that look beyond it are not.
  std::string parent;
  bool config_only = false;  // state data are errors
  bool operation = false;    // data are an RPC: its name, with the children of its input below
  bool validate = true;      // false: types and structure only, for data that need not be complete
  uint32_t with_defaults = LYD_PRINT_WD_EXPLICIT;
  bool shrink = false;  // no white space between nodes
};

// Returns false where libyang found errors; they are stored in the context. `out` may be null: validate only.
bool Convert(ly_ctx* context, const std::string& data, const Conversion& conversion, std::string* out);

}  // namespace yang
