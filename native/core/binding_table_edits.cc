#include "binding_table_edits.h"

#include <algorithm>

namespace lwaftr {

SortedRecords::SortedRecords(const SoftwireRecord* records, size_t count) : records_(records), count_(count) {
  auto later = [](const SoftwireRecord& a, const SoftwireRecord& b) { return a.key() < b.key(); };
  if (std::is_sorted(records, records + count, later)) return;
  order_.resize(count);
  for (size_t i = 0; i < count; i++) order_[i] = {records[i].key(), static_cast<uint32_t>(i)};
  std::sort(order_.begin(), order_.end(),
            [](const Entry& a, const Entry& b) { return a.key != b.key ? a.key < b.key : a.index < b.index; });
}

size_t SortedRecords::address_end(size_t position) const {
  const uint32_t address = (*this)[position].address();
  while (position < count_ && (*this)[position].address() == address) position++;
  return position;
}

size_t SortedRecords::key_end(size_t position) const {
  const uint64_t key = (*this)[position].key();
  while (position < count_ && (*this)[position].key() == key) position++;
  return position;
}

namespace {

// The breach with the smallest index so far.
class FirstBreach {
 public:
  void add(Rule rule, size_t index, std::optional<size_t> other = {}) {
    if (breach_.rule == Rule::none || index < breach_.index) breach_ = {rule, index, other};
  }
  const RuleBreach& get() const { return breach_; }

 private:
  RuleBreach breach_;
};

Rule record_rule(const SoftwireRecord& record) {
  if (record.psid_length + record.reserved_ports_bit_count > 16) return Rule::psid_length;
  if (record.psid >> record.psid_length) return Rule::psid_range;
  if (record.br_address == Ipv6Address{}) return Rule::br_address;
  return Rule::none;
}

}  // namespace

RuleBreach check_rules(const table::View& table, const SortedRecords& edits) {
  FirstBreach breach;
  for (size_t begin = 0, end; begin < edits.size(); begin = end) {
    end = edits.address_end(begin);
    const table::Leaf leaf = table::Leaf::unpack(table.leaf_word(edits[begin].address()));
    uint32_t survivors = leaf.softwires;  // of the table's softwires, those the list does not touch
    std::optional<size_t> first;          // position of the put that comes first in the list
    for (size_t i = begin, next; i < end; i = next) {
      next = edits.key_end(i);
      Softwire softwire;
      const int64_t slot = table.find_slot(leaf, edits[i].psid);
      if (slot >= 0 && table.read_slot(static_cast<uint32_t>(slot), softwire)) survivors--;
      for (size_t j = i; j < next; j++) {
        const SoftwireRecord& edit = edits[j];
        if (edit.operation == SoftwireRecord::kDelete) continue;
        if (Rule rule = record_rule(edit); rule != Rule::none) breach.add(rule, edits.index(j));
        if (j > i && edits[j - 1].operation == SoftwireRecord::kPut)
          breach.add(Rule::duplicate, edits.index(j), edits.index(j - 1));
      }
      if (edits[next - 1].operation == SoftwireRecord::kPut && (!first || edits.index(next - 1) < edits.index(*first)))
        first = next - 1;
    }
    if (!first) continue;
    if (survivors && edits[*first].port_set() != leaf.port_set) breach.add(Rule::port_set, edits.index(*first));
    for (size_t i = begin, next; i < end; i = next) {
      next = edits.key_end(i);
      const SoftwireRecord& last = edits[next - 1];
      if (last.operation == SoftwireRecord::kPut && last.port_set() != edits[*first].port_set())
        breach.add(Rule::port_set, edits.index(next - 1), edits.index(*first));
    }
  }
  return breach.get();
}

}  // namespace lwaftr
