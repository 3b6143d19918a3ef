#include "binding_table.h"

#include <algorithm>
#include <cerrno>

namespace lwaftr {
namespace {

constexpr size_t kLookupBatch = 64;
constexpr uint32_t kNowhere = UINT32_MAX;

struct Place {
  uint64_t leaf;
  uint32_t psid;
  uint32_t slot;  // dense: the softwire; compact: its bucket of tags; kNowhere: no softwire can match
};

inline void prefetch(const void* address) { __builtin_prefetch(address, 0, 3); }

}  // namespace

int BindingTable::open(const std::string& path, std::unique_ptr<BindingTable>& table) {
  auto opened = std::make_unique<BindingTable>(table::View());
  if (int failure = opened->memory_.open(path, table::kMemorySize)) return failure;
  opened->view_ = table::View(opened->memory_.data());
  if (opened->view_.header->magic != table::Header::kMagic) return EINVAL;
  opened->memory_.prefault(table::kSlotsOffset, opened->view_.header->slots_used.load() * sizeof(table::Slot));
  table = std::move(opened);
  return 0;
}

// Three passes, each over memory that the one before asked for: page bits, leaves, slots.
void BindingTable::lookup(const LookupKey* keys, size_t count, LookupResult* results) const {
  Place places[kLookupBatch];
  for (size_t n; count; keys += n, results += n, count -= n) {
    n = std::min(count, kLookupBatch);
    for (size_t i = 0; i < n; i++) {
      places[i].slot = view_.has_page(keys[i].ipv4) ? 0 : kNowhere;
      if (places[i].slot != kNowhere) prefetch(&view_.leaves[keys[i].ipv4]);
    }
    for (size_t i = 0; i < n; i++) {
      Place& place = places[i];
      results[i].found = results[i].managed = false;
      if (place.slot == kNowhere) continue;
      place.leaf = view_.leaves[keys[i].ipv4].load(std::memory_order_acquire);
      const table::Leaf leaf = table::Leaf::unpack(place.leaf);
      results[i].managed = leaf.softwires && leaf.port_set.managed();
      place.slot = kNowhere;
      if (!leaf.softwires || !leaf.port_set.usable(keys[i].port)) continue;
      place.psid = leaf.port_set.psid(keys[i].port);
      place.slot = leaf.base + (leaf.compact ? leaf.bucket(place.psid) : place.psid);
      prefetch(&view_.slots[place.slot]);
    }
    for (size_t i = 0; i < n; i++) {
      const Place& place = places[i];
      if (place.slot == kNowhere) continue;
      const table::Leaf leaf = table::Leaf::unpack(place.leaf);
      const int64_t slot = leaf.compact ? view_.find_slot(leaf, place.psid) : place.slot;
      if (slot >= 0) results[i].found = view_.read_slot(static_cast<uint32_t>(slot), results[i].softwire);
    }
  }
}

bool BindingTable::managed(uint32_t ipv4) const {
  const table::Leaf leaf = table::Leaf::unpack(view_.leaf_word(ipv4));
  return leaf.softwires && leaf.port_set.managed();
}

std::optional<PortSet> BindingTable::port_set(uint32_t ipv4) const {
  const table::Leaf leaf = table::Leaf::unpack(view_.leaf_word(ipv4));
  return leaf.softwires ? std::optional<PortSet>(leaf.port_set) : std::nullopt;
}

}  // namespace lwaftr
