// A frame in memory and the pool it comes from. One pool belongs to one thread.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "counters.h"
#include "poison.h"

namespace lwaftr {

// A frame is [data, data + length): Ethernet header first, no FCS.
// Headroom in front of a received frame takes the tunnel header and an 802.1Q tag without moving the payload.
struct Packet {
  static constexpr size_t kHeadroom = 128;
  static constexpr size_t kMaxFrame = 10240;  // the reference's largest frame; jumbo passthru fits

  uint8_t* data = nullptr;
  uint32_t length = 0;
  uint32_t capacity = 0;  // bytes of buffer() in all
  uint8_t* buffer() { return reinterpret_cast<uint8_t*>(this + 1); }
  // An empty frame with full headroom.
  void reset() {
    unpoison(buffer(), capacity);
    data = buffer() + kHeadroom;
    length = 0;
  }
  size_t room() { return capacity - kHeadroom; }  // bytes a frame may have after reset()
};

// What became of a packet that neither left nor was dropped.
enum class Use : uint8_t {
  own,         // answered, learned from or translated by the relay itself
  merged,      // a fragment: now part of a packet
  fragmented,  // left in fragments
};

// Sees how packets end while a capture runs (capture.h).
class Witness {
 public:
  virtual void dropped(const Packet& packet, Counter reason) = 0;
  virtual void used(const Packet& packet, Use use) = 0;

 protected:
  ~Witness() = default;
};

// A place where frames come in and leave. On a stick, only `internal` (the one link) and `passthru` are used by
// devices; check and bench may still feed external and internal apart.
enum class Port : uint8_t { external = 0, internal = 1, passthru = 2 };
inline constexpr size_t kPortCount = 3;

// Packets in the order in which they go on. Grows to the largest burst once; a warm list does not allocate.
using PacketList = std::vector<Packet*>;

// Buffers of two sizes (most frames fit 2 KiB, jumbo and reassembled ones do not), all reserved at construction.
// Their memory is touched only when first used, and the last one freed is the next one taken: it is still in the cache.
class PacketPool {
 public:
  PacketPool(size_t small_packets, size_t large_packets);
  PacketPool(const PacketPool&) = delete;
  PacketPool& operator=(const PacketPool&) = delete;
  // A reset packet for `length` bytes, or nullptr when the pool is empty (the caller counts the drop).
  Packet* allocate(size_t length) {
    Packet* packet = length <= kSmallFrame ? small_.take() : nullptr;
    if (!packet && length <= kLargeFrame) packet = large_.take();
    if (packet) poison(packet->data + length, packet->room() - length);
    return packet;
  }
  void free(Packet* packet) {
    (packet->capacity == kSmallCapacity ? small_ : large_).free.push_back(packet);
    poison(packet, sizeof *packet + packet->capacity);
  }
  // Ends a packet; the caller has counted why. Where nobody looks on that is a branch never taken.
  void drop(Packet* packet, Counter reason) {
    if (__builtin_expect(witness_ != nullptr, 0)) witness_->dropped(*packet, reason);
    free(packet);
  }
  void use(Packet* packet, Use use) {
    if (__builtin_expect(witness_ != nullptr, 0)) witness_->used(*packet, use);
    free(packet);
  }
  // nullptr: nobody.
  void set_witness(Witness* witness) { witness_ = witness; }
  size_t available_small() const { return small_.available(); }
  size_t available_large() const { return large_.available(); }

 private:
  static constexpr size_t kSmallCapacity = 2048 + Packet::kHeadroom;
  // Room behind the largest frame for the tunnel header that a reassembled packet may bring along.
  static constexpr size_t kLargeCapacity = Packet::kMaxFrame + 64 + Packet::kHeadroom;
  static constexpr size_t kSmallFrame = kSmallCapacity - Packet::kHeadroom;
  static constexpr size_t kLargeFrame = kLargeCapacity - Packet::kHeadroom;

  struct Shelf {
    std::vector<Packet*> free;
    uint8_t* fresh = nullptr;  // memory not used yet
    size_t fresh_count = 0;
    uint32_t capacity = 0;
    size_t available() const { return free.size() + fresh_count; }
    size_t stride() const { return sizeof(Packet) + capacity; }
    Packet* take() {
      Packet* packet;
      if (!free.empty()) {
        packet = free.back();
        free.pop_back();
        unpoison(packet, sizeof *packet);
      } else if (!(packet = take_fresh())) {
        return nullptr;
      }
      packet->reset();
      return packet;
    }
    Packet* take_fresh();
  };
  Witness* witness_ = nullptr;
  std::unique_ptr<uint8_t[]> memory_;
  Shelf small_;
  Shelf large_;
};

}  // namespace lwaftr
