// The binding table against an obvious one: a std::map and RFC 7597's arithmetic.
#include "core/binding_table.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <unistd.h>

#include <map>
#include <random>
#include <string>
#include <vector>

#include "core/binding_table_writer.h"

using namespace lwaftr;

namespace {

SoftwireRecord record(uint32_t ipv4, uint16_t psid, PortSet port_set, uint64_t mark) {
  SoftwireRecord r{};
  for (int i = 0; i < 4; i++) r.ipv4[i] = static_cast<uint8_t>(ipv4 >> (24 - 8 * i));
  r.psid = psid;
  r.psid_length = port_set.psid_length;
  r.reserved_ports_bit_count = port_set.reserved_ports_bit_count;
  std::memcpy(&r.b4_ipv6[8], &mark, 8);
  std::memcpy(&r.br_address[8], &mark, 8);
  r.b4_ipv6[0] = r.br_address[0] = 0x20;
  return r;
}

SoftwireRecord removal(uint32_t ipv4, uint16_t psid) {
  SoftwireRecord r = record(ipv4, psid, {}, 0);
  r.operation = SoftwireRecord::kDelete;
  return r;
}

uint64_t mark_of(const Softwire& softwire) {
  uint64_t mark;
  std::memcpy(&mark, &softwire.b4_ipv6[8], 8);
  return mark;
}

LookupResult look(const BindingTable& table, uint32_t ipv4, uint16_t port) {
  LookupKey key{ipv4, port};
  LookupResult result;
  table.lookup(&key, 1, &result);
  return result;
}

bool breaks(const RuleBreach& breach, Rule rule, size_t index, std::optional<size_t> other = {}) {
  return breach.rule == rule && breach.index == index && breach.other == other;
}

// RFC 7597 s5.1 bit by bit; -1 for a port that belongs to nobody.
int obvious_psid(int port, int a, int k) {
  int psid = 0, leading = 0;
  for (int bit = 0; bit < 16; bit++) {
    const int value = port >> (15 - bit) & 1;
    if (bit < a) leading += value;
    if (bit >= a && bit < a + k) psid = psid << 1 | value;
  }
  return a > 0 && leading == 0 ? -1 : psid;
}

struct Table {
  BindingTableWriter writer;
  Table() { REQUIRE(writer.create("") == 0); }
  RuleBreach build(const std::vector<SoftwireRecord>& records) {
    RuleBreach breach;
    REQUIRE(writer.build(records.data(), records.size(), breach) == 0);
    return breach;
  }
  RuleBreach edit(const std::vector<SoftwireRecord>& edits) {
    const RuleBreach breach = writer.check(edits.data(), edits.size());
    if (breach.rule != Rule::none) return breach;
    REQUIRE(writer.prepare(edits.data(), edits.size()) == 0);
    writer.apply(edits.data(), edits.size());
    return breach;
  }
};

}  // namespace

TEST_CASE("a port belongs to the PSID that RFC 7597 gives it") {
  for (int a = 0; a <= 16; a++) {
    for (int k = 0; a + k <= 16; k++) {
      const PortSet port_set{static_cast<uint8_t>(k), static_cast<uint8_t>(a)};
      for (int port = 0; port < 65536; port += (port < 70000 >> a ? 1 : 13)) {
        const int want = obvious_psid(port, a, k);
        const auto p = static_cast<uint16_t>(port);
        const int got = port_set.usable(p) ? static_cast<int>(port_set.psid(p)) : -1;
        if (got != want) FAIL("a ", a, " k ", k, " port ", port, ": ", got, ", should be ", want);
      }
    }
  }
}

TEST_CASE("an empty table has nobody, and asking costs no memory") {
  Table t;
  const size_t before = t.writer.memory();
  for (uint32_t i = 0; i < 10000; i++) {
    CHECK_FALSE(look(t.writer.table(), i * 429497u, static_cast<uint16_t>(i)).found);
    CHECK_FALSE(t.writer.table().managed(i * 429497u));
  }
  CHECK(t.writer.memory() == before);
  SoftwireRecord none;
  CHECK(t.writer.scan(0, 0, &none, 1) == 0);
}

TEST_CASE("ports below the reserved ones are nobody's though the address is managed") {
  Table t;
  REQUIRE(t.build({record(0xc0000201, 5, {8, 6}, 7)}).rule == Rule::none);
  CHECK(look(t.writer.table(), 0xc0000201, 1024 + 5 * 4).found);
  CHECK_FALSE(look(t.writer.table(), 0xc0000201, 5 * 4).found);
  CHECK(look(t.writer.table(), 0xc0000201, 5 * 4).managed);
  CHECK(t.writer.table().managed(0xc0000201));
}

