#include "link_part.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <string>

#include "convert.h"

namespace lwaftr::addon {
namespace {

bool read_mac(Napi::Value value, MacAddress* mac) {
  auto text = to_string(value, "mac");
  if (!text) return false;
  unsigned bytes[6];
  if (sscanf(text->c_str(), "%2x:%2x:%2x:%2x:%2x:%2x", bytes, bytes + 1, bytes + 2, bytes + 3, bytes + 4, bytes + 5) !=
      6) {
    throw_type_error(value.Env(), "no MAC address: " + *text);
    return false;
  }
  std::copy(bytes, bytes + 6, mac->begin());
  return true;
}

// Vlan of link-part.ts.
bool read_vlan(Napi::Value value, FrameShare::Vlan* vlan) {
  if (value.IsNumber()) {
    const auto tag = to_integer(value, "vlan", 4094);
    if (tag) *vlan = static_cast<uint16_t>(*tag);
    return tag.has_value();
  }
  const auto name = to_string(value, "vlan");
  if (name && *name == "untagged") *vlan = VlanTag();
  return name.has_value();
}

std::optional<FrameShare> to_frame_share(Napi::Value value) {
  if (!value.IsObject()) return throw_type_error(value.Env(), "share must be an object");
  auto object = value.As<Napi::Object>();
  auto stations = object.Get("stations").As<Napi::Array>();
  auto others = object.Get("others").As<Napi::Array>();
  auto rest = to_boolean(object.Get("rest"), "rest");
  auto promiscuous = to_boolean(object.Get("promiscuous"), "promiscuous");
  auto tagged = to_boolean(object.Get("tagged"), "tagged");
  if (!rest || !promiscuous || !tagged) return std::nullopt;
  FrameShare share;
  share.rest = *rest;
  share.promiscuous = *promiscuous;
  share.tagged = *tagged;
  share.stations.resize(stations.Length());
  for (uint32_t i = 0; i < stations.Length(); i++) {
    auto station = stations.Get(i).As<Napi::Object>();
    auto position = to_integer(station.Get("position"), "position", 65535);
    auto of = to_integer(station.Get("of"), "of", 65536);
    auto passthru = to_boolean(station.Get("passthru"), "passthru");
    if (!position || !of || !passthru || *of == 0 || !read_mac(station.Get("mac"), &share.stations[i].mac) ||
        !read_vlan(station.Get("vlan"), &share.stations[i].vlan)) {
      return std::nullopt;
    }
    share.stations[i].position = static_cast<uint32_t>(*position);
    share.stations[i].of = static_cast<uint32_t>(*of);
    share.stations[i].passthru = *passthru;
  }
  share.others.resize(others.Length());
  for (uint32_t i = 0; i < others.Length(); i++) {
    auto other = others.Get(i).As<Napi::Object>();
    if (!read_mac(other.Get("mac"), &share.others[i].mac) || !read_vlan(other.Get("vlan"), &share.others[i].vlan)) {
      return std::nullopt;
    }
  }
  return share;
}

bool read_hardware_share(Napi::Value value, LinkPart* part) {
  if (!value.IsObject()) {
    throw_type_error(value.Env(), "hardware must be an object");
    return false;
  }
  auto object = value.As<Napi::Object>();
  auto queue = to_integer(object.Get("queue"), "queue", 65535);
  auto own_macs = to_boolean(object.Get("ownMacs"), "ownMacs");
  if (!queue || !own_macs || !object.Get("queues").IsArray() || !object.Get("stations").IsArray()) return false;
  part->hardware_queue = static_cast<uint32_t>(*queue);
  part->own_macs = *own_macs;
  auto queues = object.Get("queues").As<Napi::Array>();
  for (uint32_t i = 0; i < queues.Length(); i++) {
    auto id = to_integer(queues.Get(i), "queues", 65535);
    if (!id) return false;
    part->hardware_queues.push_back(static_cast<uint32_t>(*id));
  }
  auto stations = object.Get("stations").As<Napi::Array>();
  for (uint32_t i = 0; i < stations.Length(); i++) {
    auto station = stations.Get(i).As<Napi::Object>();
    MacAddress mac;
    VlanTag vlan;
    if (auto tag = member(station, "vlanTag")) {
      auto number = to_integer(*tag, "vlanTag", 4094);
      if (!number) return false;
      vlan = static_cast<uint16_t>(*number);
    }
    if (!read_mac(station.Get("mac"), &mac)) return false;
    part->stations.emplace(mac, vlan);
  }
  return true;
}

}  // namespace

std::optional<LinkPart> to_link_part(Napi::Value value) {
  if (!value.IsObject()) return throw_type_error(value.Env(), "a part of a link must be an object");
  const auto object = value.As<Napi::Object>();
  LinkPart part;
  const auto share = to_frame_share(object.Get("share"));
  if (!share || !read_hardware_share(object.Get("hardware"), &part)) return std::nullopt;
  part.share = *share;
  return part;
}

std::optional<Driver> to_driver(Napi::Value value) {
  const auto name = to_string(value, "driver");
  if (!name) return std::nullopt;
  if (*name == "auto") return Driver::automatic;
  if (*name == "af-xdp") return Driver::af_xdp;
  if (*name == "af-packet") return Driver::af_packet;
  if (*name == "memory") return Driver::memory;
  return throw_type_error(value.Env(), "there is no driver " + *name);
}

void throw_open_error(Napi::Env env, const std::string& device, const OpenError& problem) {
  Napi::Error error = Napi::Error::New(env, problem.message);
  error.Set("code", strerrorname_np(problem.number));
  error.Set("device", device);
  error.ThrowAsJavaScriptException();
}

}  // namespace lwaftr::addon
