#include "slabs.h"

#include <doctest/doctest.h>
#include <sys/mman.h>

#include <map>
#include <random>

namespace lwaftr::test {
namespace {

struct Thing {
  uint64_t words[4];
};

// Whether a slab's first page is mapped.
bool mapped(const Thing& thing) {
  unsigned char there;
  const uintptr_t page = reinterpret_cast<uintptr_t>(&thing) & ~uintptr_t{4095};
  return mincore(reinterpret_cast<void*>(page), 1, &there) == 0;
}

}  // namespace

TEST_CASE("Things keep what they hold while others come, go, and give their slabs back") {
  std::mt19937 random(11);
  Slabs<Thing> slabs;
  std::map<uint32_t, uint64_t> held;
  Time now = 100 * kSecond;
  for (int step = 0; step < 60000; step++) {
    // Tides, so that slabs fill, empty and lie idle.
    const bool rising = step / 5000 % 2 == 0;
    if (random() % 10 < (rising ? 7u : 3u)) {
      const uint32_t index = slabs.take();
      REQUIRE_NE(index, Slabs<Thing>::kNone);
      REQUIRE_EQ(held.count(index), 0);
      const uint64_t value = random();
      slabs[index] = {{value, value, value, value}};
      held[index] = value;
    } else if (!held.empty()) {
      auto thing = held.lower_bound(random() % (held.rbegin()->first + 1));
      REQUIRE_EQ(slabs[thing->first].words[3], thing->second);
      slabs.give(thing->first);
      held.erase(thing);
    }
    slabs.trim(now += kSecond / 100);
    REQUIRE_EQ(slabs.used(), held.size());
  }
  for (const auto& [index, value] : held) CHECK_EQ(slabs[index].words[0], value);
}

TEST_CASE("A slab goes back when it lay empty for a while, not sooner, and not while one thing is in it") {
  Slabs<Thing> slabs;
  Time now = 100 * kSecond;
  const auto pass = [&](Time time) {
    for (const Time end = now + time; now < end; now += kSecond / 100) slabs.trim(now);
  };
  std::vector<uint32_t> taken;
  for (uint32_t i = 0; i < 3 * Slabs<Thing>::kItems; i++) taken.push_back(slabs.take());
  const uint32_t kept = taken.front();
  const Thing& first = slabs[kept];
  const Thing& last = slabs[taken.back()];
  pass(20 * kSecond);
  for (uint32_t index : taken) {
    if (index != kept) slabs.give(index);
  }
  pass(Slabs<Thing>::kIdle / 2);
  CHECK(mapped(last));
  pass(20 * kSecond);
  CHECK(mapped(first));
  CHECK_FALSE(mapped(last));
  CHECK_EQ(slabs.used(), 1);
}

}  // namespace lwaftr::test