TEST_CASE("rules across softwires name both") {
  Table t;
  const uint32_t ip = 0xc0000201;
  CHECK(breaks(t.build({record(ip, 1, {6, 0}, 1), record(ip + 1, 1, {6, 0}, 1), record(ip, 1, {6, 0}, 2)}),
               Rule::duplicate, 2, 0));
  CHECK(breaks(t.build({record(ip, 1, {6, 0}, 1), record(ip, 0, {6, 4}, 1)}), Rule::port_set, 1, 0));
  CHECK(breaks(t.build({record(ip, 1, {6, 0}, 1), record(ip, 2, {7, 0}, 1)}), Rule::port_set, 1, 0));
  CHECK(breaks(t.build({record(ip, 63, {6, 0}, 1), record(ip, 64, {6, 0}, 1)}), Rule::psid_range, 1));
  CHECK(breaks(t.build({record(ip, 1, {0, 0}, 1)}), Rule::psid_range, 0));
  CHECK(breaks(t.build({record(ip, 0, {9, 8}, 1)}), Rule::psid_length, 0));
  CHECK(t.writer.size() == 0);

  REQUIRE(t.build({record(ip, 1, {6, 0}, 1), record(ip, 2, {6, 0}, 2)}).rule == Rule::none);
  CHECK(breaks(t.edit({record(ip, 3, {5, 0}, 1)}), Rule::port_set, 0));
  CHECK(breaks(t.edit({removal(ip, 1), record(ip, 1, {5, 0}, 1)}), Rule::port_set, 1));
  CHECK(breaks(t.edit({record(ip, 4, {6, 0}, 1), record(ip, 4, {6, 0}, 2)}), Rule::duplicate, 1, 0));
  CHECK(t.writer.size() == 2);

  // The list counts as a whole: the last softwires of the address go, others come.
  CHECK(t.edit({removal(ip, 1), record(ip, 9, {5, 2}, 9), removal(ip, 2)}).rule == Rule::none);
  CHECK(t.writer.size() == 1);
  CHECK(t.writer.leaf(ip).port_set == PortSet{5, 2});
  CHECK(t.edit({record(ip, 9, {4, 0}, 8)}).rule == Rule::none);  // the only one may change its own
  CHECK(mark_of(look(t.writer.table(), ip, 9 << 12).softwire) == 8);
}

TEST_CASE("a softwire keeps its details, and the list its order") {
  Table t;
  SoftwireRecord given = record(0x0a000001, 3, {6, 0}, 42);
  given.padding = 515;
  given.explicit_leaves = 3;
  REQUIRE(
      t.build({record(0xffffffff, 0, {0, 0}, 3), record(0x0a000001, 60, {6, 0}, 2), given, record(0, 7, {16, 0}, 1)})
          .rule == Rule::none);
  SoftwireRecord got;
  REQUIRE(t.writer.get(0x0a000001, 3, got));
  CHECK(std::memcmp(&got, &given, sizeof got) == 0);
  CHECK_FALSE(t.writer.get(0x0a000001, 4, got));
  CHECK_FALSE(t.writer.get(0x0a000001, 64, got));  // beyond the address's run
  std::vector<SoftwireRecord> all(5);
  REQUIRE(t.writer.scan(0, 0, all.data(), 5) == 4);
  CHECK(all[0].key() == 7);
  CHECK(all[1].key() == (0x0a000001ull << 16 | 3));
  CHECK(all[3].address() == 0xffffffff);
  CHECK(t.writer.scan(0x0a000001, 4, all.data(), 5) == 2);
  CHECK(all[0].psid == 60);
  CHECK(t.writer.scan(0x0a000001, 0, all.data(), 1) == 1);
  CHECK(t.writer.scan(0xffffffff, 1, all.data(), 5) == 0);
}

