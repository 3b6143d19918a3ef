#include "io/shared_next_hops.h"

#include <doctest/doctest.h>

using namespace lwaftr;

TEST_CASE("queues of a link share a next hop by address and VLAN, and a configured MAC shares nothing") {
  ExternalInterface one;
  one.next_hop_ip = Ipv4Address{192, 0, 2, 1};
  ExternalInterface tagged = one, other = one, configured;
  tagged.vlan_tag = 42;
  other.next_hop_ip = Ipv4Address{192, 0, 2, 2};
  configured.next_hop_mac = MacAddress{2, 0, 0, 0, 0, 1};

  NextHopCell* cell = shared_next_hop("eth0", one);
  CHECK(cell != nullptr);
  CHECK(shared_next_hop("eth0", one) == cell);
  CHECK(shared_next_hop("eth1", one) != cell);
  CHECK(shared_next_hop("eth0", tagged) != cell);
  CHECK(shared_next_hop("eth0", other) != cell);
  CHECK(shared_next_hop("eth0", configured) == nullptr);
}
