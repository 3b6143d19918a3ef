// Lists of edits against a std::map: the table refuses what breaks a rule, and after every list the datastore's view,
// the lookups and the size are the map's.
#include <cstring>
#include <map>

#include "core/binding_table_writer.h"
#include "slow.h"

namespace lwaftr::fuzz {
namespace {

using Model = std::map<uint64_t, SoftwireRecord>;

// Few addresses, on two pages of leaves, so that edits meet.
SoftwireRecord choose_record(Choices& choices) {
  const uint8_t what = choices.byte();
  SoftwireRecord record{};
  record.ipv4 = {10, 0, static_cast<uint8_t>(what & 3 ? 0 : 2), static_cast<uint8_t>(what / 4 % 4)};
  if (what & 16) {
    record.psid_length = choices.byte() % 18;
    record.reserved_ports_bit_count = choices.byte() % 18;
  } else {
    record.psid_length = what & 32 ? 16 : 6;
  }
  record.psid = what & 64 ? choices.word() : choices.byte() % 64;
  record.operation = what & 128 ? SoftwireRecord::kDelete : SoftwireRecord::kPut;
  if (record.operation == SoftwireRecord::kDelete) return record;
  const uint8_t mark = choices.byte();
  record.b4_ipv6[15] = mark;
  record.br_address[0] = mark == 255 ? 0 : 0x20;
  record.padding = mark;
  record.explicit_leaves = mark % 4;
  return record;
}

PortSet port_set(const SoftwireRecord& record) { return record.port_set(); }

// The model after the edits; false when they break a rule.
bool edit(Model& model, const std::vector<SoftwireRecord>& edits) {
  std::map<uint64_t, bool> just_put;
  for (const SoftwireRecord& record : edits) {
    if (record.operation == SoftwireRecord::kDelete) {
      model.erase(record.key());
      just_put[record.key()] = false;
      continue;
    }
    if (record.psid_length + record.reserved_ports_bit_count > 16) return false;
    if (record.psid >= 1u << record.psid_length || record.br_address == Ipv6Address{}) return false;
    if (just_put[record.key()]) return false;
    just_put[record.key()] = true;
    model[record.key()] = record;
  }
  const SoftwireRecord* before = nullptr;
  for (const auto& [key, record] : model) {
    if (before && before->address() == record.address() && port_set(*before) != port_set(record)) return false;
    before = &record;
  }
  return true;
}

void compare(const BindingTableWriter& writer, const Model& model, Choices& choices) {
  PROMISE(writer.size() == model.size(), "%zu softwires, should be %zu", writer.size(), model.size());
  // One more is asked for at the end only: then the rest of the address space is searched for it.
  std::vector<SoftwireRecord> all(model.size() + (choices.empty() ? 1 : 0));
  PROMISE(writer.scan(0x0a000000, 0, all.data(), all.size()) == model.size(), "the list is not as long as its size");
  size_t i = 0;
  for (const auto& [key, wanted] : model) {
    SoftwireRecord got;
    PROMISE(writer.get(wanted.address(), wanted.psid, got), "softwire %lx is not there", key);
    PROMISE(std::memcmp(&got, &wanted, sizeof got) == 0, "softwire %lx differs", key);
    PROMISE(std::memcmp(&all[i++], &wanted, sizeof got) == 0, "softwire %lx differs in the list", key);
  }
  LookupKey keys[8];
  LookupResult results[8];
  for (LookupKey& key : keys) {
    const uint8_t address = choices.byte();
    key = {0x0a000000u + (address & 1) * 512 + address / 2 % 4, choices.word()};
  }
  writer.table().lookup(keys, 8, results);
  for (size_t n = 0; n < 8; n++) {
    const auto first = model.lower_bound(uint64_t{keys[n].ipv4} << 16);
    const bool known = first != model.end() && first->second.address() == keys[n].ipv4;
    PROMISE(results[n].managed == (known && first->second.reserved_ports_bit_count < 16), "managed or not");
    if (!known) {
      PROMISE(!results[n].found, "found where nobody is");
      continue;
    }
    const int psid = slow_psid(keys[n].port, first->second.reserved_ports_bit_count, first->second.psid_length);
    const auto wanted = model.find(uint64_t{keys[n].ipv4} << 16 | static_cast<uint32_t>(psid));
    PROMISE(results[n].found == (psid >= 0 && wanted != model.end()), "port %d", keys[n].port);
    if (!results[n].found) continue;
    const Softwire softwire = wanted->second.softwire();
    PROMISE(std::memcmp(&results[n].softwire, &softwire, sizeof softwire) == 0, "another softwire");
  }
}

}  // namespace
}  // namespace lwaftr::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace lwaftr;
  using namespace lwaftr::fuzz;
  Choices choices(data, size);
  BindingTableWriter writer;
  PROMISE(writer.create("") == 0, "no memory");
  Model model;
  for (int round = 0; round < 24 && !choices.empty(); round++) {
    std::vector<SoftwireRecord> edits;
    const uint8_t how = choices.byte();
    for (int n = how % 32; n >= 0; n--) edits.push_back(choose_record(choices));
    Model next = model;
    const bool allowed = edit(next, edits);
    RuleBreach breach = writer.check(edits.data(), edits.size());
    PROMISE((breach.rule == Rule::none) == allowed, "rule %d, edit %zu", static_cast<int>(breach.rule), breach.index);
    PROMISE(allowed || breach.index < edits.size(), "edit %zu of %zu", breach.index, edits.size());
    if (allowed && (how & 64)) {
      // Prepared and thought better of it.
      PROMISE(writer.prepare(edits.data(), edits.size()) == 0, "no memory");
    } else if (allowed) {
      PROMISE(writer.prepare(edits.data(), edits.size()) == 0, "no memory");
      writer.apply(edits.data(), edits.size());
      model.swap(next);
    }
    compare(writer, model, choices);
  }
  return 0;
}
