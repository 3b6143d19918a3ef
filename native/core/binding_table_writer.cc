#include "binding_table_writer.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace lwaftr {
namespace {

using table::Detail;
using table::Leaf;
using table::Slot;

constexpr size_t kReserveStep = 4096;  // slots: single edits ask the kernel for memory once in a while
constexpr size_t kCompactSavings = 4;  // a compact run must be this much smaller to be worth its extra look-up

// Where a run may start: the first tags of a compact one share a cache line with its first slot.
size_t run_start(const Leaf& leaf, size_t free_slot) { return leaf.compact ? free_slot + free_slot % 2 : free_slot; }

size_t leaf_page_offset(uint32_t page) { return table::kLeavesOffset + page * table::kPageSize; }

bool is_put(const SoftwireRecord& record) { return record.operation != SoftwireRecord::kDelete; }

}  // namespace

int BindingTableWriter::create(const std::string& path) {
  if (int failure = memory_.create(path, table::kMemorySize)) return failure;
  if (int failure = memory_.allocate(0, sizeof(table::Header))) {
    memory_.close();
    if (!path.empty()) ::unlink(path.c_str());
    return failure;
  }
  view_ = table::View(memory_.data());
  table_.emplace(view_);
  view_.header->slots_used.store(used_slots_);
  view_.header->magic = table::Header::kMagic;
  return 0;
}

int BindingTableWriter::build(const SoftwireRecord* records, size_t count, RuleBreach& breach) {
  SortedRecords sorted(records, count);
  breach = check_rules(view_, sorted);
  if (breach.rule != Rule::none) return 0;
  if (int failure = reserve(sorted)) return failure;
  apply(sorted);
  // Before readers map it. Leaves stay as they are: a page of them in 512 may be all there is.
  memory_.collapse(table::kSlotsOffset, used_slots_ * sizeof(Slot));
  return 0;
}

RuleBreach BindingTableWriter::check(const SoftwireRecord* edits, size_t count) const {
  return check_rules(view_, SortedRecords(edits, count));
}

int BindingTableWriter::prepare(const SoftwireRecord* edits, size_t count) {
  return reserve(SortedRecords(edits, count));
}

void BindingTableWriter::apply(const SoftwireRecord* edits, size_t count) { apply(SortedRecords(edits, count)); }

int BindingTableWriter::reserve(const SortedRecords& edits) {
  size_t slots = used_slots_;
  std::vector<uint32_t> pages;
  for (size_t begin = 0, end; begin < edits.size(); begin = end) {
    end = edits.address_end(begin);
    const uint32_t ipv4 = edits[begin].address();
    const Leaf old = leaf(ipv4);
    if (fits_in_place(old, edits, begin, end)) continue;
    merge(old, edits, begin, end);
    const Leaf next = shape(entries_.front().port_set);
    slots = run_start(next, slots) + next.run_length();
    const uint32_t page = ipv4 / table::kLeavesPerPage;
    if (!view_.has_page(ipv4) && !reserved_pages_.count(page) && (pages.empty() || pages.back() != page))
      pages.push_back(page);
  }
  const size_t reserved_before = reserved_slots_;
  if (int failure = reserve_slots(slots)) return failure;
  for (size_t i = 0; i < pages.size(); i++) {
    if (int failure = memory_.allocate(leaf_page_offset(pages[i]), table::kPageSize)) {
      while (i--) memory_.release(leaf_page_offset(pages[i]), table::kPageSize);
      release_slots(reserved_before);
      return failure;
    }
  }
  reserved_pages_.insert(pages.begin(), pages.end());
  return 0;
}

int BindingTableWriter::reserve_slots(size_t slots) {
  if (slots <= reserved_slots_) return 0;
  if (slots > table::kMaxSlots) return ENOSPC;
  slots = (slots + kReserveStep - 1) / kReserveStep * kReserveStep;
  const size_t before = reserved_slots_;
  const size_t more = slots - before;
  if (int failure = memory_.allocate(table::kSlotsOffset + before * sizeof(Slot), more * sizeof(Slot))) return failure;
  reserved_slots_ = slots;
  if (int failure = memory_.allocate(table::kDetailsOffset + before * sizeof(Detail), more * sizeof(Detail))) {
    release_slots(before);
    return failure;
  }
  return 0;
}

