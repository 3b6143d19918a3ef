// Puts datagrams together from fragments, bounded in time, number and memory (RFC 5722).
// It knows nothing of IP versions: reassemble.h makes keys, heads and offsets of headers.
//
//   key ──► datagram { head of the first fragment received | bitmap of the 8-byte units present | blocks of payload }
//
// Fragments are copied in, so that waiting ones use no packet buffers. Memory grows as datagrams need it and shrinks
// when they no longer do (slabs.h); nothing is reserved for the maximum. Oldest datagrams stand first in one list,
// which serves both the 60 s timeout and eviction.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "clock.h"
#include "counters.h"
#include "packet.h"
#include "settings.h"
#include "slabs.h"

namespace lwaftr {

// Whatever identifies a datagram, padded with zeros.
using FragmentKey = std::array<uint8_t, 48>;

struct Fragment {
  FragmentKey key{};
  const uint8_t* head = nullptr;  // what stands before the payload in the frame that results
  size_t head_length = 0;         // at most Reassembler::kMaxHead
  const uint8_t* data = nullptr;
  size_t length = 0;
  size_t offset = 0;  // of data in the payload, a multiple of 8
  bool last = false;
  uint8_t next_header = 0;  // of the payload; the first fragment's counts
};

struct Reassembled {
  Packet* packet = nullptr;  // nullptr: the datagram is not whole
  uint8_t next_header = 0;
};

class Reassembler {
 public:
  static constexpr Time kTimeout = 60 * kSecond;
  static constexpr size_t kMaxHead = 128;

  // The counters of one kind of fragments.
  struct Names {
    Counter needed, reassembled, merged, invalid, evicted, timeout, dropped;
  };
  static const Names kIpv4, kIpv6, kInner;

  Reassembler(PacketPool& pool, Counters& counters, const Names& names);
  void configure(const Reassembly& limits) { limits_ = limits; }
  // Copies the fragment in. Gives the whole datagram, head and payload, when this was all that it lacked.
  Reassembled add(const Fragment& fragment, Time now);
  void expire(Time now) {
    while (oldest_ != kNone && now - at(oldest_).created >= kTimeout) time_out(oldest_);
    datagrams_.trim(now);
    blocks_.trim(now);
  }
  size_t held() const { return held_; }  // fragments of datagrams that are not whole
  size_t memory() const { return datagrams_.used() * sizeof(Datagram) + blocks_.used() * kBlock; }  // bytes in use

 private:
  static constexpr uint32_t kNone = UINT32_MAX;  // no datagram, no block
  static constexpr size_t kBlock = 1024;         // bytes
  static constexpr size_t kBlocks = Packet::kMaxFrame / kBlock;
  static constexpr size_t kUnits = Packet::kMaxFrame / 8;
  static constexpr size_t kBuckets = 8192;

  struct Datagram {
    FragmentKey key;
    Time created;
    uint32_t newer, older;  // in the list by age
    uint32_t next;          // in the hash bucket
    uint32_t fragments;
    uint32_t units;  // present
    uint32_t total;  // bytes of payload; 0: the last fragment is missing
    uint32_t end;    // of the furthest fragment
    uint16_t head_length;
    uint8_t next_header;
    bool dead;  // overlapped (RFC 5722): what still comes of it is dropped too
    uint32_t blocks[kBlocks];
    uint64_t present[(kUnits + 63) / 64];
    uint8_t head[kMaxHead];
  };
  struct Block {
    uint8_t bytes[kBlock];
  };

  Datagram& at(uint32_t index) { return datagrams_[index]; }
  uint32_t& bucket(const FragmentKey& key);
  uint32_t find(const FragmentKey& key);
  uint32_t create(const Fragment& fragment, Time now);
  enum class Check : uint8_t { fits, overlaps, invalid };
  Check check(const Datagram& datagram, const Fragment& fragment) const;
  bool copy_in(Datagram& datagram, const Fragment& fragment);
  Reassembled complete(uint32_t index);
  void give_up(uint32_t index);  // counts its fragments as dropped and removes it
  void kill(uint32_t index);     // the same, but remembers it
  void time_out(uint32_t index);
  void remove(uint32_t index);
  void free_blocks(Datagram& datagram);

  PacketPool& pool_;
  Counters& counters_;
  const Names& names_;
  Reassembly limits_;
  uint64_t seed_;
  size_t held_ = 0;
  uint32_t oldest_ = kNone, newest_ = kNone;
  std::vector<uint32_t> buckets_;
  Slabs<Datagram> datagrams_;
  Slabs<Block> blocks_;
};

}  // namespace lwaftr
