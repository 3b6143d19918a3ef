// A frame in memory and the pool it comes from. One pool belongs to one thread.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace lwaftr {

// A frame is [data, data + length): Ethernet header first, no FCS.
// Headroom in front of a received frame takes the tunnel header and an 802.1Q tag without moving the payload.
struct Packet {
  static constexpr size_t kHeadroom = 128;
  static constexpr size_t kMaxFrame = 10240;  // the reference's largest frame; jumbo passthru fits

  uint8_t* data = nullptr;
  uint32_t length = 0;
  uint32_t capacity = 0;   // bytes of buffer() in all
  uint8_t* buffer() { return reinterpret_cast<uint8_t*>(this + 1); }
  // An empty frame with full headroom.
  void reset() {
    data = buffer() + kHeadroom;
    length = 0;
  }
  size_t room() { return capacity - kHeadroom; }  // bytes a frame may have after reset()
};

// Buffers of two sizes (most frames fit 2 KiB, jumbo and reassembled ones do not), all allocated at construction.
class PacketPool {
 public:
  PacketPool(size_t small_packets, size_t large_packets);
  PacketPool(const PacketPool&) = delete;
  PacketPool& operator=(const PacketPool&) = delete;
  // A reset packet that holds at least `length` bytes, or nullptr when the pool is empty (the caller counts the drop).
  Packet* allocate(size_t length);
  void free(Packet* packet);
  size_t available_small() const { return small_.size(); }
  size_t available_large() const { return large_.size(); }

 private:
  std::unique_ptr<uint8_t[]> memory_;
  std::vector<Packet*> small_;
  std::vector<Packet*> large_;
};

}  // namespace lwaftr