void BindingTableWriter::release_slots(size_t slots) {
  const size_t less = reserved_slots_ - slots;
  memory_.release(table::kSlotsOffset + slots * sizeof(Slot), less * sizeof(Slot));
  memory_.release(table::kDetailsOffset + slots * sizeof(Detail), less * sizeof(Detail));
  reserved_slots_ = slots;
}

void BindingTableWriter::apply(const SortedRecords& edits) {
  for (size_t begin = 0, end; begin < edits.size(); begin = end) {
    end = edits.address_end(begin);
    const uint32_t ipv4 = edits[begin].address();
    const Leaf old = leaf(ipv4);
    if (fits_in_place(old, edits, begin, end)) {
      if (old.base) apply_in_place(ipv4, old, edits, begin, end);
    } else {
      merge(old, edits, begin, end);
      apply_new_run(ipv4, shape(entries_.front().port_set));
    }
  }
}

// Whether the address's run can take what the edits put. Only the last edit of each key counts.
bool BindingTableWriter::fits_in_place(const Leaf& leaf, const SortedRecords& edits, size_t begin, size_t end) {
  filled_.clear();
  for (size_t i = begin; i < end; i = edits.key_end(i)) {
    const SoftwireRecord& last = edits[edits.key_end(i) - 1];
    if (!is_put(last)) continue;
    if (!leaf.base || last.port_set() != leaf.port_set) return false;
    if (view_.find_slot(leaf, last.psid) >= 0) continue;
    if (filled_.empty()) {
      for (uint32_t bucket = 0; bucket < leaf.buckets(); bucket++) {
        const auto* tags = view_.tags(leaf, bucket);
        filled_.push_back(static_cast<uint8_t>(
            std::count_if(tags, tags + leaf.bucket_size(), [](const auto& tag) { return tag.load() != 0; })));
      }
    }
    if (++filled_[leaf.bucket(last.psid)] > leaf.bucket_size()) return false;
  }
  return true;
}

// entries_ becomes what the address has after the edits.
void BindingTableWriter::merge(const Leaf& leaf, const SortedRecords& edits, size_t begin, size_t end) {
  read_run(leaf, 0, SIZE_MAX, old_);
  entries_.clear();
  auto survivor = old_.begin();
  for (size_t i = begin, next; i < end; i = next) {
    next = edits.key_end(i);
    const SoftwireRecord& last = edits[next - 1];
    while (survivor != old_.end() && survivor->psid < last.psid) entries_.push_back(*survivor++);
    if (survivor != old_.end() && survivor->psid == last.psid) survivor++;
    if (is_put(last))
      entries_.push_back({last.psid, last.port_set(), last.softwire(), Detail{last.padding, last.explicit_leaves, 0}});
  }
  entries_.insert(entries_.end(), survivor, old_.end());
}

// The run that entries_ need: the smallest compact one whose buckets hold them, unless a dense one is hardly larger.
Leaf BindingTableWriter::shape(PortSet port_set) {
  Leaf leaf;
  leaf.port_set = port_set;
  leaf.softwires = static_cast<uint32_t>(entries_.size());
  leaf.compact = true;
  while (leaf.capacity() < entries_.size()) leaf.capacity_bits++;
  for (; leaf.run_length() * kCompactSavings <= 1u << port_set.psid_length; leaf.capacity_bits++) {
    filled_.assign(leaf.buckets(), 0);
    if (std::all_of(entries_.begin(), entries_.end(),
                    [&](const Entry& entry) { return ++filled_[leaf.bucket(entry.psid)] <= leaf.bucket_size(); }))
      return leaf;
  }
  leaf.compact = false;
  leaf.capacity_bits = 0;
  return leaf;
}

