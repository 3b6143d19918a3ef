#include <doctest/doctest.h>

#include "relay.h"

namespace lwaftr::test {

TEST_CASE("A packet from its softwire leaves as it was sent") {
  Relay relay;
  const Output out = relay.internal(from_a());
  CHECK_FRAMES(out.external, outside().ipv4(kShared, kHost).udp(kPortA, 53).payload(12));
  CHECK_EQ(relay.count(Counter::in_ipv6_bytes), 94);
  CHECK_EQ(relay.count(Counter::out_ipv4_bytes), 54);
  CHECK_EQ(relay.count(Counter::out_ipv4_frag_not), 1);
}

TEST_CASE("Neither Ethernet padding nor bytes behind the inner packet travel") {
  Relay relay;
  const Output out = relay.internal(tunnel().ipv4(kShared, kHost).udp(kPortA, 53).payload(12).padding(9));
  CHECK_FRAMES(out.external, outside().ipv4(kShared, kHost).udp(kPortA, 53).payload(12));
  Bytes longer = from_a().bytes();
  longer.insert(longer.end(), {1, 2, 3});
  longer[14 + 5] += 3;  // the outer header claims them
  const Output trimmed = relay.run(Port::internal, {longer});
  CHECK_FRAMES(trimmed.external, outside().ipv4(kShared, kHost).udp(kPortA, 53).payload(12));
}

TEST_CASE("Outer and inner addresses must belong to one softwire") {
  const struct {
    std::string what;
    Frame packet;
    const char* answer_from;  // the br-address of the entry, or where the packet was sent to
  } cases[] = {
      {"another subscriber's port", tunnel(kB4a, kBr).ipv4(kShared, kHost).udp(kPortB, 53), kBr},
      {"nobody's port", tunnel(kB4a, kBr).ipv4(kShared, kHost).udp(kPortNone, 53), kBr},
      {"a reserved port", tunnel(kB4a, kBr).ipv4(kShared, kHost).udp(80, 53), kBr},
      {"nobody's address", tunnel(kB4a, kBr).ipv4("198.51.100.99", kHost).udp(kPortA, 53), kBr},
      {"a B4 that is none", tunnel("2001:db8:a::f", kBr).ipv4(kShared, kHost).udp(kPortA, 53), kBr},
      {"another br-address", tunnel(kB4c, kBr).ipv4(kWhole, kHost).udp(kPortA, 53), kBrC},
  };
  for (const auto& c : cases) {
    CAPTURE(c.what);
    Relay relay;
    const Output out = relay.internal(c.packet);
    CHECK(out.external.empty());
    CHECK_EQ(relay.count(Counter::drop_no_source_softwire_ipv6_packets), 1);
    CHECK_EQ(relay.count(Counter::drop_all_ipv6_iface_packets), 1);
    REQUIRE_EQ(out.internal.size(), 1);
    const Bytes sent = c.packet.bytes();
    char b4[64];
    std::snprintf(b4, sizeof b4, "%x:%x:%x:%x:%x:%x:%x:%x", sent[22] << 8 | sent[23], sent[24] << 8 | sent[25],
                  sent[26] << 8 | sent[27], sent[28] << 8 | sent[29], sent[30] << 8 | sent[31],
                  sent[32] << 8 | sent[33], sent[34] << 8 | sent[35], sent[36] << 8 | sent[37]);
    CHECK_FRAME(out.internal[0],
                eth(kInternalHop, kInternalMac).ipv6(c.answer_from, b4, {255}).icmpv6(1, 5).packet_of(c.packet));
    CHECK_EQ(relay.count(Counter::out_icmpv6_error_packets), 1);
    CHECK_EQ(relay.count(Counter::out_ipv6_packets), 1);
  }
}

TEST_CASE("Errors to B4s follow policy, the smallest MTU and the rate limit") {
  const Frame unwanted = tunnel().ipv4(kShared, kHost).udp(kPortNone, 53).payload(1300);
  SUBCASE("policy") {
    Settings settings = plain_settings();
    settings.internal.generate_icmp_errors = false;
    Relay relay(settings);
    CHECK(relay.internal(unwanted).internal.empty());
    CHECK_EQ(relay.count(Counter::drop_out_by_policy_icmpv6_packets), 1);
  }
  SUBCASE("size") {
    Relay relay;
    const Output out = relay.internal(unwanted);
    REQUIRE_EQ(out.internal.size(), 1);
    CHECK_EQ(out.internal[0].size(), 14 + 1280);
  }
  SUBCASE("rate") {
    Settings settings = plain_settings();
    settings.internal.error_rate_limiting = {1, 2};
    Relay relay(settings);
    CHECK_EQ(relay.run(Port::internal, std::vector<Bytes>(3, unwanted.bytes())).internal.size(), 1);
    CHECK_EQ(relay.count(Counter::drop_over_rate_limit_icmpv6_packets), 2);
    CHECK_EQ(relay.count(Counter::drop_over_rate_limit_icmpv6_bytes), 2 * 1294);
  }
  SUBCASE("multicast gets none") {
    Relay relay;
    CHECK(relay.internal(tunnel("ff02::1", kBr).ipv4(kShared, kHost).udp(kPortA, 53)).internal.empty());
    CHECK_EQ(relay.count(Counter::drop_out_by_rfc4443_icmpv6_packets), 1);
  }
}

TEST_CASE("The tunnel encapsulation limit is skipped; other extensions are an unknown protocol") {
  const struct {
    std::string what;
    Frame packet;
    Counter counter;
  } cases[] = {
      {"limit and padding", tunnel().destination_options({4, 1, 4, 1, 1, 0}), Counter::out_ipv4_packets},
      {"padding alone", tunnel().destination_options({1, 4, 0, 0, 0, 0}), Counter::out_ipv4_packets},
      {"longer", tunnel().destination_options({4, 1, 4, 1, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0}), Counter::out_ipv4_packets},
      {"an option that must not be skipped", tunnel().destination_options({0xc4, 1, 4, 1, 1, 0}),
       Counter::drop_unknown_protocol_ipv6_packets},
      {"an option beyond the header", tunnel().destination_options({4, 1, 4, 1, 9, 0}),
       Counter::drop_malformed_tunnel_ipv6_packets},
      {"a limit of the wrong size", tunnel().destination_options({4, 2, 4, 4, 1, 0}),
       Counter::drop_malformed_tunnel_ipv6_packets},
      {"two of them", tunnel().destination_options({1, 4, 0, 0, 0, 0}).destination_options({1, 4, 0, 0, 0, 0}),
       Counter::drop_unknown_protocol_ipv6_packets},
  };
  for (const auto& c : cases) {
    CAPTURE(c.what);
    Relay relay;
    Frame packet = c.packet;
    const Output out = relay.internal(packet.ipv4(kShared, kHost).udp(kPortA, 53));
    CHECK_EQ(relay.count(c.counter), 1);
    if (c.counter == Counter::out_ipv4_packets)
      CHECK_FRAMES(out.external, outside().ipv4(kShared, kHost).udp(kPortA, 53));
  }
}

TEST_CASE("What is neither tunnel nor ICMPv6 is an unknown protocol") {
  for (const uint8_t protocol : {0, 6, 17, 41, 43, 50, 51, 59, 135}) {
    CAPTURE(protocol);
    Relay relay;
    relay.internal(tunnel().protocol(protocol).payload(40));
    CHECK_EQ(relay.count(Counter::drop_unknown_protocol_ipv6_packets), 1);
    CHECK_EQ(relay.count(Counter::drop_all_ipv6_iface_bytes), 94);
  }
}

TEST_CASE("A malformed inner header ends in the tunnel") {
  const auto damaged = [](size_t at, uint8_t value) {
    Bytes frame = from_a().bytes();
    frame[54 + at] = value;
    return frame;
  };
  for (const Bytes& frame : {damaged(0, 0x65), damaged(0, 0x44), damaged(0, 0x4f), damaged(2, 1), damaged(3, 19)}) {
    CAPTURE(hex(frame));
    Relay relay;
    CHECK(relay.run(Port::internal, {frame}).external.empty());
    CHECK_EQ(relay.count(Counter::drop_malformed_tunnel_ipv6_packets), 1);
  }
  Relay relay;
  relay.internal(tunnel().protocol(4));
  CHECK_EQ(relay.count(Counter::drop_malformed_tunnel_ipv6_packets), 1);
}

TEST_CASE("A tunnelled frame cut at any byte is never forwarded") {
  for (const Frame& frame :
       {from_a(), tunnel().destination_options({4, 1, 4, 1, 1, 0}).ipv4(kShared, kHost).udp(kPortA, 53)}) {
    const Bytes whole = frame.bytes();
    for (size_t length = 0; length < whole.size(); length++) {
      CAPTURE(length);
      Relay relay;
      CHECK(relay.run(Port::internal, {Bytes(whole.begin(), whole.begin() + static_cast<long>(length))})
                .external.empty());
      // The same bytes, but with an outer header that claims no more: the inner header is checked as well.
      if (length < 54) continue;
      Bytes shorter(whole.begin(), whole.begin() + static_cast<long>(length));
      shorter[18] = static_cast<uint8_t>((length - 54) >> 8);
      shorter[19] = static_cast<uint8_t>(length - 54);
      CHECK(relay.run(Port::internal, {shorter}).external.empty());
    }
  }
}

TEST_CASE("Subscriber's ICMP is checked by identifier or quoted port") {
  const Frame received = eth().ipv4(kHost, kShared).udp(kPortA, 53);  // its source port stands for the subscriber [T]
  const struct {
    std::string what;
    Frame packet;
    bool leaves;
  } cases[] = {
      {"echo request", tunnel().ipv4(kShared, kHost).icmp(8, 0, uint32_t{kPortA} << 16 | 1), true},
      {"echo request of another", tunnel().ipv4(kShared, kHost).icmp(8, 0, uint32_t{kPortB} << 16 | 1), false},
      {"echo reply: port 0", tunnel().ipv4(kShared, kHost).icmp(0, 0, uint32_t{kPortA} << 16 | 1), false},
      {"error", tunnel().ipv4(kShared, kHost).icmp(3, 3).packet_of(received), true},
  };
  for (const auto& c : cases) {
    CAPTURE(c.what);
    Relay relay;
    CHECK_EQ(relay.internal(c.packet).external.size(), c.leaves ? 1 : 0);
  }
}

TEST_CASE("Too large for the internet: fragmented, or the subscriber hears of it through its tunnel") {
  Settings settings = plain_settings();
  settings.external.mtu = 1000;
  const auto packet = [](bool dont_fragment) {
    return tunnel().ipv4(kShared, kHost, {64, 0, 7, dont_fragment}).udp(kPortA, 53).payload(1000);
  };
  SUBCASE("do not fragment") {
    Relay relay(settings);
    const Output out = relay.internal(packet(true));
    CHECK(out.external.empty());
    const Frame inner = eth().ipv4(kShared, kHost, {64, 0, 7, true}).udp(kPortA, 53).payload(1000);
    CHECK_FRAMES(out.internal,
                 tunnelled().ipv4("203.0.113.1", kShared, {254, 0, 0}).icmp(3, 4, 1000).packet_of(inner, 0, 548));
    CHECK_EQ(relay.count(Counter::drop_over_external_mtu_but_dont_fragment_ipv4_packets), 1);
    CHECK_EQ(relay.count(Counter::out_ipv4_packets), 0);
    CHECK_EQ(relay.count(Counter::hairpin_ipv4_packets), 0);
  }
  SUBCASE("may be fragmented") {
    Relay relay(settings);
    const Output out = relay.internal(packet(false));
    const Frame whole = eth().ipv4(kShared, kHost).udp(kPortA, 53).payload(1000);
    CHECK_FRAMES(out.external,
                 outside().ipv4(kShared, kHost, {64, 0, 0x4243, false, true, 0}).protocol(17).packet_of(whole, 20, 976),
                 outside().ipv4(kShared, kHost, {64, 0, 0x4243, false, false, 976}).protocol(17).packet_of(whole, 996));
  }
}

TEST_CASE("Between two subscribers packets turn round in the relay") {
  Relay relay;
  const Output out = relay.internal(tunnel().ipv4(kShared, kWhole).udp(kPortA, 9));
  CHECK(out.external.empty());
  CHECK_FRAMES(out.internal, tunnelled(kB4c, kBrC).ipv4(kShared, kWhole, {63}).udp(kPortA, 9));
  CHECK_EQ(relay.count(Counter::hairpin_ipv4_packets), 1);
  CHECK_EQ(relay.count(Counter::in_ipv4_packets), 0);
  CHECK_EQ(relay.count(Counter::out_ipv4_packets), 0);
}

TEST_CASE("Hairpinned packets meet everything that packets from outside meet") {
  SUBCASE("nobody at that port, though the address is ours") {
    Relay relay;
    const Frame inner = eth().ipv4(kWhole, kShared).udp(1, kPortNone);
    const Output out = relay.internal(tunnel(kB4c, kBrC).ipv4(kWhole, kShared).udp(1, kPortNone));
    CHECK(out.external.empty());
    CHECK_FRAMES(out.internal,
                 tunnelled(kB4c, kBrC).ipv4("203.0.113.1", kWhole, {254, 0, 0}).icmp(3, 1).packet_of(inner));
    CHECK_EQ(relay.count(Counter::drop_all_ipv6_iface_bytes), 42 + 40);
  }
  SUBCASE("TTL") {
    Relay relay;
    const Output out = relay.internal(tunnel().ipv4(kShared, kWhole, {1}).udp(kPortA, 9));
    CHECK_EQ(relay.count(Counter::drop_ttl_zero_ipv4_packets), 1);
    CHECK_EQ(out.internal.size(), 1);
  }
  SUBCASE("switched off") {
    Settings settings = plain_settings();
    settings.hairpinning = false;
    Relay relay(settings);
    CHECK_EQ(relay.internal(tunnel().ipv4(kShared, kWhole).udp(kPortA, 9)).external.size(), 1);
  }
}

TEST_CASE("Encapsulations of a batch leave before errors and hairpinned packets") {
  Relay relay;
  relay.run(Port::internal, {});
  const Bytes hairpinned = tunnel().ipv4(kShared, kWhole).udp(kPortA, 9).bytes();
  const Bytes refused = tunnel().ipv4(kShared, kHost).udp(kPortNone, 9).bytes();
  const Output out = relay.run_both({to_a().bytes(), to_a().bytes()}, {hairpinned, refused});
  REQUIRE_EQ(out.internal.size(), 4);
  CHECK_EQ(out.internal[0][20], 4);
  CHECK_EQ(out.internal[1][20], 4);
  CHECK_EQ(out.internal[2][20], 58);
  CHECK_EQ(out.internal[3][20], 4);
}

}  // namespace lwaftr::test
