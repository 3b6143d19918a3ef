#include <doctest/doctest.h>

#include "relay.h"

namespace lwaftr::test {
namespace {

// What the relay sent into A's tunnel, and an error about it from a router on the way.
Frame sent() { return tunnelled().ipv4(kHost, kShared, {63, 0, 7}).udp(53, kPortA).payload(1200); }
Frame inner() { return eth().ipv4(kHost, kShared, {63, 0, 7}).udp(53, kPortA).payload(1200); }
Frame error6(uint8_t type, uint8_t code, uint32_t rest = 0) {
  return eth(kInternalMac).ipv6("2001:db8:f::1", kBr).icmpv6(type, code, rest);
}
Frame error4(uint8_t type, uint8_t code, uint32_t rest = 0) {
  return outside().ipv4("203.0.113.1", kHost, {255, 0, 0}).icmp(type, code, rest).packet_of(inner(), 0, 548);
}

}  // namespace

TEST_CASE("ICMPv6 errors about what we sent become ICMPv4 errors for its sender") {
  const struct {
    uint8_t type, code;
    uint32_t rest;
    Frame relayed;
  } cases[] = {
      {1, 0, 0, error4(3, 1)},
      {1, 3, 0, error4(3, 1)},
      {3, 0, 0, error4(3, 1)},
      {4, 1, 0, error4(3, 1)},
      {0, 0, 0, error4(3, 1)},
      {2, 0, 1280, error4(3, 4, 1228)},
      {2, 0, 1200, error4(3, 4, 1160)},
      {2, 0, 100, error4(3, 4, 68)},
      {2, 0, 0, error4(3, 4, 68)},
      {2, 0, 0xffffffff, error4(3, 4, 1228)},
      {2, 0, 0x00010000, error4(3, 4, 1228)},
  };
  for (const auto& c : cases) {
    CAPTURE(int(c.type));
    CAPTURE(c.rest);
    Relay relay;
    const Output out = relay.internal(error6(c.type, c.code, c.rest).packet_of(sent(), 0, 1232));
    CHECK_FRAMES(out.external, c.relayed);
    CHECK_EQ(relay.count(Counter::in_icmpv6_error_packets), 1);
    CHECK_EQ(relay.count(Counter::drop_all_ipv6_iface_packets), 0);
  }
}

TEST_CASE("Other types and codes are counted as in the reference") {
  const struct {
    uint8_t type, code;
    Counter counter;
  } cases[] = {{2, 1, Counter::drop_too_big_type_but_not_code_icmpv6_packets},
               {3, 1, Counter::drop_over_time_but_not_hop_limit_icmpv6_packets},
               {5, 0, Counter::drop_unknown_protocol_icmpv6_packets},
               {128, 1, Counter::drop_unknown_protocol_icmpv6_packets},
               {129, 0, Counter::drop_unknown_protocol_icmpv6_packets}};
  for (const auto& c : cases) {
    CAPTURE(int(c.type));
    Relay relay;
    CHECK(relay.internal(error6(c.type, c.code).packet_of(sent(), 0, 200)).external.empty());
    CHECK_EQ(relay.count(c.counter), 1);
    CHECK_EQ(relay.count(Counter::drop_all_ipv6_iface_packets), 1);
  }
}

TEST_CASE("An error about a packet that we could not have sent is not believed") {
  const auto about = [](const Frame& quoted) { return error6(1, 0).packet_of(quoted, 0, 500); };
  const struct {
    std::string what;
    Frame packet;
  } cases[] = {
      {"another br-address", about(tunnelled(kB4a, kBrC).ipv4(kHost, kShared).udp(53, kPortA))},
      {"another B4", about(tunnelled(kB4b, kBr).ipv4(kHost, kShared).udp(53, kPortA))},
      {"nobody's port", about(tunnelled().ipv4(kHost, kShared).udp(53, kPortNone))},
      {"no tunnel", about(eth().ipv6(kBr, kB4a).udp(53, kPortA))},
      {"no quote", error6(1, 0)},
      {"a quote without ports", error6(1, 0).packet_of(sent(), 0, 62)},
      {"half a quote", error6(1, 0).packet_of(sent(), 0, 45)},
      {"a later fragment", error6(1, 0).packet_of(tunnelled().fragment6(8, true, 1, 4).packet_of(inner()), 0, 200)},
  };
  for (const auto& c : cases) {
    CAPTURE(c.what);
    Relay relay;
    CHECK(relay.internal(c.packet).external.empty());
    CHECK_EQ(relay.count(Counter::drop_unverified_icmpv6_packets), 1);
  }
}

TEST_CASE("An error about the first fragment of a packet counts for the packet") {
  Relay relay;
  const Frame fragment = tunnelled().fragment6(0, true, 1, 4).packet_of(inner(), 0, 1000);
  const Output out = relay.internal(error6(1, 3).packet_of(fragment));
  CHECK_FRAMES(out.external, error4(3, 1));
}

TEST_CASE("A bad ICMPv6 checksum is counted and not believed") {
  Relay relay;
  Bytes frame = error6(1, 0).packet_of(sent(), 0, 200).bytes();
  frame.back() ^= 1;
  CHECK(relay.run(Port::internal, {frame}).external.empty());
  CHECK_EQ(relay.count(Counter::drop_bad_checksum_icmpv6_packets), 1);
}

TEST_CASE("ICMPv6 is let in by policy; generate-icmp-errors has no say") {
  Settings settings = plain_settings();
  settings.external.generate_icmp_errors = settings.internal.generate_icmp_errors = false;
  Relay relay(settings);
  CHECK_EQ(relay.internal(error6(1, 0).packet_of(sent(), 0, 500)).external.size(), 1);
  settings.internal.allow_incoming_icmp = false;
  relay.configure(settings);
  CHECK(relay.internal(error6(1, 0).packet_of(sent(), 0, 500)).external.empty());
  CHECK_EQ(relay.count(Counter::drop_in_by_policy_icmpv6_packets), 1);
}

TEST_CASE("An error about an ICMP error is not relayed; one about an echo is") {
  const Frame quoted = eth().ipv4(kShared, kHost).udp(kPortA, 53);
  Relay relay;
  CHECK(relay.internal(error6(1, 0).packet_of(tunnelled().ipv4(kHost, kShared).icmp(3, 3).packet_of(quoted)))
            .external.empty());
  CHECK_EQ(relay.count(Counter::drop_out_by_rfc1812_icmpv4_packets), 1);
  const Frame reply = tunnelled().ipv4(kHost, kShared).icmp(0, 0, uint32_t{kPortA} << 16);
  CHECK_EQ(relay.internal(error6(1, 0).packet_of(reply)).external.size(), 1);
}

TEST_CASE("An error for a subscriber goes through its tunnel") {
  Relay relay;
  const Frame from_c = tunnelled().ipv4(kWhole, kShared, {63}).udp(9, kPortA);
  const Output out = relay.internal(error6(1, 0).packet_of(from_c));
  CHECK_FRAMES(out.internal, tunnelled(kB4c, kBrC)
                                 .ipv4("203.0.113.1", kWhole, {254, 0, 0})
                                 .icmp(3, 1)
                                 .packet_of(eth().ipv4(kWhole, kShared, {63}).udp(9, kPortA)));
}

}  // namespace lwaftr::test
