#include <doctest/doctest.h>

#include "relay.h"

namespace lwaftr::test {

TEST_CASE("A packet from the internet enters the softwire of its destination and port") {
  Relay relay;
  const Output out = relay.external(to_a());
  CHECK_FRAMES(out.internal, tunnelled().ipv4(kHost, kShared, {63}).udp(53, kPortA).payload(12));
  CHECK_EQ(relay.count(Counter::in_ipv4_packets), 1);
  CHECK_EQ(relay.count(Counter::in_ipv4_bytes), 54);
  CHECK_EQ(relay.count(Counter::out_ipv6_bytes), 94);
  CHECK_EQ(relay.count(Counter::out_ipv6_frag_not), 1);
}

TEST_CASE("Ports choose the subscriber, and reserved ports belong to nobody") {
  struct {
    uint16_t port;
    const char* b4;
  } const cases[] = {{kPortA, kB4a}, {kPortB, kB4b}, {kPortNone, nullptr}, {64, nullptr}, {1023, nullptr}};
  for (const auto& c : cases) {
    CAPTURE(c.port);
    Relay relay;
    const Output out = relay.external(eth().ipv4(kHost, kShared).udp(53, c.port));
    if (c.b4) {
      CHECK_FRAMES(out.internal, tunnelled(c.b4).ipv4(kHost, kShared, {63}).udp(53, c.port));
    } else {
      CHECK(out.internal.empty());
      CHECK_EQ(relay.count(Counter::drop_no_dest_softwire_ipv4_packets), 1);
    }
  }
}

TEST_CASE("DSCP and ECN become the traffic class, and the flow label is the configured one") {
  Settings settings = plain_settings();
  settings.flow_label = 0xabcde;
  Relay relay(settings);
  const Output out = relay.external(eth().ipv4(kHost, kWhole, {64, 0xb9}).tcp(80, 9));
  CHECK_FRAMES(out.internal, eth(kInternalHop, kInternalMac)
                                 .ipv6(kBrC, kB4c, {255, 0xb9, 0xabcde})
                                 .ipv4(kHost, kWhole, {63, 0xb9})
                                 .tcp(80, 9));
}

TEST_CASE("Ethernet padding does not travel") {
  Relay relay;
  const Output out = relay.external(to_a().padding(17));
  CHECK_FRAMES(out.internal, tunnelled().ipv4(kHost, kShared, {63}).udp(53, kPortA).payload(12));
  CHECK_EQ(relay.count(Counter::in_ipv4_bytes), 54);
}

TEST_CASE("A packet whose TTL ends here is answered with the TTL it has then") {
  for (const uint8_t ttl : {uint8_t{0}, uint8_t{1}}) {
    CAPTURE(ttl);
    Relay relay;
    const Output out = relay.external(eth().ipv4(kHost, kWhole, {ttl}).udp(1, 2).payload(8));
    CHECK_FRAMES(out.external, outside()
                                   .ipv4("203.0.113.1", kHost, {255, 0, 0})
                                   .icmp(11, 0)
                                   .packet_of(eth().ipv4(kHost, kWhole, {0}).udp(1, 2).payload(8)));
    CHECK_EQ(relay.count(Counter::drop_ttl_zero_ipv4_bytes), 50);
    CHECK_EQ(relay.count(Counter::drop_all_ipv4_iface_packets), 1);
    CHECK_EQ(relay.count(Counter::out_icmpv4_error_bytes), 78);
  }
}

TEST_CASE("What does not fit in the tunnel is fragmented, or answered where that is forbidden") {
  Settings settings = plain_settings();
  settings.internal.mtu = 1280;
  const auto packet = [](bool dont_fragment, size_t length) {
    return eth().ipv4(kHost, kWhole, {64, 0, 7, dont_fragment}).udp(1, 2).payload(length);
  };
  SUBCASE("the largest that fits") {
    Relay relay(settings);
    CHECK_EQ(relay.external(packet(true, 1240 - 28)).internal.size(), 1);
  }
  SUBCASE("one byte more, do not fragment") {
    Relay relay(settings);
    const Output out = relay.external(packet(true, 1240 - 27));
    const Frame quoted = eth().ipv4(kHost, kWhole, {63, 0, 7, true}).udp(1, 2).payload(1240 - 27);
    CHECK_FRAMES(out.external,
                 outside().ipv4("203.0.113.1", kHost, {255, 0, 0}).icmp(3, 4, 1240).packet_of(quoted, 0, 548));
    CHECK_EQ(out.external[0].size(), 590);
    CHECK_EQ(relay.count(Counter::drop_over_mtu_but_dont_fragment_ipv4_packets), 1);
  }
  SUBCASE("one byte more, may be fragmented") {
    Relay relay(settings);
    const Output out = relay.external(packet(false, 1240 - 27));
    const Frame whole = tunnelled(kB4c, kBrC).ipv4(kHost, kWhole, {63, 0, 7}).udp(1, 2).payload(1240 - 27);
    const auto fragment = [&](uint16_t offset, bool more, size_t length) {
      return tunnelled(kB4c, kBrC).fragment6(offset, more, 0x42424243, 4).packet_of(whole, 40u + offset, length);
    };
    CHECK_FRAMES(out.internal, fragment(0, true, 1232), fragment(1232, false, 9));
    CHECK_EQ(relay.count(Counter::out_ipv6_frag), 2);
    CHECK_EQ(relay.count(Counter::out_ipv6_packets), 1);
  }
}

TEST_CASE("Nobody home: host unreachable, but silence for ICMP and by policy") {
  SUBCASE("answered") {
    Relay relay;
    const Frame packet = eth().ipv4(kHost, kShared, {57}).tcp(80, kPortNone);
    const Output out = relay.external(packet);
    CHECK_FRAMES(out.external, outside().ipv4("203.0.113.1", kHost, {255, 0, 0}).icmp(3, 1).packet_of(packet));
  }
  SUBCASE("an echo request for nobody") {
    Relay relay;
    CHECK(relay.external(eth().ipv4(kHost, "198.51.100.99").icmp(8, 0, 5)).external.empty());
    CHECK_EQ(relay.count(Counter::drop_in_by_rfc7596_icmpv4_packets), 1);
  }
  SUBCASE("policy") {
    Settings settings = plain_settings();
    settings.external.generate_icmp_errors = false;
    Relay relay(settings);
    CHECK(relay.external(eth().ipv4(kHost, kShared).tcp(80, kPortNone)).external.empty());
    CHECK_EQ(relay.count(Counter::drop_out_by_policy_icmpv4_packets), 1);
  }
}

TEST_CASE("There is no error about what did not come from, or go to, one host") {
  const char* const sources[] = {"0.0.0.0", "0.1.2.3", "127.0.0.1", "224.0.0.5", "240.0.0.1", "255.255.255.255"};
  for (const char* source : sources) {
    CAPTURE(source);
    Relay relay;
    CHECK(relay.external(eth().ipv4(source, kShared).udp(1, kPortNone)).external.empty());
    CHECK_EQ(relay.count(Counter::drop_out_by_rfc1812_icmpv4_packets), 1);
  }
  for (const char* destination : {"224.0.0.1", "255.255.255.255"}) {
    CAPTURE(destination);
    Relay relay;
    CHECK(relay.external(eth().ipv4(kHost, destination).udp(1, 2)).external.empty());
  }
}

TEST_CASE("A header with a bad checksum is not encapsulated") {
  Relay relay;
  Bytes frame = to_a().bytes();
  frame[14 + 10] ^= 1;
  CHECK(relay.run(Port::external, {frame}).internal.empty());
  CHECK_EQ(relay.count(Counter::drop_bad_checksum_ipv4_packets), 1);
  CHECK_EQ(relay.count(Counter::drop_all_ipv4_iface_packets), 1);
}

TEST_CASE("ICMP from the internet finds its subscriber by identifier or quoted port") {
  const Frame sent_by_a = eth().ipv4(kShared, kHost).udp(kPortA, 53);
  const struct {
    std::string what;
    Frame packet;
    bool arrives;
  } cases[] = {
      {"echo reply", eth().ipv4(kHost, kShared).icmp(0, 0, uint32_t{kPortA} << 16 | 1).payload(9), true},
      {"echo reply for nobody", eth().ipv4(kHost, kShared).icmp(0, 0, uint32_t{kPortNone} << 16 | 1), false},
      {"echo request: port 0", eth().ipv4(kHost, kShared).icmp(8, 0, uint32_t{kPortA} << 16 | 1), false},
      {"error", eth().ipv4(kHost, kShared).icmp(3, 3).packet_of(sent_by_a), true},
      {"error with a quote too short for ports", eth().ipv4(kHost, kShared).icmp(3, 3).packet_of(sent_by_a, 0, 21),
       false},
      {"error without a quote", eth().ipv4(kHost, kShared).icmp(11, 0), false},
      {"query that quotes nothing, for a whole address", eth().ipv4(kHost, kWhole).icmp(17, 0).payload(4), true},
  };
  for (const auto& c : cases) {
    CAPTURE(c.what);
    Relay relay;
    CHECK_EQ(relay.external(c.packet).internal.size(), c.arrives ? 1 : 0);
  }
}

TEST_CASE("ICMP is let in by policy, and only with a right checksum") {
  const Frame reply = eth().ipv4(kHost, kShared).icmp(0, 0, uint32_t{kPortA} << 16).payload(3);
  SUBCASE("policy") {
    Settings settings = plain_settings();
    settings.external.allow_incoming_icmp = false;
    Relay relay(settings);
    CHECK(relay.external(reply).internal.empty());
    CHECK_EQ(relay.count(Counter::drop_in_by_policy_icmpv4_packets), 1);
  }
  SUBCASE("checksum") {
    Relay relay;
    Bytes frame = reply.bytes();
    frame.back() ^= 0x40;
    CHECK(relay.run(Port::external, {frame}).internal.empty());
    CHECK_EQ(relay.count(Counter::drop_bad_checksum_icmpv4_packets), 1);
  }
  SUBCASE("no error about an error") {
    Relay relay;
    const Frame error =
        eth().ipv4(kHost, kShared, {1}).icmp(3, 3).packet_of(eth().ipv4(kShared, kHost).udp(kPortA, 53));
    CHECK(relay.external(error).external.empty());
    CHECK_EQ(relay.count(Counter::drop_ttl_zero_ipv4_packets), 1);
    CHECK_EQ(relay.count(Counter::drop_out_by_rfc1812_icmpv4_packets), 1);
  }
}

TEST_CASE("Errors are limited in each window, and those held back are counted") {
  Settings settings = plain_settings();
  settings.external.error_rate_limiting = {3, 2};
  Relay relay(settings);
  const std::vector<Bytes> unwanted(5, eth().ipv4(kHost, kShared).udp(1, kPortNone).bytes());
  CHECK_EQ(relay.run(Port::external, unwanted).external.size(), 3);
  relay.now = 2 * kSecond - 1;
  CHECK_EQ(relay.run(Port::external, unwanted).external.size(), 0);
  relay.now = 2 * kSecond;
  CHECK_EQ(relay.run(Port::external, unwanted).external.size(), 3);
  CHECK_EQ(relay.count(Counter::drop_over_rate_limit_icmpv4_packets), 9);
  CHECK_EQ(relay.count(Counter::out_icmpv4_error_packets), 6);
}

TEST_CASE("Broken IPv4 headers are dropped under their own names") {
  const auto damaged = [](size_t at, uint8_t value) {
    Bytes frame = to_a().bytes();
    frame[at] = value;
    return frame;
  };
  const struct {
    std::string what;
    Bytes frame;
    Counter counter;
  } cases[] = {
      {"header length below 5", damaged(14, 0x44), Counter::drop_malformed_ipv4_packets},
      {"header longer than the packet", damaged(14, 0x4f), Counter::drop_malformed_ipv4_packets},
      {"total length beyond the frame", damaged(16, 1), Counter::drop_malformed_ipv4_packets},
      {"total length below the header", damaged(17, 19), Counter::drop_malformed_ipv4_packets},
      {"version 6", damaged(14, 0x65), Counter::drop_bad_version_ipv4_packets},
      {"another EtherType", damaged(13, 1), Counter::drop_misplaced_not_ipv4_packets},
      {"no port", eth().ipv4(kHost, kWhole).protocol(17).payload(3).bytes(), Counter::drop_no_port_ipv4_packets},
  };
  for (const auto& c : cases) {
    CAPTURE(c.what);
    Relay relay;
    const Output out = relay.run(Port::external, {c.frame});
    CHECK(out.internal.empty());
    CHECK_EQ(relay.count(c.counter), 1);
  }
}

TEST_CASE("A frame cut at any byte is never forwarded, and always counted") {
  const Bytes whole = to_a().bytes();
  for (size_t length = 0; length < whole.size(); length++) {
    CAPTURE(length);
    Relay relay;
    const Output out = relay.run(Port::external, {Bytes(whole.begin(), whole.begin() + static_cast<long>(length))});
    CHECK(out.internal.empty());
    CHECK(out.external.empty());
  }
}

}  // namespace lwaftr::test