void BindingTableWriter::apply_in_place(uint32_t ipv4, Leaf leaf, const SortedRecords& edits, size_t begin,
                                        size_t end) {
  for (size_t i = begin, next; i < end; i = next) {
    next = edits.key_end(i);
    const SoftwireRecord& last = edits[next - 1];
    const int64_t found = view_.find_slot(leaf, last.psid);
    Softwire old;
    const bool present = found >= 0 && view_.read_slot(static_cast<uint32_t>(found), old);
    if (is_put(last)) {
      const uint32_t slot = found >= 0 ? static_cast<uint32_t>(found) : take_slot(leaf, last.psid);
      write_slot(slot, last.softwire());
      view_.details[slot] = {last.padding, last.explicit_leaves, 0};
      if (!present) leaf.softwires++;
    } else if (present) {
      write_slot(static_cast<uint32_t>(found), Softwire{});
      leaf.softwires--;
    }
  }
  publish(ipv4, leaf);
}

void BindingTableWriter::apply_new_run(uint32_t ipv4, Leaf leaf) {
  leaf.base = static_cast<uint32_t>(run_start(leaf, used_slots_));
  used_slots_ = leaf.base + leaf.run_length();
  view_.header->slots_used.store(used_slots_, std::memory_order_relaxed);
  for (const Entry& entry : entries_) {
    const uint32_t slot = leaf.compact ? take_slot(leaf, entry.psid) : leaf.base + entry.psid;
    uint64_t words[4];
    std::memcpy(words, &entry.softwire, sizeof words);
    // Nobody knows this run yet: the leaf's release store shows it whole.
    for (int i = 0; i < 4; i++) view_.slots[slot].words[i].store(words[i], std::memory_order_relaxed);
    view_.details[slot] = entry.detail;
  }
  publish(ipv4, leaf);
}

// A free position of a compact run, marked as the PSID's for good. Its slot is absent until written.
uint32_t BindingTableWriter::take_slot(const Leaf& leaf, uint32_t psid) {
  const uint32_t bucket = leaf.bucket(psid);
  auto* tags = view_.tags(leaf, bucket);
  uint32_t position = 0;
  while (tags[position].load(std::memory_order_relaxed)) position++;
  tags[position].store(psid + 1, std::memory_order_release);
  return leaf.compact_slot(bucket, position);
}

void BindingTableWriter::write_slot(uint32_t slot, const Softwire& softwire) {
  uint64_t words[4];
  std::memcpy(words, &softwire, sizeof words);
  // Release on every store: who sees a word of this edit also sees the stripe's word from before it.
  for (int i = 0; i < 4; i++) view_.header->journal.words[i].store(words[i], std::memory_order_release);
  auto& stripe = view_.header->stripes[slot % table::kStripes];
  const uint64_t count = (stripe.load(std::memory_order_relaxed) >> 33) + 1;
  stripe.store(count << 33 | uint64_t{slot} << 1 | 1, std::memory_order_release);
  for (int i = 0; i < 4; i++) view_.slots[slot].words[i].store(words[i], std::memory_order_release);
  stripe.store(count << 33 | uint64_t{slot} << 1, std::memory_order_release);
}

void BindingTableWriter::publish(uint32_t ipv4, const Leaf& leaf) {
  const Leaf old = this->leaf(ipv4);
  if (old.base && !old.softwires) wasted_slots_ -= old.run_length();
  if (old.base && old.base != leaf.base) wasted_slots_ += old.run_length();
  if (!leaf.softwires) wasted_slots_ += leaf.run_length();
  size_ += leaf.softwires;
  size_ -= old.softwires;
  view_.leaves[ipv4].store(leaf.pack(), std::memory_order_release);
  const uint32_t page = ipv4 / table::kLeavesPerPage;
  if (leaf.softwires) {
    if (!empty_pages_.empty()) empty_pages_.erase(page);
  } else if (page_is_empty(page)) {
    empty_pages_.insert(page);
  }
  if (view_.has_page(ipv4)) return;
  reserved_pages_.erase(page);
  auto& bits = view_.header->pages[page / 64];
  bits.store(bits.load(std::memory_order_relaxed) | uint64_t{1} << page % 64, std::memory_order_release);
}

bool BindingTableWriter::page_is_empty(uint32_t page) const {
  const auto* leaves = &view_.leaves[size_t{page} * table::kLeavesPerPage];
  return std::none_of(leaves, leaves + table::kLeavesPerPage,
                      [](const auto& leaf) { return Leaf::unpack(leaf.load(std::memory_order_relaxed)).softwires; });
}

}  // namespace lwaftr
