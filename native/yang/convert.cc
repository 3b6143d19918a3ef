#include "convert.h"

#include <cstdlib>
#include <memory>

namespace yang {
namespace {

struct FreeTree {
  void operator()(lyd_node* tree) const { lyd_free_all(tree); }
};
using Tree = std::unique_ptr<lyd_node, FreeTree>;

struct FreeIn {
  void operator()(ly_in* in) const { ly_in_free(in, 0); }
};
using In = std::unique_ptr<ly_in, FreeIn>;

bool Print(const lyd_node* tree, const Conversion& conversion, std::string* out) {
  char* text = nullptr;
  uint32_t options = LYD_PRINT_WITHSIBLINGS | conversion.with_defaults | (conversion.shrink ? LYD_PRINT_SHRINK : 0);
  if (lyd_print_mem(&text, tree, conversion.to, options) != LY_SUCCESS) return false;
  if (text) *out = text;
  std::free(text);
  return true;
}

// Parses children of `parent`, then takes them out of it: what remains are the nodes given, as if top-level.
bool ParseBelow(ly_ctx* context, ly_in* in, const Conversion& conversion, uint32_t options, Tree* result) {
  lyd_node* root = nullptr;
  lyd_node* parent = nullptr;
  LY_ERR made =
      lyd_new_path2(nullptr, context, conversion.parent.c_str(), nullptr, 0, LYD_ANYDATA_STRING, 0, &root, &parent);
  Tree above(root);
  if (made != LY_SUCCESS) return false;
  // lyd_new_path2 answers with the first node it made; the parent wanted is the deepest.
  if (lyd_find_path(root, conversion.parent.c_str(), 0, &parent) != LY_SUCCESS) return false;
  for (lyd_node* child = lyd_child_no_keys(parent); child;) {
    lyd_node* next = child->next;
    lyd_free_tree(child);
    child = next;
  }
  if (lyd_parse_data(context, parent, in, conversion.from, options | LYD_PARSE_ONLY, 0, nullptr) != LY_SUCCESS)
    return false;
  lyd_node* first = nullptr;
  for (lyd_node* child = lyd_child_no_keys(parent); child;) {
    lyd_node* next = child->next;
    lyd_unlink_tree(child);
    lyd_insert_sibling(first, child, &first);
    child = next;
  }
  result->reset(first);
  return true;
}

bool ParseOperation(ly_ctx* context, ly_in* in, const Conversion& conversion, Tree* result) {
  lyd_node* root = nullptr;
  LY_ERR parsed = lyd_parse_op(context, nullptr, in, conversion.from, LYD_TYPE_RPC_YANG, &root, nullptr);
  result->reset(root);
  if (parsed != LY_SUCCESS) return false;
  return !conversion.validate || lyd_validate_op(root, nullptr, LYD_TYPE_RPC_YANG, nullptr) == LY_SUCCESS;
}

}  // namespace

bool Convert(ly_ctx* context, const std::string& data, const Conversion& conversion, std::string* out) {
  ly_err_clean(context, nullptr);
  ly_in* memory = nullptr;
  if (ly_in_new_memory(data.c_str(), &memory) != LY_SUCCESS) return false;
  In in(memory);
  uint32_t options = LYD_PARSE_STRICT | (conversion.config_only ? LYD_PARSE_NO_STATE : 0);
  Tree tree;
  if (conversion.operation)
    return ParseOperation(context, memory, conversion, &tree) && (!out || Print(tree.get(), conversion, out));
  if (!conversion.parent.empty()) {
    if (!ParseBelow(context, memory, conversion, options, &tree)) return false;
  } else {
    lyd_node* root = nullptr;
    if (!conversion.validate) options |= LYD_PARSE_ONLY;
    uint32_t validation = LYD_VALIDATE_PRESENT | (conversion.config_only ? LYD_VALIDATE_NO_STATE : 0);
    LY_ERR parsed =
        lyd_parse_data(context, nullptr, memory, conversion.from, options, conversion.validate ? validation : 0, &root);
    tree.reset(root);
    if (parsed != LY_SUCCESS) return false;
  }
  // Without validation defaults were not added yet, which printing them needs.
  if (!conversion.validate || !conversion.parent.empty()) {
    bool wanted = conversion.with_defaults == LYD_PRINT_WD_ALL;
    for (lyd_node* node = tree.get(); wanted && node; node = node->next)
      if (lyd_new_implicit_tree(node, LYD_IMPLICIT_NO_STATE, nullptr) != LY_SUCCESS) return false;
  }
  return !out || Print(tree.get(), conversion, out);
}

}  // namespace yang
