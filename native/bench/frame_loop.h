// The frames of a capture, dealt out in a circle: the network of a benchmark that costs nothing but a copy.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "core/packet.h"

namespace lwaftr {

class FrameLoop {
 public:
  // An error for the user, or nothing.
  std::string load(const std::string& path);
  size_t size() const { return frames_.size(); }
  const uint8_t* data(size_t frame) const { return &bytes_[frames_[frame].offset]; }
  size_t length(size_t frame) const { return frames_[frame].length; }

  // The frame that is dealt out next.
  size_t next() const { return next_; }
  // Copies the next `count` frames into fresh packets, fewer where the pool is empty. Returns how many.
  size_t deal(PacketPool& pool, Packet** packets, size_t count) {
    for (size_t i = 0; i < count; i++) {
      const Frame& frame = frames_[next_];
      Packet* packet = pool.allocate(frame.length);
      if (!packet) return i;  // all of them wait somewhere inside
      std::memcpy(packet->data, &bytes_[frame.offset], frame.length);
      packet->length = frame.length;
      packets[i] = packet;
      if (++next_ == frames_.size()) next_ = 0;
    }
    return count;
  }

 private:
  struct Frame {
    size_t offset;
    uint32_t length;
  };
  std::vector<uint8_t> bytes_;
  std::vector<Frame> frames_;
  size_t next_ = 0;
};

}  // namespace lwaftr
