// The binding table's memory, as writer and readers share it. Positions are offsets and indexes, never pointers, so
// that every process may map it where it likes. One process writes.
//
//   ipv4 ──► pages: 1 bit per 512 addresses ──► leaves[ipv4]: 8 bytes ──► slots[run + psid]: 32 bytes
//            (1 MB: are there leaves here?)     (psid-length, ...)        (b4-ipv6, br-address)
//
// The leaves are a plain array over the whole IPv4 space, 32 GB of address space of which only pages with softwires
// have memory behind them: the MMU is the first level of the index. The bits tell readers where not to look, since
// reading a hole of the file would fill it (and a packet to a random address must not cost memory).
//
// A leaf points to its address's run of slots:
//   dense    2^psid-length slots, indexed by PSID.
//   compact  for large psid-lengths with few softwires: a hash of 2^n slots, preceded by the PSID each slot is for, in
//            buckets of 8 (32 bytes of tags a bucket; a single bucket may be smaller than 8 slots).
// A slot of zeros is absent. Runs are never given to another address, and tags are written once: a reader that still
// holds an old leaf finds the old softwires or none, never somebody else's. What a run leaves behind is counted as
// waste; a new generation of the table, built beside, gets rid of it.
//
// A softwire is edited in place under the sequence word of its stripe, and nobody ever waits for the writer, who may
// have been killed: what it is about to write stands in the journal first, and a reader who finds its own slot being
// edited takes the softwire from there.
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "psid.h"
#include "settings.h"

namespace lwaftr {

// The two addresses of a softwire's tunnel, as they stand in the tunnel's IPv6 header: 32 bytes.
struct Softwire {
  Ipv6Address b4_ipv6;
  Ipv6Address br_address;
};
static_assert(sizeof(Softwire) == 32);

namespace table {

struct Slot {
  std::atomic<uint64_t> words[4];  // a Softwire
};
static_assert(sizeof(Slot) == sizeof(Softwire));

// What the datastore keeps of a softwire beyond its tunnel; read by the writer's process alone.
struct Detail {
  uint16_t padding;
  uint8_t explicit_leaves;
  uint8_t zero;
};

// An address's leaf, one atomic word: base 32 bits, softwires 17, psid-length 5, reserved bits 5, compact 1,
// capacity 4.
struct Leaf {
  uint32_t base = 0;       // first slot of the run (compact: first tag); 0: the address never had softwires
  uint32_t softwires = 0;  // present in the run now; 0 with a base: the run waits for the address to come back
  PortSet port_set;
  bool compact = false;
  uint8_t capacity_bits = 0;  // compact: 2^n slots

  static Leaf unpack(uint64_t word) {
    Leaf leaf;
    leaf.base = static_cast<uint32_t>(word);
    leaf.softwires = word >> 32 & 0x1ffff;
    leaf.port_set = {static_cast<uint8_t>(word >> 49 & 31), static_cast<uint8_t>(word >> 54 & 31)};
    leaf.compact = word >> 59 & 1;
    leaf.capacity_bits = word >> 60 & 15;
    return leaf;
  }
  uint64_t pack() const {
    return base | uint64_t{softwires} << 32 | uint64_t{port_set.psid_length} << 49 |
           uint64_t{port_set.reserved_ports_bit_count} << 54 | uint64_t{compact} << 59 | uint64_t{capacity_bits} << 60;
  }

