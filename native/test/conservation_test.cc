#include "conservation.h"

#include <doctest/doctest.h>

#include "relay.h"

namespace lwaftr::test {

TEST_CASE("A frame that ends without a name, or twice, breaks the law") {
  Relay relay;
  relay.external(to_a());
  REQUIRE(balance(relay.counters).holds(0));
  SUBCASE("never counted again") { relay.counters.add(Counter::in_external_packets); }
  SUBCASE("sent from nowhere") { relay.counters.add(Counter::out_internal_packets); }
  SUBCASE("said to be held") {
    CHECK_FALSE(balance(relay.counters).holds(1));
    return;
  }
  CHECK_FALSE(balance(relay.counters).holds(0));
}

}  // namespace lwaftr::test
