#include "schema_walk.h"

#include <cstring>

namespace yang {
namespace {

void SetText(Napi::Object object, const char* name, const char* text) {
  if (text) object[name] = Napi::String::New(object.Env(), text);
}

const char* KindOf(const lysc_node* node) {
  switch (node->nodetype) {
    case LYS_LIST:
      return "list";
    case LYS_LEAF:
      return "leaf";
    case LYS_LEAFLIST:
      return "leaf-list";
    case LYS_ANYDATA:
    case LYS_ANYXML:
      return "anydata";
    case LYS_RPC:
    case LYS_ACTION:
      return "rpc";
    case LYS_NOTIF:
      return "notification";
    default:
      return "container";  // also the input and output of an rpc
  }
}

// The typedef's name, which the compiled tree has forgotten; the parsed node remembers it (LY_CTX_SET_PRIV_PARSED).
void SetTypedef(Napi::Object type, const lysc_node* node) {
  const auto* parsed = static_cast<const lysp_node*>(node->priv);
  if (!parsed) return;
  const char* name = nullptr;
  if (parsed->nodetype == LYS_LEAF) name = reinterpret_cast<const lysp_node_leaf*>(parsed)->type.name;
  if (parsed->nodetype == LYS_LEAFLIST) name = reinterpret_cast<const lysp_node_leaflist*>(parsed)->type.name;
  if (!name) return;
  const char* colon = std::strchr(name, ':');
  // A module's own typedefs of strings tell what is in the text; of other types their values tell enough.
  bool own = !colon && type.Get("base").ToString().Utf8Value() == "string" && std::strcmp(name, "string") != 0;
  if (colon || own) SetText(type, "typedef", colon ? colon + 1 : name);
}

Napi::Object WalkNode(Napi::Env env, const lysc_node* node);

Napi::Array WalkChildren(Napi::Env env, const lysc_node* parent) {
  Napi::Array children = Napi::Array::New(env);
  uint32_t count = 0;
  const lysc_node* child = nullptr;
  while ((child = lys_getnext(child, parent, nullptr, 0))) children.Set(count++, WalkNode(env, child));
  return children;
}

void SetChoice(Napi::Object object, const lysc_node* node) {
  const lysc_node* parent = node->parent;
  if (!parent || parent->nodetype != LYS_CASE) return;
  Napi::Object choice = Napi::Object::New(object.Env());
  SetText(choice, "case", parent->name);
  SetText(choice, "name", parent->parent->name);
  choice["mandatory"] = (parent->parent->flags & LYS_MAND_TRUE) != 0;
  object["choice"] = choice;
}

// What RFC 8341 s3.4.5 denies where no rule says otherwise. libyang hands it down to children, which may have their own
// as well: then the stricter counts.
void SetDefaultDeny(Napi::Object object, const lysc_node* node) {
  const char* denied = nullptr;
  LY_ARRAY_COUNT_TYPE i;
  LY_ARRAY_FOR(node->exts, i) {
    const lysc_ext* extension = node->exts[i].def;
    if (std::strcmp(extension->module->name, "ietf-netconf-acm") != 0) continue;
    if (std::strcmp(extension->name, "default-deny-all") == 0) denied = "all";
    if (!denied && std::strcmp(extension->name, "default-deny-write") == 0) denied = "write";
  }
  SetText(object, "defaultDeny", denied);
}

Napi::Array KeysOf(Napi::Env env, const lysc_node* list) {
  Napi::Array keys = Napi::Array::New(env);
  uint32_t count = 0;
  for (const lysc_node* child = lysc_node_child(list); child && lysc_is_key(child); child = child->next)
    keys.Set(count++, child->name);
  return keys;
}

Napi::Object WalkNode(Napi::Env env, const lysc_node* node) {
  Napi::Object object = Napi::Object::New(env);
  SetText(object, "name", node->name);
  SetText(object, "module", node->module->name);
  SetText(object, "kind", KindOf(node));
  SetText(object, "description", node->dsc);
  object["config"] = (node->flags & LYS_CONFIG_W) != 0;
  object["mandatory"] = (node->flags & LYS_MAND_TRUE) != 0;
  object["presence"] = node->nodetype == LYS_CONTAINER && (node->flags & LYS_PRESENCE) != 0;
  bool listed = (node->nodetype & (LYS_LIST | LYS_LEAFLIST)) && (node->flags & LYS_CONFIG_W);
  object["userOrdered"] = listed && (node->flags & LYS_ORDBY_USER);
  SetChoice(object, node);
  SetDefaultDeny(object, node);
  if (node->nodetype == LYS_LEAF) {
    const auto* leaf = reinterpret_cast<const lysc_node_leaf*>(node);
    Napi::Object type = WalkType(env, leaf->type);
    SetTypedef(type, node);
    object["type"] = type;
    SetText(object, "units", leaf->units);
    // A key's default has no meaning (RFC 7950 s7.8.2).
    if (leaf->dflt && !lysc_is_key(node))
      SetText(object, "default", lyd_value_get_canonical(node->module->ctx, leaf->dflt));
  } else if (node->nodetype == LYS_LEAFLIST) {
    const auto* leaf = reinterpret_cast<const lysc_node_leaflist*>(node);
    Napi::Object type = WalkType(env, leaf->type);
    SetTypedef(type, node);
    object["type"] = type;
    SetText(object, "units", leaf->units);
  } else if (node->nodetype & (LYS_RPC | LYS_ACTION)) {
    const auto* rpc = reinterpret_cast<const lysc_node_action*>(node);
    Napi::Array children = Napi::Array::New(env);
    children.Set(0u, WalkNode(env, &rpc->input.node));
    children.Set(1u, WalkNode(env, &rpc->output.node));
    object["children"] = children;
  } else {
    if (node->nodetype == LYS_LIST) object["keys"] = KeysOf(env, node);
    object["children"] = WalkChildren(env, node);
  }
  return object;
}

template <typename Node>
Napi::Array WalkSiblings(Napi::Env env, const Node* first) {
  Napi::Array nodes = Napi::Array::New(env);
  uint32_t count = 0;
  for (const lysc_node* node = reinterpret_cast<const lysc_node*>(first); node; node = node->next)
    nodes.Set(count++, WalkNode(env, node));
  return nodes;
}

}  // namespace

Napi::Object WalkSchema(Napi::Env env, const ly_ctx* context) {
  Napi::Array modules = Napi::Array::New(env);
  uint32_t count = 0;
  uint32_t index = 0;
  while (const lys_module* module = ly_ctx_get_module_iter(context, &index)) {
    if (!module->implemented || !module->compiled) continue;
    Napi::Object object = Napi::Object::New(env);
    SetText(object, "name", module->name);
    SetText(object, "prefix", module->prefix);
    SetText(object, "namespace", module->ns);
    SetText(object, "revision", module->revision);
    Napi::Array data = Napi::Array::New(env);
    uint32_t nodes = 0;
    const lysc_node* node = nullptr;
    while ((node = lys_getnext(node, nullptr, module->compiled, 0)))
      if (!(node->nodetype & (LYS_RPC | LYS_NOTIF))) data.Set(nodes++, WalkNode(env, node));
    object["data"] = data;
    object["rpcs"] = WalkSiblings(env, module->compiled->rpcs);
    object["notifications"] = WalkSiblings(env, module->compiled->notifs);
    modules.Set(count++, object);
  }
  Napi::Object schema = Napi::Object::New(env);
  schema["modules"] = modules;
  return schema;
}

}  // namespace yang
