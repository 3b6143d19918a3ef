// 802.1Q tags: taken off and put on without moving the payload. Priority bits are ignored on receive and zero when
// sent.
#pragma once
#include <cstring>

#include "packet.h"
#include "wire.h"

namespace lwaftr {

// Of a frame that has a whole tag.
inline int vlan_of(const Packet& frame) { return load16(frame.data + ethernet::kHeader) & 0xfff; }

inline void remove_tag(Packet& frame) {
  std::memmove(frame.data + ethernet::kTag, frame.data, ethernet::kType);
  frame.data += ethernet::kTag;
  frame.length -= ethernet::kTag;
}

inline void insert_tag(Packet& frame, uint16_t vlan) {
  frame.data -= ethernet::kTag;
  frame.length += ethernet::kTag;
  std::memmove(frame.data, frame.data + ethernet::kTag, ethernet::kType);
  store16(frame.data + ethernet::kType, ethernet::kVlan);
  store16(frame.data + ethernet::kHeader, vlan);
}

}  // namespace lwaftr
