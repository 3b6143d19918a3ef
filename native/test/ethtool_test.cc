// The table by which a card spreads hashes over its receive queues. Cards that have one are not at hand.
#include "io/ethtool.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

namespace lwaftr {
namespace {

using Table = std::vector<uint32_t>;

TEST_CASE("each queue has as many entries, and few change") {
  const struct {
    std::string sentence;
    Table before, queues, after;
  } cases[] = {
      {"all of them, as dealt by the card", {0, 1, 2, 3, 0, 1, 2, 3}, {0, 1, 2, 3}, {0, 1, 2, 3, 0, 1, 2, 3}},
      {"all of them, with an operator's weights", {0, 0, 0, 0, 0, 0, 1, 2}, {0, 1, 2}, {0, 0, 0, 0, 0, 0, 1, 2}},
      {"one goes", {0, 1, 2, 3, 0, 1, 2, 3}, {0, 1, 2}, {0, 1, 2, 0, 0, 1, 2, 1}},
      {"one comes", {0, 0, 0, 0, 0, 0, 0, 0}, {0, 1}, {0, 0, 0, 0, 1, 1, 1, 1}},
      {"one comes beside two", {0, 1, 0, 1, 0, 1, 0, 1}, {0, 1, 3}, {0, 1, 0, 1, 0, 1, 3, 3}},
      {"one takes another's place", {0, 1, 0, 1}, {0, 2}, {0, 2, 0, 2}},
      {"more queues than entries", {0, 0}, {0, 1, 2}, {0, 1}},
      {"the first of the card is not used", {0, 1, 2, 3}, {2}, {2, 2, 2, 2}},
  };
  for (const auto& c : cases) {
    CAPTURE(c.sentence);
    CHECK(deal_hashes(c.before, c.queues) == c.after);
  }
}

TEST_CASE("no table of any size leaves a queue out or has another") {
  for (const size_t size : {1u, 2u, 7u, 128u}) {
    for (uint32_t count = 1; count <= 9; count++) {
      Table queues;
      for (uint32_t i = 0; i < count; i++) queues.push_back(3 * i);
      const Table after = deal_hashes(Table(size, 5), queues);
      REQUIRE(after.size() == size);
      for (const uint32_t queue : queues) {
        const auto entries = static_cast<size_t>(std::count(after.begin(), after.end(), queue));
        CHECK(entries >= size / count);
        CHECK(entries <= size / count + 1);
      }
    }
  }
}

}  // namespace
}  // namespace lwaftr
