// The one writer of a binding table: the leader's. It is also the datastore's list of softwires, in order of
// (ipv4, psid): what readers look up is what get() and scan() return.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "binding_table.h"
#include "binding_table_edits.h"
#include "binding_table_layout.h"
#include "shared_memory.h"
#include "softwire_record.h"

namespace lwaftr {

class BindingTableWriter {
 public:
  // An empty table in a new file (empty path: private memory). 0 or an errno, as everywhere here.
  int create(const std::string& path);
  // Readers of this process; others open the file.
  const BindingTable& table() const { return *table_; }

  // Loads an empty table whole. Nothing is kept when the records break a rule.
  int build(const SoftwireRecord* records, size_t count, RuleBreach& breach);
  // Edits are put or delete, in order; deleting what is absent is no edit. check, then prepare, then apply.
  RuleBreach check(const SoftwireRecord* edits, size_t count) const;
  // Gets the memory that apply will need; leaves no trace but the memory. ENOSPC or ENOMEM when there is none;
  // then nothing is kept.
  int prepare(const SoftwireRecord* edits, size_t count);
  // Cannot fail. Each softwire changes at once for all readers; an address that changes its port set, or needs a
  // larger run, changes as a whole.
  void apply(const SoftwireRecord* edits, size_t count);

  bool get(uint32_t ipv4, uint16_t psid, SoftwireRecord& record) const;
  // At most `limit` records in order from (ipv4, psid) on, inclusive. Returns how many.
  size_t scan(uint32_t ipv4, uint16_t psid, SoftwireRecord* records, size_t limit) const;
  // How many softwires come before that key. Costs a look at every address before it, none at their softwires.
  size_t rank(uint32_t ipv4, uint16_t psid) const;
  // The softwire that `n` others come before; false when there are no more than `n`. Costs as rank.
  bool nth(size_t n, SoftwireRecord& record) const;
  // The address's leaf; `softwires` is 0 when it has none.
  table::Leaf leaf(uint32_t ipv4) const { return table::Leaf::unpack(view_.leaf_word(ipv4)); }

  size_t size() const { return size_; }                        // softwires
  size_t memory() const { return memory_.allocated_bytes(); }  // bytes
  // Bytes that only a rebuild gets back: runs that addresses left, pages of leaves without a softwire.
  size_t wasted() const { return wasted_slots_ * kBytesPerSlot + empty_pages_.size() * table::kPageSize; }

 private:
  static constexpr size_t kBytesPerSlot = sizeof(table::Slot) + sizeof(table::Detail);
  struct Entry {
    uint16_t psid;
    PortSet port_set;
    Softwire softwire;
    table::Detail detail;
  };

  bool fits_in_place(const table::Leaf& leaf, const SortedRecords& edits, size_t begin, size_t end);
  void merge(const table::Leaf& leaf, const SortedRecords& edits, size_t begin, size_t end);
  table::Leaf shape(PortSet port_set);
  void apply_in_place(uint32_t ipv4, table::Leaf leaf, const SortedRecords& edits, size_t begin, size_t end);
  void apply_new_run(uint32_t ipv4, table::Leaf leaf);

  int reserve(const SortedRecords& edits);
  int reserve_slots(size_t slots);
  void release_slots(size_t slots);
  void apply(const SortedRecords& edits);
  uint32_t take_slot(const table::Leaf& leaf, uint32_t psid);
  void write_slot(uint32_t slot, const Softwire& softwire);
  void publish(uint32_t ipv4, const table::Leaf& leaf);
  bool page_is_empty(uint32_t page) const;
  void read_run(const table::Leaf& leaf, uint32_t first_psid, size_t limit, std::vector<Entry>& entries) const;
  uint64_t next_address(uint64_t ipv4) const;

  SharedMemory memory_;
  table::View view_;
  std::optional<BindingTable> table_;
  size_t used_slots_ = table::kFirstSlot;
  size_t reserved_slots_ = 0;
  std::unordered_set<uint32_t> reserved_pages_;  // pages of leaves that have memory but no leaf yet
  size_t wasted_slots_ = 0;
  std::unordered_set<uint32_t> empty_pages_;  // pages of leaves that had softwires once
  size_t size_ = 0;
  std::vector<Entry> old_;       // scratch: an address's softwires before the edits at hand, by PSID
  std::vector<Entry> entries_;   // scratch: and after them
  std::vector<uint8_t> filled_;  // scratch: positions taken in each bucket of a compact run
};

}  // namespace lwaftr
