#include <doctest/doctest.h>

#include "relay.h"

namespace lwaftr::test {
namespace {

constexpr const char* kNone = "00:00:00:00:00:00";
constexpr const char* kOurIp4 = "203.0.113.1";
constexpr const char* kOurIp6 = "2001:db8::1";
constexpr const char* kHopIp4 = "203.0.113.254";
constexpr const char* kHopIp6 = "2001:db8::fe:1234";
constexpr const char* kBroadcast = "ff:ff:ff:ff:ff:ff";

Settings resolving() {
  Settings settings = plain_settings();
  settings.external_interface.next_hop_mac.reset();
  settings.external_interface.next_hop_ip = ip4(kHopIp4);
  settings.internal_interface.next_hop_mac.reset();
  settings.internal_interface.next_hop_ip = ip6(kHopIp6);
  return settings;
}

Frame request_for_hop(const char* to = kBroadcast) {
  return eth(to, kExternalMac).arp(1, kExternalMac, kOurIp4, kNone, kHopIp4);
}
Frame arp_reply(const char* from = kExternalHop) {
  return eth(kExternalMac, from).arp(2, from, kHopIp4, kExternalMac, kOurIp4);
}
Bytes link_layer(uint8_t type, const char* address) {
  Bytes option{type, 1};
  const MacAddress bytes = mac(address);
  option.insert(option.end(), bytes.begin(), bytes.end());
  return option;
}
Bytes address(const char* text) {
  const Ipv6Address bytes = ip6(text);
  return Bytes(bytes.begin(), bytes.end());
}
Frame solicitation_for_hop() {
  return eth("33:33:ff:fe:12:34", kInternalMac)
      .ipv6(kOurIp6, "ff02::1:fffe:1234", {255})
      .icmpv6(135, 0)
      .append(address(kHopIp6))
      .append(link_layer(1, kInternalMac));
}
Frame advertisement(uint32_t flags, const char* from = kInternalHop) {
  return eth(kInternalMac, from)
      .ipv6(kHopIp6, kOurIp6, {255})
      .icmpv6(136, 0, flags)
      .append(address(kHopIp6))
      .append(link_layer(2, from));
}
constexpr uint32_t kSolicited = 0x40000000, kOverride = 0x20000000;

NextHopStatus status(const std::atomic<uint64_t>& word) { return static_cast<NextHopStatus>(word.load() >> 48); }

}  // namespace

TEST_CASE("Questions come first, and every three seconds; packets wait for the answer, in order") {
  Relay relay(resolving());
  Output out = relay.run_both({to_a().bytes()}, {from_a().bytes()});
  CHECK_FRAMES(out.external, request_for_hop());
  CHECK_FRAMES(out.internal, solicitation_for_hop());
  CHECK(relay.wait(3 * kSecond - 1).external.empty());
  CHECK_FRAMES(relay.wait(1).external, request_for_hop());
  CHECK_EQ(relay.count(Counter::out_arp_request_packets), 2);
  CHECK_EQ(relay.count(Counter::out_ndp_ns_packets), 2);
  out = relay.run_both({arp_reply().bytes(), to_a().bytes()}, {advertisement(kSolicited).bytes(), from_a().bytes()});
  const Frame out4 = outside().ipv4(kShared, kHost).udp(kPortA, 53).payload(12);
  const Frame out6 = tunnelled().ipv4(kHost, kShared, {63}).udp(53, kPortA).payload(12);
  CHECK_FRAMES(out.external, out4, out4);
  CHECK_FRAMES(out.internal, out6, out6);
  CHECK(status(relay.state.external_next_hop) == NextHopStatus::resolved);
  CHECK(status(relay.state.internal_next_hop) == NextHopStatus::resolved);
}

TEST_CASE("What a change makes of the next hops is told with it, not a batch later") {
  Relay relay;
  relay.wait(1);
  CHECK(status(relay.state.external_next_hop) == NextHopStatus::static_mac);
  relay.configure(resolving());
  CHECK(status(relay.state.external_next_hop) == NextHopStatus::unresolved);
  CHECK(status(relay.state.internal_next_hop) == NextHopStatus::unresolved);
}

TEST_CASE("1023 packets wait; what comes then is dropped and counted") {
  Relay relay(resolving());
  relay.run(Port::internal, std::vector<Bytes>(1100, from_a().bytes()));
  CHECK_EQ(relay.count(Counter::drop_next_hop_queue_ipv4_packets), 1100 - 1023);
  CHECK_EQ(relay.external(arp_reply()).external.size(), 1023);
}

TEST_CASE("A next hop in use is asked again after half a minute: alone first, then all, then it is lost") {
  Relay relay(resolving());
  relay.external(arp_reply());
  relay.wait(kSecond);
  relay.internal(from_a());
  relay.wait(28 * kSecond);
  CHECK_EQ(relay.count(Counter::out_arp_request_packets), 1);
  CHECK_FRAMES(relay.wait(kSecond).external, request_for_hop(kExternalHop));
  CHECK(status(relay.state.external_next_hop) == NextHopStatus::probing);
  CHECK_EQ(relay.internal(from_a()).external.size(), 1);  // still forwarding
  CHECK_FRAMES(relay.wait(kSecond).external, request_for_hop());
  CHECK_FRAMES(relay.wait(kSecond).external, request_for_hop());
  CHECK(status(relay.state.external_next_hop) == NextHopStatus::probing);
  CHECK_FRAMES(relay.wait(kSecond).external, request_for_hop());
  CHECK(status(relay.state.external_next_hop) == NextHopStatus::unresolved);
  CHECK(relay.internal(from_a()).external.empty());
  CHECK_EQ(relay.external(arp_reply("02:00:00:00:00:33")).external.size(), 1);
}

TEST_CASE("An answer to a probe confirms; without use there is no probe") {
  Relay relay(resolving());
  relay.run_both({arp_reply().bytes()}, {advertisement(kSolicited).bytes(), from_a().bytes()});
  relay.wait(30 * kSecond);
  relay.external(arp_reply());
  CHECK(status(relay.state.external_next_hop) == NextHopStatus::resolved);
  const uint64_t asked = relay.count(Counter::out_arp_request_packets);
  for (int i = 0; i < 100; i++) relay.wait(kSecond);
  CHECK_EQ(relay.count(Counter::out_arp_request_packets), asked);
}

TEST_CASE("A next hop that was learned but never used is left in peace") {
  Relay relay(resolving());
  relay.run_both({arp_reply().bytes()}, {advertisement(kSolicited).bytes()});
  for (int i = 0; i < 100; i++) relay.wait(kSecond);
  CHECK_EQ(relay.count(Counter::out_arp_request_packets), 1);
  CHECK_EQ(relay.count(Counter::out_ndp_ns_packets), 1);
}

TEST_CASE("A changed next hop is resolved anew, an unchanged one is kept") {
  Settings settings = resolving();
  Relay relay(settings);
  relay.run_both({arp_reply().bytes()}, {advertisement(kSolicited).bytes()});
  settings.external.mtu = 1400;
  relay.configure(settings);
  CHECK_EQ(relay.internal(from_a()).external.size(), 1);
  settings.external_interface.next_hop_ip = ip4("203.0.113.77");
  relay.configure(settings);
  const Output asked = relay.internal(from_a());
  CHECK_FRAMES(asked.external, eth(kBroadcast, kExternalMac).arp(1, kExternalMac, kOurIp4, kNone, "203.0.113.77"));
  settings.external_interface.next_hop_ip.reset();
  settings.external_interface.next_hop_mac = mac(kExternalHop);
  relay.configure(settings);
  CHECK_EQ(relay.internal(from_a()).external.size(), 2);  // and the one that waited
}

TEST_CASE("Neighbour advertisements are believed as RFC 4861 says") {
  const char* const other = "02:00:00:00:00:44";
  const struct {
    std::string what;
    Frame first, second;
    const char* mac;
  } cases[] = {
      {"solicited", advertisement(kSolicited), advertisement(kSolicited), kInternalHop},
      {"unsolicited", advertisement(0), advertisement(0), kInternalHop},
      {"override", advertisement(kSolicited), advertisement(kOverride, other), other},
      {"no override", advertisement(kSolicited), advertisement(kSolicited, other), kInternalHop},
  };
  for (const auto& c : cases) {
    CAPTURE(c.what);
    Relay relay(resolving());
    relay.run(Port::internal, {c.first.bytes(), c.second.bytes()});
    CHECK_EQ(relay.state.internal_next_hop.load() & 0xffffffffffff,
             pack_next_hop(mac(c.mac).data(), NextHopStatus::unresolved));
    CHECK_EQ(relay.count(Counter::in_ndp_na_packets), 2);
  }
}

TEST_CASE("ARP requests for our address are answered with 42 bytes, others are not") {
  Relay relay;
  const char* const asker = "02:00:00:00:00:55";
  const Output out = relay.external(eth(kBroadcast, asker).arp(1, asker, "203.0.113.9", kNone, kOurIp4).padding(18));
  CHECK_FRAMES(out.external, eth(asker, kExternalMac).arp(2, kExternalMac, kOurIp4, asker, "203.0.113.9"));
  CHECK_EQ(relay.count(Counter::in_arp_request_bytes), 60);
  CHECK_EQ(relay.count(Counter::out_arp_reply_bytes), 42);
  CHECK_EQ(relay.count(Counter::out_ipv4_frag_not), 1);
  CHECK(relay.external(eth(kBroadcast, asker).arp(1, asker, "203.0.113.9", kNone, "203.0.113.2")).external.empty());
  CHECK(relay.external(eth(kBroadcast, asker).arp(3, asker, "203.0.113.9", kNone, kOurIp4)).external.empty());
  CHECK_EQ(relay.count(Counter::drop_invalid_arp_packets), 1);
}

TEST_CASE("Neighbour solicitations for our address are answered") {
  const char* const asker = "02:00:00:00:00:55";
  const auto ask = [&](const char* source, const char* destination, Ip6Fields fields = {255}) {
    return eth("33:33:ff:00:00:01", asker).ipv6(source, destination, fields).icmpv6(135, 0).append(address(kOurIp6));
  };
  const auto answer = [&](const char* destination) {
    return eth(asker, kInternalMac)
        .ipv6(kOurIp6, destination, {255})
        .icmpv6(136, 0, 0xc0000000)
        .append(address(kOurIp6))
        .append(link_layer(2, kInternalMac));
  };
  Relay relay;
  const char* const group = "ff02::1:ff00:1";
  CHECK_FRAMES(relay.internal(ask("fe80::9", group).append(link_layer(1, asker))).internal, answer("fe80::9"));
  CHECK_FRAMES(relay.internal(ask("::", kOurIp6)).internal, answer("ff02::1"));
  CHECK(relay.internal(ask("::", group)).internal.empty());
  CHECK(relay.internal(ask("::", kOurIp6).append(link_layer(1, asker))).internal.empty());
  CHECK(relay.internal(ask("fe80::9", group).append({1, 0})).internal.empty());
  CHECK(relay.internal(ask("fe80::9", group).append({1, 2, 0, 0, 0, 0, 0, 0})).internal.empty());
  CHECK_EQ(relay.count(Counter::in_ndp_ns_packets), 6);
  CHECK(relay.internal(ask("fe80::9", group, {254})).internal.empty());
  Bytes bad = ask("fe80::9", group).bytes();
  bad.back() ^= 1;
  CHECK(relay.run(Port::internal, {bad}).internal.empty());
  CHECK_EQ(relay.count(Counter::in_ndp_ns_packets), 6);
  CHECK_EQ(relay.count(Counter::drop_invalid_ndp_packets), 2);
  relay.internal(eth().ipv6("fe80::9", "ff02::1", {255}).icmpv6(134, 0).payload(8));
  CHECK_EQ(relay.count(Counter::drop_unused_ndp_packets), 1);
}

TEST_CASE("Neighbour discovery cut at any byte is counted and not answered") {
  const Bytes whole = eth("33:33:ff:00:00:01")
                          .ipv6("fe80::9", "ff02::1:ff00:1", {255})
                          .icmpv6(135, 0)
                          .append(address(kOurIp6))
                          .append(link_layer(1, kInternalHop))
                          .bytes();
  for (size_t length = 0; length < whole.size(); length++) {
    Relay relay;
    CHECK(
        relay.run(Port::internal, {Bytes(whole.begin(), whole.begin() + static_cast<long>(length))}).internal.empty());
  }
}

TEST_CASE("A shared next hop that was static is resolved once it no longer is") {
  NextHopCell shared;
  NextHop hop;
  hop.share(&shared);
  hop.set_static(mac(kExternalHop));
  hop.set_unresolved();
  CHECK(!hop.known());
}

TEST_CASE("A purged next hop is unknown to all who share it and asked for at once; a configured MAC stays") {
  NextHopCell shared;
  NextHop one, two;
  for (NextHop* hop : {&one, &two}) {
    hop->share(&shared);
    hop->set_unresolved();
  }
  CHECK(one.tick(0) == NextHop::Question::everyone);
  one.learn(mac(kExternalHop).data(), true, 1);
  two.purge();
  CHECK(!one.known());
  CHECK(one.tick(2) == NextHop::Question::everyone);
  NextHop configured;
  configured.set_static(mac(kExternalHop));
  configured.learn_from_router(mac(kInternalHop).data(), kSecond, 3);
  configured.purge();
  CHECK(configured.is_static());
  CHECK_EQ(configured.mac(), mac(kExternalHop));
}

TEST_CASE("Queues that share a next hop ask once and learn from each other") {
  NextHopCell shared;
  NextHop one, two;
  for (NextHop* hop : {&one, &two}) {
    hop->share(&shared);
    hop->set_unresolved();
  }
  CHECK(one.tick(0) == NextHop::Question::everyone);
  CHECK(two.tick(0) == NextHop::Question::none);
  CHECK(two.tick(3 * kSecond) == NextHop::Question::everyone);
  CHECK(one.tick(3 * kSecond) == NextHop::Question::none);
  one.learn(mac(kExternalHop).data(), true, 4 * kSecond);
  CHECK(two.known());
  CHECK_EQ(two.mac(), mac(kExternalHop));
}

TEST_CASE("Pings to the relay's own addresses are answered, whatever the policies") {
  Settings settings = resolving();
  settings.external.allow_incoming_icmp = settings.internal.allow_incoming_icmp = false;
  Relay relay(settings);
  relay.run(Port::external, {});
  const char* const asker = "02:00:00:00:00:55";
  const Output out4 = relay.external(eth(kExternalMac, asker)
                                         .ipv4(kHost, kOurIp4, {9, 0x20, 5, true, false, 0, 4})
                                         .icmp(8, 0, 0x00010002)
                                         .payload(33)
                                         .padding(3));
  CHECK_FRAMES(out4.external, eth(asker, kExternalMac)
                                  .ipv4(kOurIp4, kHost, {64, 0x20, 5, true, false, 0, 4})
                                  .icmp(0, 0, 0x00010002)
                                  .payload(33));
  const Output out6 = relay.internal(eth(kInternalMac, asker)
                                         .ipv6("2001:db8:f::1", kOurIp6, {9, 0x20, 0x12345})
                                         .icmpv6(128, 0, 0x00010002)
                                         .payload(33));
  CHECK_FRAMES(out6.internal, eth(asker, kInternalMac)
                                  .ipv6(kOurIp6, "2001:db8:f::1", {64, 0x20, 0x12345})
                                  .icmpv6(129, 0, 0x00010002)
                                  .payload(33));
  CHECK_EQ(relay.count(Counter::in_icmpv4_echo_packets), 1);
  CHECK_EQ(relay.count(Counter::out_icmpv6_echo_bytes), 95);
  CHECK_EQ(relay.count(Counter::in_ipv4_packets), 0);
}

}  // namespace lwaftr::test
