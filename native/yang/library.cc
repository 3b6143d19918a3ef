#include "library.h"

#include <cstdlib>

namespace yang {

bool DescribeLibrary(const ly_ctx* context, std::string* out) {
  lyd_node* tree = nullptr;
  // The content-id is not libyang's to give: it counts changes of this context, and means nothing after a restart.
  if (ly_ctx_get_yanglib_data(context, &tree, "0") != LY_SUCCESS) return false;
  char* text = nullptr;
  bool printed = lyd_print_mem(&text, tree, LYD_JSON, LYD_PRINT_WITHSIBLINGS | LYD_PRINT_SHRINK) == LY_SUCCESS;
  lyd_free_all(tree);
  if (text) *out = text;
  std::free(text);
  return printed;
}

bool PrintSource(const ly_ctx* context, const std::string& name, const std::string& revision, std::string* out) {
  const lys_module* module = revision.empty() ? ly_ctx_get_module_latest(context, name.c_str())
                                              : ly_ctx_get_module(context, name.c_str(), revision.c_str());
  const lysp_submodule* submodule = nullptr;
  if (!module)
    submodule = revision.empty() ? ly_ctx_get_submodule_latest(context, name.c_str())
                                 : ly_ctx_get_submodule(context, name.c_str(), revision.c_str());
  if (!module && !submodule) return false;
  ly_out* memory = nullptr;
  char* text = nullptr;
  if (ly_out_new_memory(&text, 0, &memory) != LY_SUCCESS) return false;
  bool printed = module ? lys_print_module(memory, module, LYS_OUT_YANG, 0, 0) == LY_SUCCESS
                        : lys_print_submodule(memory, submodule, LYS_OUT_YANG, 0, 0) == LY_SUCCESS;
  ly_out_free(memory, nullptr, 0);
  if (text) *out = text;
  std::free(text);
  return printed;
}

}  // namespace yang