TEST_CASE("thousands of random edits leave table, list and lookups as a map has them") {
  std::mt19937 random(20240830);
  auto pick = [&](uint32_t n) { return static_cast<uint32_t>(random() % n); };
  for (const uint32_t scale : {4u, 40u, 400u}) {
    Table t;
    std::map<uint64_t, SoftwireRecord> model;
    std::map<uint32_t, PortSet> port_sets;
    uint64_t mark = 0;
    for (int round = 0; round < 400; round++) {
      std::vector<SoftwireRecord> edits;
      std::map<uint64_t, SoftwireRecord> next = model;
      for (uint32_t n = 1 + pick(scale); n; n--) {
        const uint32_t ip = 0x0a000000 + pick(8) * 509;
        if (auto at = next.lower_bound(uint64_t{ip} << 16);
            pick(8) == 0 || at == next.end() || at->second.address() != ip) {
          // The whole address goes, and comes back otherwise divided.
          for (; at != next.end() && at->second.address() == ip; at = next.erase(at))
            edits.push_back(removal(ip, at->second.psid));
          const auto k = static_cast<uint8_t>(pick(17));
          port_sets[ip] = {k, static_cast<uint8_t>(pick(17u - k))};
        }
        const PortSet port_set = port_sets[ip];
        const auto psid = static_cast<uint16_t>(pick(1u << port_set.psid_length) & (pick(2) ? 0xffff : 15));
        const uint64_t key = uint64_t{ip} << 16 | psid;
        edits.push_back(removal(ip, psid));
        next.erase(key);
        if (pick(4)) {
          edits.push_back(record(ip, psid, port_set, ++mark));
          next[key] = edits.back();
        }
      }
      REQUIRE(t.edit(edits).rule == Rule::none);
      model.swap(next);

      REQUIRE(t.writer.size() == model.size());
      std::vector<SoftwireRecord> all(model.size() + 1);
      REQUIRE(t.writer.scan(0, 0, all.data(), all.size()) == model.size());
      size_t i = 0;
      for (const auto& [key, want] : model) {
        SoftwireRecord nth;
        REQUIRE(t.writer.nth(i, nth));
        REQUIRE(std::memcmp(&nth, &want, sizeof want) == 0);
        REQUIRE(t.writer.rank(static_cast<uint32_t>(key >> 16), static_cast<uint16_t>(key)) == i);
        REQUIRE(std::memcmp(&all[i++], &want, sizeof want) == 0);
      }
      SoftwireRecord none;
      REQUIRE(!t.writer.nth(i, none));
      REQUIRE(t.writer.rank(UINT32_MAX, UINT16_MAX) == i);
      std::vector<LookupKey> keys(300);
      for (auto& key : keys) key = {0x0a000000 + pick(8) * 509 + (pick(20) == 0), static_cast<uint16_t>(random())};
      std::vector<LookupResult> results(keys.size());
      t.writer.table().lookup(keys.data(), keys.size(), results.data());
      for (size_t j = 0; j < keys.size(); j++) {
        const PortSet p = t.writer.leaf(keys[j].ipv4).port_set;
        const int psid = obvious_psid(keys[j].port, p.reserved_ports_bit_count, p.psid_length);
        const auto want = model.find(uint64_t{keys[j].ipv4} << 16 | static_cast<uint32_t>(psid));
        const bool expected = psid >= 0 && want != model.end();
        REQUIRE(results[j].found == expected);
        if (expected) REQUIRE(std::memcmp(&results[j].softwire, want->second.b4_ipv6.data(), 32) == 0);
      }
    }
  }
}

TEST_CASE("an address's run waits for its softwires to come back, and only another port set wastes it") {
  Table t;
  const uint32_t ip = 0xc6336401;
  t.build({record(ip, 0, {1, 0}, 1), record(ip, 1, {1, 0}, 2), record(ip + 1, 0, {0, 0}, 1)});
  CHECK(t.writer.wasted() == 0);
  t.edit({removal(ip, 0), removal(ip, 1)});
  CHECK_FALSE(t.writer.table().managed(ip));
  CHECK(t.writer.wasted() == 2 * 36);
  t.edit({record(ip, 1, {1, 0}, 3)});
  CHECK(t.writer.wasted() == 0);
  t.edit({record(ip, 1, {2, 0}, 3)});
  CHECK(t.writer.wasted() == 2 * 36);
}

TEST_CASE("a page of leaves is wasted while none of its addresses has softwires") {
  Table t;
  const uint32_t ip = 0xc6336401;
  t.build({record(ip, 0, {0, 0}, 1), record(ip + 1, 0, {0, 0}, 1)});
  t.edit({removal(ip, 0)});
  CHECK(t.writer.wasted() == 36);
  t.edit({removal(ip + 1, 0)});
  CHECK(t.writer.wasted() == 2 * 36 + 4096);
  t.edit({record(ip + 2, 0, {0, 0}, 1)});
  CHECK(t.writer.wasted() == 2 * 36);
}

TEST_CASE("sparse large port sets cost what their softwires cost") {
  Table t;
  std::vector<SoftwireRecord> records;
  for (uint32_t i = 0; i < 1'000'000; i++) records.push_back(record(0x0a000000 + i, i * 7 & 0xffff, {16, 0}, i));
  REQUIRE(t.build(records).rule == Rule::none);
  CHECK(t.writer.memory() < 200'000'000);
  for (uint32_t i = 0; i < 1'000'000; i += 777) {
    REQUIRE(mark_of(look(t.writer.table(), 0x0a000000 + i, i * 7 & 0xffff).softwire) == i);
    REQUIRE_FALSE(look(t.writer.table(), 0x0a000000 + i, (i * 7 + 1) & 0xffff).found);
  }
}

