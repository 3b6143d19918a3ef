#include "relay.h"

#include <algorithm>

namespace lwaftr::test {
namespace {

SoftwireRecord record(const char* ipv4, uint16_t psid, PortSet port_set, const char* b4, const char* br) {
  SoftwireRecord softwire{};
  softwire.ipv4 = ip4(ipv4);
  softwire.psid = psid;
  softwire.psid_length = port_set.psid_length;
  softwire.reserved_ports_bit_count = port_set.reserved_ports_bit_count;
  softwire.b4_ipv6 = ip6(b4);
  softwire.br_address = ip6(br);
  return softwire;
}

}  // namespace

Settings plain_settings() {
  Settings settings;
  settings.external_interface.ip = ip4("203.0.113.1");
  settings.external_interface.mac = mac(kExternalMac);
  settings.external_interface.next_hop_mac = mac(kExternalHop);
  settings.internal_interface.ip = ip6("2001:db8::1");
  settings.internal_interface.mac = mac(kInternalMac);
  settings.internal_interface.next_hop_mac = mac(kInternalHop);
  settings.on_a_stick = false;
  settings.filter_destination_mac = false;
  return settings;
}

Relay::Relay(const Settings& settings) : pipeline_(pool_, counters, state) {
  REQUIRE_EQ(table_.create(""), 0);
  const SoftwireRecord softwires[] = {record(kShared, 4, {6, 6}, kB4a, kBr), record(kShared, 5, {6, 6}, kB4b, kBr),
                                      record(kWhole, 0, {0, 0}, kB4c, kBrC)};
  RuleBreach breach;
  REQUIRE_EQ(table_.build(softwires, 3, breach), 0);
  pipeline_.configure(settings, now);
  pipeline_.set_table(&table_.table());
  pipeline_.seed_fragment_ids(0x4243, 0x42424243);
}

void Relay::receive(Port port, const std::vector<Bytes>& frames) {
  for (const Bytes& frame : frames) {
    Packet* packet = pool_.allocate(frame.size());
    REQUIRE(packet);
    packet->length = static_cast<uint32_t>(frame.size());
    std::copy(frame.begin(), frame.end(), packet->data);
    pipeline_.receive(port, &packet, 1);
  }
}

Output Relay::run(Port port, const std::vector<Bytes>& frames) {
  receive(port, frames);
  pipeline_.process(now);
  Output output;
  std::vector<Bytes>* const lists[] = {&output.external, &output.internal, &output.passthru};
  for (size_t i = 0; i < kPortCount; i++) {
    const PacketSpan span = pipeline_.output(static_cast<Port>(i));
    for (size_t n = 0; n < span.count; n++) {
      lists[i]->emplace_back(span.packets[n]->data, span.packets[n]->data + span.packets[n]->length);
      pool_.free(span.packets[n]);
    }
    pipeline_.clear_output(static_cast<Port>(i));
  }
  CHECK(balanced());
  return output;
}

bool Relay::balanced() const {
  const size_t used = kSmall + kLarge - pool_.available_small() - pool_.available_large();
  // Fragments wait outside the pool.
  return balance(counters).holds(pipeline_.held()) && used <= pipeline_.held();
}

Frame from_a() { return tunnel().ipv4(kShared, kHost).udp(kPortA, 53).payload(12); }
Frame to_a() { return eth(kExternalMac).ipv4(kHost, kShared).udp(53, kPortA).payload(12); }
Frame tunnel(const char* b4, const char* br) { return eth(kInternalMac).ipv6(b4, br); }
Frame tunnelled(const char* b4, const char* br) { return eth(kInternalHop, kInternalMac).ipv6(br, b4, {255}); }
Frame outside() { return eth(kExternalHop, kExternalMac); }

}  // namespace lwaftr::test
