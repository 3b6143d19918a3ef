// Types of leaves: what a value may be, so that TypeScript can read and check values without asking libyang.
#include <string>

#include "schema_walk.h"

namespace yang {
namespace {

const char* BaseName(LY_DATA_TYPE base) {
  switch (base) {
    case LY_TYPE_BINARY:
      return "binary";
    case LY_TYPE_UINT8:
      return "uint8";
    case LY_TYPE_UINT16:
      return "uint16";
    case LY_TYPE_UINT32:
      return "uint32";
    case LY_TYPE_UINT64:
      return "uint64";
    case LY_TYPE_BITS:
      return "bits";
    case LY_TYPE_BOOL:
      return "boolean";
    case LY_TYPE_DEC64:
      return "decimal64";
    case LY_TYPE_EMPTY:
      return "empty";
    case LY_TYPE_ENUM:
      return "enumeration";
    case LY_TYPE_IDENT:
      return "identityref";
    case LY_TYPE_INST:
      return "instance-identifier";
    case LY_TYPE_LEAFREF:
      return "leafref";
    case LY_TYPE_UNION:
      return "union";
    case LY_TYPE_INT8:
      return "int8";
    case LY_TYPE_INT16:
      return "int16";
    case LY_TYPE_INT32:
      return "int32";
    case LY_TYPE_INT64:
      return "int64";
    default:
      return "string";
  }
}

// [[min, max], …] as decimal text (bounds of decimal64 come scaled by 10^fraction-digits).
void SetRanges(Napi::Object type, const lysc_range* range, LY_DATA_TYPE base) {
  if (!range) return;
  Napi::Array ranges = Napi::Array::New(type.Env());
  for (LY_ARRAY_COUNT_TYPE i = 0; i < LY_ARRAY_COUNT(range->parts); i++) {
    const auto& part = range->parts[i];
    bool is_signed = base >= LY_TYPE_DEC64;
    Napi::Array bounds = Napi::Array::New(type.Env(), 2);
    bounds.Set(0u, is_signed ? std::to_string(part.min_64) : std::to_string(part.min_u64));
    bounds.Set(1u, is_signed ? std::to_string(part.max_64) : std::to_string(part.max_u64));
    ranges.Set(static_cast<uint32_t>(i), bounds);
  }
  type["ranges"] = ranges;
  if (range->emsg) type["rangeMessage"] = Napi::String::New(type.Env(), range->emsg);
}

void SetPatterns(Napi::Object type, const lysc_type_str* text) {
  Napi::Array patterns = Napi::Array::New(type.Env());
  for (LY_ARRAY_COUNT_TYPE i = 0; i < LY_ARRAY_COUNT(text->patterns); i++) {
    const lysc_pattern* pattern = text->patterns[i];
    Napi::Object object = Napi::Object::New(type.Env());
    object["pattern"] = Napi::String::New(type.Env(), pattern->expr);
    object["inverted"] = Napi::Boolean::New(type.Env(), pattern->inverted);
    if (pattern->emsg) object["message"] = Napi::String::New(type.Env(), pattern->emsg);
    patterns.Set(static_cast<uint32_t>(i), object);
  }
  type["patterns"] = patterns;
}

void SetNames(Napi::Object type, const lysc_type_bitenum_item* items) {
  Napi::Array names = Napi::Array::New(type.Env());
  for (LY_ARRAY_COUNT_TYPE i = 0; i < LY_ARRAY_COUNT(items); i++) names.Set(static_cast<uint32_t>(i), items[i].name);
  type["names"] = names;
}

void AddIdentities(Napi::Array names, const lysc_ident* base) {
  for (LY_ARRAY_COUNT_TYPE i = 0; i < LY_ARRAY_COUNT(base->derived); i++) {
    const lysc_ident* identity = base->derived[i];
    names.Set(names.Length(), std::string(identity->module->name) + ":" + identity->name);
    AddIdentities(names, identity);
  }
}

}  // namespace

Napi::Object WalkType(Napi::Env env, const lysc_type* type) {
  Napi::Object object = Napi::Object::New(env);
  object["base"] = Napi::String::New(env, BaseName(type->basetype));
  switch (type->basetype) {
    case LY_TYPE_STRING: {
      const auto* text = reinterpret_cast<const lysc_type_str*>(type);
      SetRanges(object, text->length, type->basetype);
      SetPatterns(object, text);
      break;
    }
    case LY_TYPE_BINARY:
      SetRanges(object, reinterpret_cast<const lysc_type_bin*>(type)->length, type->basetype);
      break;
    case LY_TYPE_DEC64: {
      const auto* decimal = reinterpret_cast<const lysc_type_dec*>(type);
      object["fractionDigits"] = Napi::Number::New(env, decimal->fraction_digits);
      SetRanges(object, decimal->range, type->basetype);
      break;
    }
    case LY_TYPE_UINT8:
    case LY_TYPE_UINT16:
    case LY_TYPE_UINT32:
    case LY_TYPE_UINT64:
    case LY_TYPE_INT8:
    case LY_TYPE_INT16:
    case LY_TYPE_INT32:
    case LY_TYPE_INT64:
      SetRanges(object, reinterpret_cast<const lysc_type_num*>(type)->range, type->basetype);
      break;
    case LY_TYPE_ENUM:
      SetNames(object, reinterpret_cast<const lysc_type_enum*>(type)->enums);
      break;
    case LY_TYPE_BITS:
      SetNames(object, reinterpret_cast<const lysc_type_bits*>(type)->bits);
      break;
    case LY_TYPE_IDENT: {
      Napi::Array names = Napi::Array::New(env);
      const auto* bases = reinterpret_cast<const lysc_type_identityref*>(type)->bases;
      for (LY_ARRAY_COUNT_TYPE i = 0; i < LY_ARRAY_COUNT(bases); i++) AddIdentities(names, bases[i]);
      object["names"] = names;
      break;
    }
    case LY_TYPE_LEAFREF:
      return WalkType(env, reinterpret_cast<const lysc_type_leafref*>(type)->realtype);
    case LY_TYPE_UNION: {
      Napi::Array members = Napi::Array::New(env);
      const auto* types = reinterpret_cast<const lysc_type_union*>(type)->types;
      for (LY_ARRAY_COUNT_TYPE i = 0; i < LY_ARRAY_COUNT(types); i++)
        members.Set(static_cast<uint32_t>(i), WalkType(env, types[i]));
      object["members"] = members;
      break;
    }
    default:
      break;
  }
  return object;
}

}  // namespace yang
