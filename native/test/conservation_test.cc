#include <doctest/doctest.h>

#include <random>

#include "relay.h"

namespace lwaftr::test {
namespace {

// Plausible frames of every kind, for either side, which chance then damages.
Frame something(std::mt19937& random) {
  const char* const addresses[] = {kShared, kWhole, kHost, "203.0.113.1", "198.51.100.99", "224.0.0.1"};
  const char* const tunnels[] = {kB4a, kB4b, kB4c, kBr, kBrC, "2001:db8::1", "ff02::1", "::"};
  const auto address = [&] { return addresses[random() % 6]; };
  const auto end = [&] { return tunnels[random() % 8]; };
  const auto port = [&] { return static_cast<uint16_t>(random() % 2 ? kPortA : random() % 2 ? kPortB : random()); };
  const auto upper = [&](Frame& frame) -> Frame& {
    switch (random() % 4) {
      case 0:
        return frame.udp(port(), port()).payload(random() % 3000);
      case 1:
        return frame.tcp(port(), port(), static_cast<uint8_t>(random()), {2, 4, 5, 0xb4});
      case 2:
        return frame.icmp(random() % 2 ? 8 : 0, 0, uint32_t{port()} << 16);
      default:
        return frame.icmp(static_cast<uint8_t>(random() % 13), 0)
            .packet_of(eth().ipv4(address(), address()).udp(port(), port()), 0, random() % 60);
    }
  };
  const auto ipv4 = [&](Frame& frame) -> Frame& {
    Ip4Fields fields;
    fields.ttl = static_cast<uint8_t>(random() % 3 ? 64 : random() % 3);
    fields.id = static_cast<uint16_t>(random() % 3);
    fields.dont_fragment = random() % 3 == 0;
    if (random() % 4 == 0) {
      fields.more_fragments = random() % 2;
      fields.offset = static_cast<uint16_t>(random() % 5 * 8);
      return frame.ipv4(address(), address(), fields).protocol(17).payload(8 * (random() % 4));
    }
    return upper(frame.ipv4(address(), address(), fields));
  };
  const char* const macs[] = {kExternalMac, kInternalMac, "44:44:44:44:44:44", "ff:ff:ff:ff:ff:ff",
                              "33:33:00:00:00:01"};
  Frame frame = eth(macs[random() % 5]);
  if (random() % 6 == 0) frame.vlan(static_cast<uint16_t>(random() % 3));
  switch (random() % 8) {
    case 0:
    case 1:
      return ipv4(frame);
    case 2:
      return frame.arp(static_cast<uint16_t>(1 + random() % 3), kExternalHop, address(), kExternalMac, address());
    case 3:
      return frame.ipv6(end(), end(), {static_cast<uint8_t>(random() % 2 ? 255 : 64)})
          .icmpv6(static_cast<uint8_t>(random() % 2 ? random() % 6 : 128 + random() % 10), 0)
          .append(Bytes(random() % 64, 0x20));
    case 4:
      return frame.ipv6(end(), end())
          .fragment6(static_cast<uint16_t>(random() % 4 * 8), random() % 2, random() % 3, 4)
          .payload(8 * (random() % 4));
    case 5:
      return frame.ipv6(kBr, kBr)
          .icmpv6(static_cast<uint8_t>(random() % 5), 0, 1280)
          .packet_of(tunnelled(end(), end()).ipv4(address(), address()).udp(port(), port()));
    case 6:
      frame.ipv6(end(), end()).destination_options({4, 1, 4, 1, 1, 0});
      return ipv4(frame);
    default:
      frame.ipv6(end(), end());
      return ipv4(frame);
  }
}

Settings some_settings(std::mt19937& random) {
  Settings settings = plain_settings();
  const auto flip = [&](bool& value) { value = random() % 2; };
  flip(settings.on_a_stick);
  flip(settings.filter_destination_mac);
  flip(settings.hairpinning);
  for (SidePolicy* side : {&settings.external, &settings.internal}) {
    flip(side->allow_incoming_icmp);
    flip(side->generate_icmp_errors);
    side->error_rate_limiting = {static_cast<uint32_t>(random() % 50), 2};
    side->reassembly.max_packets = static_cast<uint32_t>(random() % 5);
    side->reassembly.max_fragments_per_packet = static_cast<uint32_t>(1 + random() % 4);
    side->tcp_mss = random() % 2 ? 1000 : 0;
    if (random() % 4 == 0) side->egress_filter = "udp or ip6";
    if (random() % 4 == 0) side->ingress_filter = "not tcp";
  }
  settings.external.mtu = static_cast<uint16_t>(random() % 2 ? 68 + random() % 1500 : 1500);
  settings.internal.mtu = static_cast<uint16_t>(1280 + random() % 500);
  if (random() % 2) settings.external_interface.vlan_tag = 1;
  if (random() % 2) settings.internal_interface.vlan_tag = 2;
  if (random() % 2) {
    settings.external_interface.next_hop_mac.reset();
    settings.external_interface.next_hop_ip = ip4(kHost);
  }
  if (random() % 2) {
    settings.internal_interface.next_hop_mac.reset();
    settings.internal_interface.next_hop_ip = ip6(kB4c);
  }
  if (random() % 2) {
    settings.passthru_interface = PassthruInterface{};
    settings.passthru_interface->mac = mac("44:44:44:44:44:44");
    settings.passthru_interface->sample_rate = static_cast<uint32_t>(random() % 3);
    flip(settings.passthru_interface->promiscuous);
    flip(settings.passthru_interface->on_external_link);
    if (random() % 2) settings.passthru_interface->vlan_tag = 1;
  }
  return settings;
}

}  // namespace

TEST_CASE("A frame that ends without a name, or twice, breaks the law") {
  Relay relay;
  relay.external(to_a());
  REQUIRE(balance(relay.counters).holds(0));
  CHECK_FALSE(balance(relay.counters).holds(1));
  SUBCASE("never counted again") { relay.counters.add(Counter::in_external_packets); }
  SUBCASE("sent from nowhere") { relay.counters.add(Counter::out_internal_packets); }
  CHECK_FALSE(balance(relay.counters).holds(0));
}

// Relay::run checks the law, and that no packet leaks, after every batch.
TEST_CASE("No frame disappears without a name, whatever comes and however the relay is set") {
  std::mt19937 random(2024);
  for (int round = 0; round < 60; round++) {
    CAPTURE(round);
    Relay relay(some_settings(random));
    for (int batch = 0; batch < 20; batch++) {
      std::vector<Bytes> frames;
      for (int i = 0; i < 30; i++) {
        Bytes frame = something(random).bytes();
        if (random() % 4 == 0) frame[random() % frame.size()] ^= static_cast<uint8_t>(1u << random() % 8);
        if (random() % 8 == 0) frame.resize(random() % frame.size());
        frames.push_back(frame);
      }
      relay.run(static_cast<Port>(random() % kPortCount), frames);
      if (batch % 5 == 4) relay.configure(some_settings(random));
      relay.wait(random() % 4 * 5 * kSecond);
    }
  }
}

TEST_CASE("What is encapsulated and decapsulated is the same but for TTL and checksum") {
  std::mt19937 random(5);
  for (int round = 0; round < 2000; round++) {
    Ip4Fields fields{static_cast<uint8_t>(2 + random() % 253),
                     static_cast<uint8_t>(random()),
                     static_cast<uint16_t>(random()),
                     random() % 2 == 1,
                     false,
                     0,
                     random() % 11 * 4};
    const size_t length = random() % 1200;
    // C sends to itself: out of its tunnel, turned round, and in again.
    Relay relay;
    const Output out = relay.internal(tunnel(kB4c, kBrC).ipv4(kWhole, kWhole, fields).udp(7, 9).payload(length));
    fields.ttl--;
    CHECK_FRAMES(out.internal, eth(kInternalHop, kInternalMac)
                                   .ipv6(kBrC, kB4c, {255, fields.tos})
                                   .ipv4(kWhole, kWhole, fields)
                                   .udp(7, 9)
                                   .payload(length));
  }
}

}  // namespace lwaftr::test
