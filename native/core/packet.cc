#include "packet.h"

#include <new>

namespace lwaftr {

PacketPool::PacketPool(size_t small_packets, size_t large_packets) {
  small_.capacity = kSmallCapacity;
  large_.capacity = kLargeCapacity;
  const size_t small_bytes = small_packets * small_.stride();
  // Not make_unique: it would write zeros to all of it, and so use all of it.
  memory_.reset(new uint8_t[small_bytes + large_packets * large_.stride()]);
  small_.fresh = memory_.get();
  small_.fresh_count = small_packets;
  large_.fresh = memory_.get() + small_bytes;
  large_.fresh_count = large_packets;
  small_.free.reserve(small_packets);
  large_.free.reserve(large_packets);
}

Packet* PacketPool::Shelf::take_fresh() {
  if (!fresh_count) return nullptr;
  Packet* packet = new (fresh) Packet;
  packet->capacity = capacity;
  fresh += stride();
  fresh_count--;
  return packet;
}

}  // namespace lwaftr
