#include "settings.h"

#include <arpa/inet.h>

#include <cstdio>
#include <string>
#include <type_traits>

#include "convert.h"

namespace lwaftr::addon {
namespace {

// Reads members of one JavaScript object into C++ ones; after the first that does not fit it does nothing more.
class Reader {
 public:
  Reader(Napi::Value value, const char* what) {
    if (value.IsObject()) {
      object_ = value.As<Napi::Object>();
    } else {
      throw_type_error(value.Env(), std::string(what) + " must be an object");
      failed_ = true;
    }
  }

  bool failed() const { return failed_; }
  bool has(const char* name) const { return !failed_ && member(object_, name).has_value(); }
  Napi::Value get(const char* name) const { return object_.Get(name); }

  template <typename Integer, std::enable_if_t<std::is_unsigned_v<Integer>, int> = 0>
  void read(const char* name, Integer& into) {
    take(name, into, [&](Napi::Value value) { return to_integer(value, name, static_cast<Integer>(-1)); });
  }
  void read(const char* name, bool& into) {
    take(name, into, [&](Napi::Value value) { return to_boolean(value, name); });
  }
  void read(const char* name, std::string& into) {
    take(name, into, [&](Napi::Value value) { return to_string(value, name); });
  }
  void read(const char* name, Ipv4Address& into) { read_address(name, AF_INET, into.data(), "an IPv4 address"); }
  void read(const char* name, Ipv6Address& into) { read_address(name, AF_INET6, into.data(), "an IPv6 address"); }
  void read(const char* name, MacAddress& into) {
    const std::string text = read_text(name);
    unsigned byte[6];
    char rest;
    if (failed_) return;
    if (std::sscanf(text.c_str(), "%2x:%2x:%2x:%2x:%2x:%2x%c", &byte[0], &byte[1], &byte[2], &byte[3], &byte[4],
                    &byte[5], &rest) != 6)
      return fail(name, "a MAC address");
    for (int i = 0; i < 6; i++) into[i] = static_cast<uint8_t>(byte[i]);
  }
  // Absent stays absent.
  template <typename T>
  void read(const char* name, std::optional<T>& into) {
    if (!has(name)) return;
    T value{};
    read(name, value);
    into = value;
  }

 private:
  template <typename T, typename Convert>
  void take(const char* name, T& into, Convert convert) {
    if (failed_) return;
    const auto value = convert(object_.Get(name));
    failed_ = !value.has_value();
    if (value) into = static_cast<T>(*value);
  }
  std::string read_text(const char* name) {
    std::string text;
    read(name, text);
    return text;
  }
  void read_address(const char* name, int family, void* into, const char* kind) {
    const std::string text = read_text(name);
    if (!failed_ && inet_pton(family, text.c_str(), into) != 1) fail(name, kind);
  }
  void fail(const char* name, const char* kind) {
    throw_type_error(object_.Env(), std::string(name) + " must be " + kind);
    failed_ = true;
  }

  Napi::Object object_;
  bool failed_ = false;
};

template <typename Interface>
bool read_interface(Napi::Value value, const char* what, Interface& link) {
  Reader reader(value, what);
  reader.read("ip", link.ip);
  reader.read("mac", link.mac);
  reader.read("vlanTag", link.vlan_tag);
  reader.read("nextHopIp", link.next_hop_ip);
  reader.read("nextHopMac", link.next_hop_mac);
  return !reader.failed();
}

bool read_passthru(Napi::Value value, PassthruInterface& passthru) {
  Reader reader(value, "passthruInterface");
  reader.read("mac", passthru.mac);
  reader.read("mtu", passthru.mtu);
  reader.read("vlanTag", passthru.vlan_tag);
  reader.read("promiscuous", passthru.promiscuous);
  reader.read("sampleRate", passthru.sample_rate);
  reader.read("nextHopRefresh", passthru.next_hop_refresh);
  reader.read("onExternalLink", passthru.on_external_link);
  return !reader.failed();
}

bool read_policy(Napi::Value value, const char* what, SidePolicy& policy) {
  Reader reader(value, what);
  reader.read("mtu", policy.mtu);
  reader.read("allowIncomingIcmp", policy.allow_incoming_icmp);
  reader.read("generateIcmpErrors", policy.generate_icmp_errors);
  reader.read("ingressFilter", policy.ingress_filter);
  reader.read("egressFilter", policy.egress_filter);
  reader.read("tcpMss", policy.tcp_mss);
  if (reader.failed()) return false;
  Reader limit(reader.get("errorRateLimiting"), "errorRateLimiting");
  limit.read("packets", policy.error_rate_limiting.packets);
  limit.read("period", policy.error_rate_limiting.period);
  if (limit.failed()) return false;
  Reader reassembly(reader.get("reassembly"), "reassembly");
  reassembly.read("maxFragmentsPerPacket", policy.reassembly.max_fragments_per_packet);
  reassembly.read("maxPackets", policy.reassembly.max_packets);
  return !reassembly.failed();
}

}  // namespace

std::optional<Settings> to_settings(Napi::Value value) {
  Settings settings;
  Reader reader(value, "settings");
  reader.read("flowLabel", settings.flow_label);
  reader.read("hairpinning", settings.hairpinning);
  reader.read("onAStick", settings.on_a_stick);
  if (reader.failed()) return std::nullopt;
  if (!read_interface(reader.get("externalInterface"), "externalInterface", settings.external_interface) ||
      !read_interface(reader.get("internalInterface"), "internalInterface", settings.internal_interface) ||
      !read_policy(reader.get("external"), "external", settings.external) ||
      !read_policy(reader.get("internal"), "internal", settings.internal))
    return std::nullopt;
  if (reader.has("passthruInterface") &&
      !read_passthru(reader.get("passthruInterface"), settings.passthru_interface.emplace()))
    return std::nullopt;
  return settings;
}

}  // namespace lwaftr::addon
