// What the packet path needs to know of the configuration: plain values, already validated.
// One Settings belongs to one queue; the leader builds it, the pipeline only reads it.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>

namespace lwaftr {

using MacAddress = std::array<uint8_t, 6>;
// Addresses are kept as on the wire: network byte order.
using Ipv4Address = std::array<uint8_t, 4>;
using Ipv6Address = std::array<uint8_t, 16>;

// 802.1Q VLAN identifier; absent means untagged.
using VlanTag = std::optional<uint16_t>;

struct ExternalInterface {
  Ipv4Address ip{};
  MacAddress mac{};
  VlanTag vlan_tag;
  std::optional<Ipv4Address> next_hop_ip;  // resolved by ARP; exactly one of ip and mac is set
  std::optional<MacAddress> next_hop_mac;
};

struct InternalInterface {
  Ipv6Address ip{};
  MacAddress mac{};
  VlanTag vlan_tag;
  std::optional<Ipv6Address> next_hop_ip;  // resolved by NDP; exactly one of ip and mac is set
  std::optional<MacAddress> next_hop_mac;
};

struct PassthruInterface {
  MacAddress mac{};
  uint16_t mtu = 1500;  // payload bytes above Ethernet and VLAN headers
  VlanTag vlan_tag;
  bool promiscuous = false;
  uint32_t sample_rate = 0;       // mirror one in N softwire packets; 0: none
  uint32_t next_hop_refresh = 0;  // seconds between questions about next hops to the attached router; 0: none
  bool on_external_link = false;  // two-device instances: the passthru link is external-device
};

struct ErrorRateLimiting {
  uint32_t packets = 200;
  uint32_t period = 2;  // seconds
};

struct Reassembly {
  uint32_t max_fragments_per_packet = 20;
  uint32_t max_packets = 20000;
};

// What external-interface and internal-interface of softwire-config have in common.
struct SidePolicy {
  uint16_t mtu = 0;  // bytes of IP packet
  bool allow_incoming_icmp = true;
  bool generate_icmp_errors = true;
  ErrorRateLimiting error_rate_limiting;
  Reassembly reassembly;
  std::string ingress_filter;  // pflang; empty: none
  std::string egress_filter;
  uint16_t tcp_mss = 0;  // MSS clamp, bytes; 0: off
};

struct Settings {
  ExternalInterface external_interface;
  InternalInterface internal_interface;
  std::optional<PassthruInterface> passthru_interface;
  SidePolicy external{.mtu = 1460};
  SidePolicy internal{.mtu = 1500};
  uint32_t flow_label = 0;
  bool hairpinning = true;
  bool on_a_stick = true;              // external and internal traffic share one link
  bool filter_destination_mac = true;  // false in check and bench: every frame is for the relay
};

}  // namespace lwaftr
