#include "errors.h"

#include <string>

namespace yang {
namespace {

const char* CodeName(LY_VECODE code) {
  switch (code) {
    case LYVE_SYNTAX:
    case LYVE_SYNTAX_XML:
    case LYVE_SYNTAX_JSON:
    case LYVE_SYNTAX_YANG:
    case LYVE_SYNTAX_YIN:
      return "syntax";
    case LYVE_REFERENCE:
      return "reference";
    case LYVE_XPATH:
    case LYVE_SEMANTICS:
    case LYVE_DATA:
      return "data";
    default:
      return "other";
  }
}

// libyang writes places into one string: `Schema location "…", data location "…", line number 3.`, each part optional.
std::string Part(const std::string& text, const char* label, const char* end) {
  size_t begin = text.find(label);
  if (begin == std::string::npos) return "";
  begin += std::char_traits<char>::length(label);
  // Keys in a data location may hold quotes, hence the last possible end before the next part.
  size_t stop = text.find(end, begin);
  return text.substr(begin, stop == std::string::npos ? std::string::npos : stop - begin);
}

Napi::Object ToObject(Napi::Env env, const ly_err_item& item) {
  Napi::Object error = Napi::Object::New(env);
  error["code"] = Napi::String::New(env, item.no == LY_EVALID ? CodeName(item.vecode) : "other");
  error["message"] = Napi::String::New(env, item.msg ? item.msg : "unknown error");
  if (item.apptag) error["appTag"] = Napi::String::New(env, item.apptag);
  if (!item.path) return error;
  std::string place = item.path;
  size_t line_at = place.rfind("ine number ");
  if (line_at != std::string::npos) error["line"] = Napi::Number::New(env, std::atoi(place.c_str() + line_at + 11));
  std::string schema = Part(place, "chema location \"", "\"");
  size_t data_at = place.find("ata location \"");
  if (data_at != std::string::npos) {
    size_t begin = data_at + 14;
    size_t end = place.rfind('"');
    if (end > begin) error["path"] = Napi::String::New(env, place.substr(begin, end - begin));
  } else if (schema.empty() && place[0] == '/') {
    error["path"] = Napi::String::New(env, place);
  }
  if (!schema.empty()) error["schemaPath"] = Napi::String::New(env, schema);
  return error;
}

}  // namespace

Napi::Array TakeErrors(Napi::Env env, const ly_ctx* context) {
  Napi::Array errors = Napi::Array::New(env);
  uint32_t count = 0;
  for (const ly_err_item* item = ly_err_first(context); item; item = item->next)
    errors.Set(count++, ToObject(env, *item));
  ly_err_clean(const_cast<ly_ctx*>(context), nullptr);
  return errors;
}

std::string TakeErrorText(const ly_ctx* context) {
  std::string text;
  for (const ly_err_item* item = ly_err_first(context); item; item = item->next) {
    if (!text.empty()) text += "; ";
    text += item->msg ? item->msg : "unknown error";
    if (item->path) text += std::string(" (") + item->path + ")";
  }
  ly_err_clean(const_cast<ly_ctx*>(context), nullptr);
  return text.empty() ? "libyang gives no reason" : text;
}

}  // namespace yang
