// The writer's table as an ordered list: what the datastore reads.
#include <algorithm>

#include "binding_table_writer.h"

namespace lwaftr {
namespace {

SoftwireRecord make_record(uint32_t ipv4, uint16_t psid, PortSet port_set, const Softwire& softwire,
                           const table::Detail& detail) {
  SoftwireRecord record{};
  for (int i = 0; i < 4; i++) record.ipv4[i] = static_cast<uint8_t>(ipv4 >> (24 - 8 * i));
  record.psid = psid;
  record.psid_length = port_set.psid_length;
  record.reserved_ports_bit_count = port_set.reserved_ports_bit_count;
  record.padding = detail.padding;
  record.explicit_leaves = detail.explicit_leaves;
  record.b4_ipv6 = softwire.b4_ipv6;
  record.br_address = softwire.br_address;
  return record;
}

}  // namespace

bool BindingTableWriter::get(uint32_t ipv4, uint16_t psid, SoftwireRecord& record) const {
  const table::Leaf leaf = this->leaf(ipv4);
  const int64_t slot = view_.find_slot(leaf, psid);
  Softwire softwire;
  if (slot < 0 || !view_.read_slot(static_cast<uint32_t>(slot), softwire)) return false;
  record = make_record(ipv4, psid, leaf.port_set, softwire, view_.details[slot]);
  return true;
}

size_t BindingTableWriter::scan(uint32_t ipv4, uint16_t psid, SoftwireRecord* records, size_t limit) const {
  std::vector<Entry> entries;
  size_t count = 0;
  uint32_t first_psid = psid;
  uint64_t address = next_address(ipv4);
  if (address != ipv4) first_psid = 0;
  for (; count < limit && address <= UINT32_MAX; address = next_address(address + 1), first_psid = 0) {
    const uint32_t at = static_cast<uint32_t>(address);
    read_run(leaf(at), first_psid, limit - count, entries);
    for (const Entry& entry : entries)
      records[count++] = make_record(at, entry.psid, entry.port_set, entry.softwire, entry.detail);
  }
  return count;
}

size_t BindingTableWriter::rank(uint32_t ipv4, uint16_t psid) const {
  size_t before = 0;
  for (uint64_t address = next_address(0); address < ipv4; address = next_address(address + 1))
    before += leaf(static_cast<uint32_t>(address)).softwires;
  const table::Leaf last = leaf(ipv4);
  std::vector<Entry> from_psid;
  read_run(last, psid, SIZE_MAX, from_psid);
  return before + last.softwires - from_psid.size();
}

bool BindingTableWriter::nth(size_t n, SoftwireRecord& record) const {
  for (uint64_t address = next_address(0); address <= UINT32_MAX; address = next_address(address + 1)) {
    const uint32_t at = static_cast<uint32_t>(address);
    const table::Leaf run = leaf(at);
    if (n >= run.softwires) {
      n -= run.softwires;
      continue;
    }
    std::vector<Entry> entries;
    read_run(run, 0, n + 1, entries);
    const Entry& entry = entries[n];
    record = make_record(at, entry.psid, entry.port_set, entry.softwire, entry.detail);
    return true;
  }
  return false;
}

// The softwires of a run by PSID, at most `limit` from `first_psid` on.
void BindingTableWriter::read_run(const table::Leaf& leaf, uint32_t first_psid, size_t limit,
                                  std::vector<Entry>& entries) const {
  entries.clear();
  if (!leaf.softwires) return;
  auto read = [&](uint32_t psid, uint32_t slot) {
    Softwire softwire;
    if (view_.read_slot(slot, softwire))
      entries.push_back({static_cast<uint16_t>(psid), leaf.port_set, softwire, view_.details[slot]});
  };
  if (!leaf.compact) {
    for (uint32_t psid = first_psid; psid < leaf.run_length() && entries.size() < limit; psid++)
      read(psid, leaf.base + psid);
    return;
  }
  for (uint32_t bucket = 0; bucket < leaf.buckets(); bucket++) {
    for (uint32_t i = 0; i < leaf.bucket_size(); i++) {
      const uint32_t tag = view_.tags(leaf, bucket)[i].load(std::memory_order_relaxed);
      if (tag > first_psid) read(tag - 1, leaf.compact_slot(bucket, i));
    }
  }
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.psid < b.psid; });
  if (entries.size() > limit) entries.resize(limit);
}

// The first address from `ipv4` on that has softwires, or one beyond the last address there is.
uint64_t BindingTableWriter::next_address(uint64_t ipv4) const {
  constexpr uint64_t kEnd = uint64_t{1} << 32;
  while (ipv4 < kEnd) {
    const uint64_t page = ipv4 / table::kLeavesPerPage;
    const uint64_t bits = view_.header->pages[page / 64].load(std::memory_order_relaxed) >> page % 64;
    if (!bits) {
      ipv4 = (page / 64 + 1) * 64 * table::kLeavesPerPage;
    } else if (!(bits & 1)) {
      ipv4 = (page + static_cast<uint64_t>(__builtin_ctzll(bits))) * table::kLeavesPerPage;
    } else {
      for (const uint64_t end = (page + 1) * table::kLeavesPerPage; ipv4 < end; ipv4++) {
        if (table::Leaf::unpack(view_.leaves[ipv4].load(std::memory_order_relaxed)).softwires) return ipv4;
      }
    }
  }
  return kEnd;
}

}  // namespace lwaftr
