#include <doctest/doctest.h>

#include "relay.h"

namespace lwaftr::test {

TEST_CASE("The segment size of SYNs is lowered on the side they leave by, never raised") {
  const struct {
    std::string what;
    uint8_t flags;
    std::initializer_list<uint8_t> options, clamped;
  } cases[] = {
      {"SYN", 0x02, {2, 4, 0x05, 0xb4}, {2, 4, 0x05, 0x00}},
      {"SYN and ACK", 0x12, {1, 1, 1, 2, 4, 0x05, 0xb4, 0}, {1, 1, 1, 2, 4, 0x05, 0x00, 0}},
      {"small enough", 0x02, {2, 4, 0x04, 0xff}, {2, 4, 0x04, 0xff}},
      {"no SYN", 0x10, {2, 4, 0x05, 0xb4}, {2, 4, 0x05, 0xb4}},
      {"no MSS", 0x02, {4, 2, 1, 1}, {4, 2, 1, 1}},
      {"behind the end of options", 0x02, {0, 0, 0, 0, 2, 4, 0x05, 0xb4}, {0, 0, 0, 0, 2, 4, 0x05, 0xb4}},
      {"an option without length", 0x02, {3, 0, 2, 4}, {3, 0, 2, 4}},
      {"an option beyond the header", 0x02, {2, 9, 0x05, 0xb4}, {2, 9, 0x05, 0xb4}},
  };
  for (const auto& c : cases) {
    CAPTURE(c.what);
    Settings settings = plain_settings();
    settings.external.tcp_mss = settings.internal.tcp_mss = 0x500;
    Relay relay(settings);
    const Output out = relay.run_both({eth().ipv4(kHost, kWhole).tcp(80, 9, c.flags, c.options).payload(3).bytes()},
                                      {tunnel().ipv4(kShared, kHost).tcp(kPortA, 80, c.flags, c.options).bytes()});
    CHECK_FRAMES(out.internal,
                 tunnelled(kB4c, kBrC).ipv4(kHost, kWhole, {63}).tcp(80, 9, c.flags, c.clamped).payload(3));
    CHECK_FRAMES(out.external, outside().ipv4(kShared, kHost).tcp(kPortA, 80, c.flags, c.clamped));
  }
}

TEST_CASE("A TCP header that ends early is left alone") {
  Settings settings = plain_settings();
  settings.internal.tcp_mss = 536;
  Relay relay(settings);
  CHECK_EQ(relay.external(eth().ipv4(kHost, kWhole).protocol(6).payload(19)).internal.size(), 1);
}

}  // namespace lwaftr::test