  // Compact runs: tags come first, 8 to a slot's 32 bytes.
  uint32_t capacity() const { return 1u << capacity_bits; }
  uint32_t buckets() const { return capacity_bits > 3 ? capacity() / 8 : 1; }
  uint32_t bucket_size() const { return capacity_bits > 3 ? 8 : capacity(); }
  uint32_t bucket(uint32_t psid) const { return (psid * 0x9e3779b1u >> 16) & (buckets() - 1); }
  uint32_t run_length() const { return compact ? buckets() + capacity() : 1u << port_set.psid_length; }
  uint32_t compact_slot(uint32_t bucket, uint32_t position) const { return base + buckets() + bucket * 8 + position; }
};

constexpr size_t kPageSize = 4096;
constexpr size_t kStripes = 512;
constexpr size_t kLeavesPerPage = kPageSize / sizeof(uint64_t);
constexpr size_t kLeafPages = (size_t{1} << 32) / kLeavesPerPage;
constexpr size_t kMaxSlots = size_t{1} << 31;
constexpr size_t kFirstSlot = 2;  // slot 0 is nobody's: base 0 means no run

// A stripe's word: bit 0 an edit is going on, bits 1..32 of which slot, bits 33..63 count edits.
inline bool editing(uint64_t stripe) { return stripe & 1; }
inline uint32_t edited_slot(uint64_t stripe) { return static_cast<uint32_t>(stripe >> 1); }

struct Header {
  static constexpr uint64_t kMagic = 0x3162742d6f346c77;  // "wl4o-tb1": changes with the layout
  uint64_t magic;
  std::atomic<uint64_t> slots_used;  // slots [0, slots_used) have memory
  alignas(64) Slot journal;
  alignas(kPageSize) std::atomic<uint64_t> stripes[kStripes];
  alignas(kPageSize) std::atomic<uint64_t> pages[kLeafPages / 64];
};

constexpr size_t kLeavesOffset = sizeof(Header);
constexpr size_t kSlotsOffset = kLeavesOffset + (size_t{1} << 32) * sizeof(uint64_t);
constexpr size_t kDetailsOffset = kSlotsOffset + kMaxSlots * sizeof(Slot);
constexpr size_t kMemorySize = kDetailsOffset + kMaxSlots * sizeof(Detail);
static_assert(sizeof(Header) % kPageSize == 0);

// The same memory with types on.
struct View {
  Header* header = nullptr;
  std::atomic<uint64_t>* leaves = nullptr;
  Slot* slots = nullptr;
  Detail* details = nullptr;

  View() = default;
  explicit View(uint8_t* memory)
      : header(reinterpret_cast<Header*>(memory)),
        leaves(reinterpret_cast<std::atomic<uint64_t>*>(memory + kLeavesOffset)),
        slots(reinterpret_cast<Slot*>(memory + kSlotsOffset)),
        details(reinterpret_cast<Detail*>(memory + kDetailsOffset)) {}

  bool has_page(uint32_t ipv4) const {
    uint32_t page = ipv4 / kLeavesPerPage;
    return header->pages[page / 64].load(std::memory_order_acquire) >> page % 64 & 1;
  }
  uint64_t leaf_word(uint32_t ipv4) const { return has_page(ipv4) ? leaves[ipv4].load(std::memory_order_acquire) : 0; }
  // Tags of a compact run: PSID + 1, 0 where the position was never taken.
  std::atomic<uint32_t>* tags(const Leaf& leaf, uint32_t bucket) const {
    return reinterpret_cast<std::atomic<uint32_t>*>(&slots[leaf.base + bucket]);
  }
  // The slot for `psid`, or -1 where the address has none.
  int64_t find_slot(const Leaf& leaf, uint32_t psid) const {
    if (!leaf.base || psid >> leaf.port_set.psid_length) return -1;
    if (!leaf.compact) return int64_t{leaf.base} + psid;
    uint32_t bucket = leaf.bucket(psid);
    const std::atomic<uint32_t>* tag = tags(leaf, bucket);
    for (uint32_t i = 0; i < 8; i++) {
      if (tag[i].load(std::memory_order_acquire) == psid + 1) return leaf.compact_slot(bucket, i);
    }
    return -1;
  }
  // The softwire in a slot, whole: before or after any edit, never between. False when absent.
  bool read_slot(uint32_t index, Softwire& softwire) const {
    const std::atomic<uint64_t>& stripe = header->stripes[index % kStripes];
    for (;;) {
      uint64_t before = stripe.load(std::memory_order_acquire);
      const Slot& source = editing(before) && edited_slot(before) == index ? header->journal : slots[index];
      uint64_t words[4];
      // Acquire keeps the second look at the stripe behind these; on x86 all of them are plain loads.
      for (int i = 0; i < 4; i++) words[i] = source.words[i].load(std::memory_order_acquire);
      if (stripe.load(std::memory_order_relaxed) != before) continue;
      std::memcpy(&softwire, words, sizeof softwire);
      return words[2] | words[3];  // no softwire has the unspecified address as br-address
    }
  }
};

}  // namespace table
}  // namespace lwaftr
