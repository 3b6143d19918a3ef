#include "fragment.h"

#include <sys/random.h>

#include <algorithm>

#include "checksum.h"
#include "parse.h"

namespace lwaftr {
namespace {

bool any_over(const PacketList& frames, size_t limit) {
  bool over = false;
  for (const Packet* packet : frames) over |= packet->length > limit;
  return over;
}

// How much of what remains goes into one fragment: all, or a multiple of 8.
size_t next_piece(size_t remaining, size_t room) { return remaining <= room ? remaining : room & ~size_t{7}; }

}  // namespace

Fragmenter::Fragmenter(PacketPool& pool, Counters& counters) : pool_(pool), counters_(counters) {
  if (getrandom(&ipv4_id_, sizeof ipv4_id_, 0) != sizeof ipv4_id_) ipv4_id_ = 0;
  if (getrandom(&ipv6_id_, sizeof ipv6_id_, 0) != sizeof ipv6_id_) ipv6_id_ = 0;
}

// The first `head` bytes of the original, `gap` bytes to be written, then a piece of what follows the head.
Packet* Fragmenter::make_fragment(const Packet& original, size_t head, size_t gap, size_t offset, size_t length) {
  Packet* packet = pool_.allocate(head + gap + length);
  if (!packet) {
    counters_.add(Counter::drop_no_buffer_packets);
    return nullptr;
  }
  packet->length = static_cast<uint32_t>(head + gap + length);
  std::memcpy(packet->data, original.data, head);
  std::memcpy(packet->data + head + gap, original.data + head + offset, length);
  return packet;
}

void Fragmenter::fragment_ipv4(PacketList& frames, uint32_t mtu) {
  const size_t limit = ethernet::kHeader + mtu;
  if (!any_over(frames, limit)) {
    counters_.add(Counter::out_ipv4_frag_not, frames.size());
    return;
  }
  made_.clear();
  for (Packet* packet : frames) {
    if (packet->length <= limit || ethertype_of(*packet) != ethernet::kIpv4) {
      counters_.add(Counter::out_ipv4_frag_not);
      made_.push_back(packet);
    } else if (load16(packet->data + ethernet::kHeader + ipv4::kFragment) & ipv4::kDontFragment) {
      counters_.add(Counter::drop_dont_fragment_ipv4_packets);
      pool_.drop(packet, Counter::drop_dont_fragment_ipv4_packets);
    } else {
      split_ipv4(packet, mtu);
    }
  }
  frames.swap(made_);
}

void Fragmenter::split_ipv4(Packet* packet, uint32_t mtu) {
  const size_t header_length = (packet->data[ethernet::kHeader] & 15) * 4u;
  const size_t head = ethernet::kHeader + header_length;
  const size_t total = packet->length - head;
  const uint16_t flags =
      load16(packet->data + ethernet::kHeader + ipv4::kFragment) & ~(ipv4::kMoreFragments | ipv4::kOffsetMask);
  ipv4_id_++;
  for (size_t offset = 0, piece; offset < total; offset += piece) {
    piece = next_piece(total - offset, mtu - header_length);
    Packet* fragment = make_fragment(*packet, head, 0, offset, piece);
    if (!fragment) continue;
    uint8_t* header = fragment->data + ethernet::kHeader;
    const uint16_t more = offset + piece < total ? ipv4::kMoreFragments : 0;
    store16(header + ipv4::kTotalLength, static_cast<uint32_t>(header_length + piece));
    store16(header + ipv4::kId, ipv4_id_);
    store16(header + ipv4::kFragment, static_cast<uint32_t>(flags | more | offset / 8));
    write_ipv4_checksum(header, header_length);
    counters_.add(Counter::out_ipv4_frag);
    made_.push_back(fragment);
  }
  counters_.add(Counter::out_ipv4_fragmented_packets);
  pool_.use(packet, Use::fragmented);
}

void Fragmenter::fragment_ipv6(PacketList& frames, uint32_t mtu) {
  const size_t limit = ethernet::kHeader + mtu;
  if (!any_over(frames, limit)) {
    counters_.add(Counter::out_ipv6_frag_not, frames.size());
    return;
  }
  made_.clear();
  large_.clear();
  for (Packet* packet : frames) (packet->length <= limit ? made_ : large_).push_back(packet);
  counters_.add(Counter::out_ipv6_frag_not, made_.size());
  for (Packet* packet : large_) split_ipv6(packet, mtu);
  frames.swap(made_);
}

void Fragmenter::split_ipv6(Packet* packet, uint32_t mtu) {
  constexpr size_t kHead = ethernet::kHeader + ipv6::kHeader;
  const size_t total = packet->length - kHead;
  const uint8_t next_header = packet->data[ethernet::kHeader + ipv6::kNextHeader];
  ipv6_id_++;
  for (size_t offset = 0, piece; offset < total; offset += piece) {
    piece = next_piece(total - offset, mtu - ipv6::kHeader - ipv6::kFragmentHeader);
    Packet* fragment = make_fragment(*packet, kHead, ipv6::kFragmentHeader, offset, piece);
    if (!fragment) continue;
    uint8_t* header = fragment->data + ethernet::kHeader;
    store16(header + ipv6::kPayloadLength, static_cast<uint32_t>(ipv6::kFragmentHeader + piece));
    header[ipv6::kNextHeader] = ip_protocol::kFragment;
    uint8_t* extension = header + ipv6::kHeader;
    extension[0] = next_header;
    extension[1] = 0;
    store16(extension + 2, static_cast<uint32_t>(offset | (offset + piece < total)));
    store32(extension + 4, ipv6_id_);
    counters_.add(Counter::out_ipv6_frag);
    made_.push_back(fragment);
  }
  counters_.add(Counter::out_ipv6_fragmented_packets);
  pool_.use(packet, Use::fragmented);
}

}  // namespace lwaftr