TEST_CASE("another process's reader sees edits, and refuses what is no table") {
  const std::string path = "/dev/shm/lwaftr-table-test-" + std::to_string(getpid());
  BindingTableWriter writer;
  REQUIRE(writer.create(path) == 0);
  std::unique_ptr<BindingTable> reader;
  REQUIRE(BindingTable::open(path, reader) == 0);
  const SoftwireRecord softwire = record(0xc0000201, 0, {0, 0}, 99);
  REQUIRE(writer.prepare(&softwire, 1) == 0);
  writer.apply(&softwire, 1);
  CHECK(mark_of(look(*reader, 0xc0000201, 80).softwire) == 99);

  // A new generation under the same name leaves the old one's readers alone.
  BindingTableWriter next;
  REQUIRE(next.create(path) == 0);
  CHECK(mark_of(look(*reader, 0xc0000201, 80).softwire) == 99);
  REQUIRE(truncate(path.c_str(), 4096) == 0);
  std::unique_ptr<BindingTable> refused;
  CHECK(BindingTable::open(path, refused) == EINVAL);
  unlink(path.c_str());
  CHECK(BindingTable::open(path, refused) == ENOENT);
  CHECK_FALSE(refused);
}

TEST_CASE("a full memory file system is an error when asked for memory, and the table stays usable") {
  char directory[] = "/tmp/lwaftr-table-full-XXXXXX";
  REQUIRE(mkdtemp(directory));
  if (mount("tmpfs", directory, "tmpfs", 0, "size=1536k")) {
    MESSAGE("skipped: mounting a small tmpfs needs root");
    rmdir(directory);
    return;
  }
  {
    BindingTableWriter writer, another;
    REQUIRE(writer.create(std::string(directory) + "/table") == 0);
    CHECK(another.create(std::string(directory) + "/another") == ENOSPC);
    CHECK(access((std::string(directory) + "/another").c_str(), F_OK) == -1);
    std::vector<SoftwireRecord> many;
    for (uint32_t i = 0; i < 100000; i++) many.push_back(record(0x0a000000 + i, 0, {0, 0}, i));
    RuleBreach breach;
    CHECK(writer.build(many.data(), many.size(), breach) == ENOSPC);
    CHECK(writer.size() == 0);
    CHECK(writer.prepare(many.data(), many.size()) == ENOSPC);
    CHECK(writer.build(many.data(), 100, breach) == 0);
    CHECK(mark_of(look(writer.table(), 0x0a000000 + 99, 1).softwire) == 99);
  }
  umount(directory);
  rmdir(directory);
}

TEST_CASE("a writer killed in the middle of an edit holds nobody up") {
  const std::string path = "/dev/shm/lwaftr-table-killed-" + std::to_string(getpid());
  BindingTableWriter writer;
  REQUIRE(writer.create(path) == 0);
  const uint32_t ip = 0xc0000200;
  const std::vector<SoftwireRecord> records{record(ip, 0, {1, 0}, 1), record(ip, 1, {1, 0}, 2)};
  RuleBreach breach;
  REQUIRE(writer.build(records.data(), records.size(), breach) == 0);

  // What a writer leaves behind that dies between the first and the last store of an edit of PSID 0.
  const int fd = open(path.c_str(), O_RDWR);
  auto* memory = static_cast<uint8_t*>(mmap(nullptr, table::kMemorySize, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
  REQUIRE(memory != MAP_FAILED);
  table::View view(memory);
  const uint32_t slot = writer.leaf(ip).base;
  const Softwire after = record(ip, 0, {1, 0}, 3).softwire();
  std::memcpy(static_cast<void*>(&view.header->journal), &after, sizeof after);
  auto& stripe = view.header->stripes[slot % table::kStripes];
  stripe = ((stripe >> 33) + 1) << 33 | uint64_t{slot} << 1 | 1;
  view.slots[slot].words[0] = 0xdead;

  std::unique_ptr<BindingTable> reader;
  REQUIRE(BindingTable::open(path, reader) == 0);
  CHECK(mark_of(look(*reader, ip, 0).softwire) == 3);
  CHECK(std::memcmp(look(*reader, ip, 0).softwire.br_address.data(), after.br_address.data(), 16) == 0);
  CHECK(mark_of(look(*reader, ip, 0x8000).softwire) == 2);
  munmap(memory, table::kMemorySize);
  close(fd);
  unlink(path.c_str());
}
