#include "network.h"

#include <cstring>
#include <memory>

#include "core/binding_table_writer.h"
#include "slow.h"

namespace lwaftr::fuzz {

const std::vector<SoftwireRecord>& softwires() {
  static const std::vector<SoftwireRecord> all = [] {
    const struct {
      Ipv4Address ipv4;
      uint16_t psid;
      PortSet port_set;
      Ipv6Address b4, br;
    } list[] = {
        {kWhole, 0, {0, 0}, address6(1, 0, 1), kBr},       {kShared, 1, {6, 6}, address6(2, 0, 1), kBr},
        {kShared, 2, {6, 6}, address6(2, 0, 2), kBr},      {kShared8, 0, {8, 0}, address6(3, 0, 1), kOtherBr},
        {kShared8, 7, {8, 0}, address6(3, 0, 7), kBr},     {kShared8, 255, {8, 0}, address6(3, 0, 0xff), kBr},
        {kSparse, 0, {16, 0}, address6(4, 0, 0), kBr},     {kSparse, 1024, {16, 0}, address6(4, 0, 1024), kOtherBr},
        {kSparse, 65535, {16, 0}, address6(4, 0, 9), kBr}, {kNarrow, 1, {12, 4}, address6(5, 0, 1), kBr},
        {kNarrow, 4095, {12, 4}, address6(5, 0, 2), kBr},  {kReserved, 0, {0, 16}, address6(6, 0, 1), kBr},
    };
    std::vector<SoftwireRecord> records;
    for (const auto& softwire : list) {
      SoftwireRecord record{};
      record.ipv4 = softwire.ipv4;
      record.psid = softwire.psid;
      record.psid_length = softwire.port_set.psid_length;
      record.reserved_ports_bit_count = softwire.port_set.reserved_ports_bit_count;
      record.b4_ipv6 = softwire.b4;
      record.br_address = softwire.br;
      records.push_back(record);
    }
    return records;
  }();
  return all;
}

const BindingTable& binding_table() {
  static const std::unique_ptr<BindingTableWriter> writer = [] {
    auto made = std::make_unique<BindingTableWriter>();
    RuleBreach breach;
    PROMISE(made->create("") == 0, "no memory for the binding table");
    PROMISE(made->build(softwires().data(), softwires().size(), breach) == 0 && breach.rule == Rule::none,
            "softwire %zu breaks a rule", breach.index);
    return made;
  }();
  return writer->table();
}

const SoftwireRecord* find_softwire(const uint8_t* ipv4, int port) {
  for (const SoftwireRecord& softwire : softwires()) {
    if (std::memcmp(softwire.ipv4.data(), ipv4, 4) == 0 && port >= 0 &&
        slow_psid(port, softwire.reserved_ports_bit_count, softwire.psid_length) == softwire.psid) {
      return &softwire;
    }
  }
  return nullptr;
}

bool is_managed(const uint8_t* ipv4) {
  for (const SoftwireRecord& softwire : softwires()) {
    if (std::memcmp(softwire.ipv4.data(), ipv4, 4) == 0 && softwire.reserved_ports_bit_count < 16) return true;
  }
  return false;
}

namespace {

void choose_policies(Settings& settings, uint8_t on, Choices& choices) {
  settings.hairpinning = !(on & 1);
  settings.external.allow_incoming_icmp = !(on & 2);
  settings.external.generate_icmp_errors = !(on & 4);
  settings.internal.allow_incoming_icmp = !(on & 8);
  settings.internal.generate_icmp_errors = !(on & 16);
  static constexpr uint16_t kMtus4[] = {1500, 68, 576, 1460, 1280, 9000, 77, 20};
  static constexpr uint16_t kMtus6[] = {1500, 1280, 1500, 1540, 1281, 9000, 1399, 100};
  settings.external.mtu = choices.of(kMtus4);
  settings.internal.mtu = choices.of(kMtus6);
}

void choose_links(Settings& settings, uint8_t on, Choices& choices) {
  const auto vlan = [](int choice) { return choice % 4 ? VlanTag(static_cast<uint16_t>(choice % 4)) : VlanTag(); };
  settings.on_a_stick = on & 32;
  settings.filter_destination_mac = on & 64;
  const uint8_t vlans = choices.byte();
  const uint8_t hops = choices.byte();
  settings.external_interface.ip = kRelay4;
  settings.external_interface.mac = kExternalMac;
  settings.external_interface.vlan_tag = vlan(vlans);
  settings.internal_interface.ip = kRelay6;
  settings.internal_interface.mac = hops & 4 ? kExternalMac : kInternalMac;
  settings.internal_interface.vlan_tag = vlan(vlans / 4);
  if (hops & 1) {
    settings.external_interface.next_hop_ip = kHop4;
  } else {
    settings.external_interface.next_hop_mac = kExternalHop;
  }
  if (hops & 2) {
    settings.internal_interface.next_hop_ip = kHop6;
  } else {
    settings.internal_interface.next_hop_mac = kInternalHop;
  }
  // check and bench, which take frames for every MAC, have no passthru device.
  if (!(on & 128) || !settings.filter_destination_mac) return;
  static constexpr uint16_t kMtus[] = {1500, 64, 9000, 1501};
  PassthruInterface device;
  device.mac = kDeviceMac;
  device.vlan_tag = vlan(vlans / 16);
  device.promiscuous = vlans & 64;
  device.on_external_link = vlans & 128;
  device.mtu = kMtus[hops / 8 % 4];
  device.sample_rate = hops / 32 % 4;
  settings.passthru_interface = device;
}

void choose_bounds(Settings& settings, Choices& choices) {
  static constexpr const char* kFilters[] = {"", "ip or ip6", "not icmp and not icmp6", "udp port 53 or ip6 or arp"};
  const uint8_t filters = choices.byte();
  settings.external.ingress_filter = kFilters[filters % 4];
  settings.external.egress_filter = kFilters[filters / 4 % 4];
  settings.internal.ingress_filter = kFilters[filters / 16 % 4];
  settings.internal.egress_filter = kFilters[filters / 64];
  static constexpr uint32_t kRates[] = {200, 0, 1, 3};
  const uint8_t rates = choices.byte();
  settings.external.error_rate_limiting = {kRates[rates % 4], rates / 4 % 4 + 2u};
  settings.internal.error_rate_limiting = {kRates[rates / 16 % 4], rates / 64 + 2u};
  static constexpr uint32_t kPackets[] = {20000, 0, 1, 2}, kFragments[] = {20, 1, 2, 200};
  const uint8_t reassembly = choices.byte();
  settings.external.reassembly = {kFragments[reassembly % 4], kPackets[reassembly / 4 % 4]};
  settings.internal.reassembly = {kFragments[reassembly / 16 % 4], kPackets[reassembly / 64]};
  static constexpr uint16_t kSizes[] = {0, 1, 536, 1400};
  const uint8_t sizes = choices.byte();
  settings.external.tcp_mss = kSizes[sizes % 4];
  settings.internal.tcp_mss = kSizes[sizes / 4 % 4];
  static constexpr uint32_t kLabels[] = {0, 0xfffff, 0xabcde, 1};
  settings.flow_label = choices.of(kLabels);
}

}  // namespace

Settings choose_settings(Choices& choices) {
  Settings settings;
  const uint8_t on = choices.byte();
  choose_policies(settings, on, choices);
  choose_links(settings, on, choices);
  choose_bounds(settings, choices);
  return settings;
}

Settings golden_settings() {
  Choices none(nullptr, 0);
  return choose_settings(none);
}

}  // namespace lwaftr::fuzz
