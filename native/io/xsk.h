// An AF_XDP socket: memory shared with the kernel (UMEM) and the four rings that pass its frames to and fro.
//
//   fill ring ──► kernel ──► receive ring ──► we copy ──► fill ring …        frames [0, kReceiveFrames)
//   transmit ring ──► kernel ──► completion ring ──► free list …             the rest
//
// Producer and consumer are counters that wrap at 2^32; each side writes one of them.
#pragma once
#include <linux/if_xdp.h>

#include <cstddef>
#include <vector>

#include "bpf.h"

namespace lwaftr {

// One of the kernel's rings, mapped.
template <typename Entry>
class XskRing {
 public:
  bool map(int fd, const xdp_ring_offset& offsets, uint64_t page_offset, uint32_t entries);
  void unmap();
  // For the side that produces: entries that may be written.
  uint32_t room() const { return mask_ + 1 - (ours_ - __atomic_load_n(consumer_, __ATOMIC_ACQUIRE)); }
  // For the side that consumes: entries that may be read.
  uint32_t available() const { return __atomic_load_n(producer_, __ATOMIC_ACQUIRE) - ours_; }
  // The entry `index` places after the first not yet passed on.
  Entry& operator[](uint32_t index) { return entries_[(ours_ + index) & mask_]; }
  void produce(uint32_t count) { __atomic_store_n(producer_, ours_ += count, __ATOMIC_RELEASE); }
  void consume(uint32_t count) { __atomic_store_n(consumer_, ours_ += count, __ATOMIC_RELEASE); }
  // Producer's side: entries that the kernel has not taken yet.
  uint32_t pending() const { return ours_ - __atomic_load_n(consumer_, __ATOMIC_ACQUIRE); }
  bool needs_wakeup() const { return __atomic_load_n(flags_, __ATOMIC_RELAXED) & XDP_RING_NEED_WAKEUP; }

 private:
  void* memory_ = nullptr;
  size_t bytes_ = 0;
  uint32_t* producer_ = nullptr;
  uint32_t* consumer_ = nullptr;
  uint32_t* flags_ = nullptr;
  Entry* entries_ = nullptr;
  uint32_t mask_ = 0;
  uint32_t ours_ = 0;  // the counter that we write
};

struct Xsk {
  static constexpr uint32_t kFrameBytes = 4096;
  static constexpr uint32_t kReceiveFrames = 4096;  // 10 ms at the kernel's best rate by copying
  static constexpr uint32_t kTransmitFrames = 2048;

  Xsk() = default;
  Xsk(const Xsk&) = delete;
  ~Xsk();
  // Makes socket, memory and rings, all frames for receiving in the fill ring. An errno, or 0.
  int create();
  // Binds it to a queue of an interface; an errno, or 0. After EBUSY it may be tried again.
  int bind(int interface, uint32_t queue, uint16_t flags);

  uint8_t* frame(uint64_t address) const { return memory + address; }

  Fd fd;
  uint8_t* memory = nullptr;
  XskRing<uint64_t> fill, completion;
  XskRing<xdp_desc> receive, transmit;
  std::vector<uint64_t> free_frames;  // for transmitting
};

}  // namespace lwaftr
