#include <doctest/doctest.h>

#include "filter.h"
#include "relay.h"

namespace lwaftr::test {

TEST_CASE("Filters see whole, untagged packets on each way, and count what they refuse") {
  const struct {
    std::string what;
    std::string SidePolicy::*filter;
    bool external;
    const char* pflang;
    Counter counter;
  } cases[] = {
      {"ingress 4", &SidePolicy::ingress_filter, true, "udp dst port 53", Counter::drop_ingress_filter_ipv4_packets},
      {"egress 4", &SidePolicy::egress_filter, true, "udp src port 9", Counter::drop_egress_filter_ipv4_packets},
      {"ingress 6", &SidePolicy::ingress_filter, false, "ip6 src 2001:db8:a::c",
       Counter::drop_ingress_filter_ipv6_packets},
      {"egress 6", &SidePolicy::egress_filter, false, "ip6 dst 2001:db8:a::c",
       Counter::drop_egress_filter_ipv6_packets},
  };
  for (const auto& c : cases) {
    CAPTURE(c.what);
    Settings settings = plain_settings();
    (c.external ? settings.external : settings.internal).*c.filter = c.pflang;
    Relay relay(settings);
    const Output out = relay.run_both({to_a().bytes()}, {from_a().bytes()});
    CHECK_EQ(relay.count(c.counter), 1);
    CHECK_EQ(out.external.size() + out.internal.size(), 1);
  }
}

TEST_CASE("An ingress filter for IP keeps ARP out") {
  Settings settings = plain_settings();
  settings.external.ingress_filter = "ip";
  Relay relay(settings);
  CHECK(relay.external(eth().arp(1, kExternalHop, kHost, "00:00:00:00:00:00", "203.0.113.1")).external.empty());
  CHECK_EQ(relay.count(Counter::in_ipv4_frag_reassembly_unneeded), 1);
  CHECK_EQ(relay.count(Counter::in_arp_request_packets), 0);
}

TEST_CASE("A filter that does not compile says why and lets nothing pass") {
  Filter filter;
  CHECK_EQ(filter.compile("tcp"), "");
  CHECK_NE(filter.compile("no such thing"), "");
  CHECK(filter.active());
  CHECK_EQ(filter.compile(""), "");
  CHECK(!filter.active());
}

}  // namespace lwaftr::test
