// One writer edits, readers look up, an oracle watches: never half a softwire, never somebody else's, never an absent
// one where one has been all along. ThreadSanitizer watches as well: `make threads`.
#include <doctest/doctest.h>

#include <atomic>
#include <cstring>
#include <random>
#include <thread>
#include <vector>

#include "core/binding_table_writer.h"

using namespace lwaftr;

namespace {

// Every word of a softwire tells (ipv4, psid) and the version, so that a torn or misdirected one gives itself away.
SoftwireRecord marked(uint32_t ipv4, uint16_t psid, PortSet port_set, uint32_t version) {
  SoftwireRecord r{};
  for (int i = 0; i < 4; i++) r.ipv4[i] = static_cast<uint8_t>(ipv4 >> (24 - 8 * i));
  r.psid = psid;
  r.psid_length = port_set.psid_length;
  const uint64_t mark = uint64_t{ipv4 & 0xffff} << 48 | uint64_t{psid} << 32 | version;
  for (int i = 0; i < 2; i++) {
    std::memcpy(&r.b4_ipv6[8 * i], &mark, 8);
    std::memcpy(&r.br_address[8 * i], &mark, 8);
  }
  return r;
}

bool whole(const Softwire& softwire, uint32_t ipv4, uint32_t psid) {
  uint64_t words[4];
  std::memcpy(words, &softwire, sizeof words);
  return words[0] == words[1] && words[0] == words[2] && words[0] == words[3] &&
         words[0] >> 32 == ((ipv4 & 0xffff) << 16 | psid);
}

constexpr uint32_t kBase = 0xc6120000;
constexpr uint32_t kAddresses = 16;
// Even PSIDs of the lower addresses are never deleted; the upper addresses change their port sets as well.
bool always_there(uint32_t address, uint32_t psid) { return address < kAddresses / 2 && psid % 2 == 0; }

}  // namespace

TEST_CASE("readers beside an editing writer see whole softwires, each its own") {
  BindingTableWriter writer;
  REQUIRE(writer.create("") == 0);
  std::vector<SoftwireRecord> records;
  for (uint32_t a = 0; a < kAddresses; a++)
    for (uint16_t psid = 0; psid < 16; psid++)
      records.push_back(marked(kBase + a, psid, {a % 2 ? uint8_t{12} : uint8_t{4}}, 1));
  RuleBreach breach;
  REQUIRE(writer.build(records.data(), records.size(), breach) == 0);
  REQUIRE(breach.rule == Rule::none);

  std::atomic<bool> stop{false};
  std::atomic<uint64_t> wrong{0}, lost{0}, looked{0};
  auto read = [&](unsigned seed) {
    std::mt19937 random(seed);
    LookupKey keys[64];
    LookupResult results[64];
    while (!stop.load(std::memory_order_relaxed)) {
      for (auto& key : keys) {
        const uint32_t a = random() % kAddresses;
        const uint32_t psid = random() % 16;
        key = {kBase + a, static_cast<uint16_t>(psid << (a % 2 ? 4 : 12) | (random() & 15))};
      }
      writer.table().lookup(keys, 64, results);
      for (size_t i = 0; i < 64; i++) {
        const uint32_t a = keys[i].ipv4 - kBase;
        const uint32_t psid = keys[i].port >> (a % 2 ? 4 : 12);
        // An upper address may have another port set by now: its low bits of the PSID field are then the PSID's rest.
        if (results[i].found && a < kAddresses / 2 && !whole(results[i].softwire, keys[i].ipv4, psid)) wrong++;
        uint64_t words[4];
        std::memcpy(words, &results[i].softwire, sizeof words);
        if (results[i].found && (words[0] != words[3] || words[0] >> 48 != (keys[i].ipv4 & 0xffff))) wrong++;
        if (!results[i].found && always_there(a, psid)) lost++;
      }
      looked += 64;
    }
  };
  std::thread first(read, 1), second(read, 2);

  std::mt19937 random(3);
  for (uint32_t version = 2; version < 60000; version++) {
    const uint32_t a = random() % kAddresses;
    std::vector<SoftwireRecord> edits;
    if (a >= kAddresses / 2 && random() % 16 == 0) {
      // Everything at the address goes, and one softwire comes with another port set.
      const PortSet now = writer.leaf(kBase + a).port_set;
      for (uint16_t psid = 0; psid < 16; psid++) {
        edits.push_back(marked(kBase + a, psid, now, 0));
        edits.back().operation = SoftwireRecord::kDelete;
      }
      const auto k = static_cast<uint8_t>(4 + random() % 9);
      edits.push_back(marked(kBase + a, random() % 16, {k}, version));
    } else {
      const uint16_t psid = random() % 16;
      edits.push_back(marked(kBase + a, psid, writer.leaf(kBase + a).port_set, version));
      if (!always_there(a, psid) && random() % 2) edits.back().operation = SoftwireRecord::kDelete;
    }
    if (writer.check(edits.data(), edits.size()).rule != Rule::none) continue;
    REQUIRE(writer.prepare(edits.data(), edits.size()) == 0);
    writer.apply(edits.data(), edits.size());
  }
  stop = true;
  first.join();
  second.join();
  CHECK(wrong == 0);
  CHECK(lost == 0);
  CHECK(looked > 0);
}
