#include "reassembler.h"

#include <sys/random.h>

#include <algorithm>
#include <cstring>

namespace lwaftr {

const Reassembler::Names Reassembler::kIpv4 = {
    Counter::in_ipv4_frag_needs_reassembly, Counter::in_ipv4_frag_reassembled,
    Counter::in_ipv4_frag_merged,           Counter::drop_ipv4_frag_invalid_reassembly,
    Counter::drop_ipv4_frag_random_evicted, Counter::drop_ipv4_frag_timeout,
    Counter::drop_ipv4_frag_packets};
const Reassembler::Names Reassembler::kIpv6 = {
    Counter::in_ipv6_frag_needs_reassembly, Counter::in_ipv6_frag_reassembled,
    Counter::in_ipv6_frag_merged,           Counter::drop_ipv6_frag_invalid_reassembly,
    Counter::drop_ipv6_frag_random_evicted, Counter::drop_ipv6_frag_timeout,
    Counter::drop_ipv6_frag_packets};
const Reassembler::Names Reassembler::kInner = {
    Counter::in_inner_frag_needs_reassembly, Counter::in_inner_frag_reassembled,
    Counter::in_inner_frag_merged,           Counter::drop_inner_frag_invalid_reassembly,
    Counter::drop_inner_frag_evicted,        Counter::drop_inner_frag_timeout,
    Counter::drop_inner_frag_packets};

// A seed that nobody knows: no crafted traffic fills one bucket.
Reassembler::Reassembler(PacketPool& pool, Counters& counters, const Names& names)
    : pool_(pool), counters_(counters), names_(names), buckets_(kBuckets, kNone) {
  if (getrandom(&seed_, sizeof seed_, 0) != sizeof seed_) seed_ = reinterpret_cast<uintptr_t>(this);
}

uint32_t& Reassembler::bucket(const FragmentKey& key) {
  uint64_t hash = seed_;
  for (size_t i = 0; i < sizeof key; i += 8) {
    uint64_t word;
    std::memcpy(&word, key.data() + i, 8);
    const unsigned __int128 product = static_cast<unsigned __int128>(hash ^ word) * 0x9e3779b97f4a7c15u;
    hash = static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64) ^ seed_;
  }
  return buckets_[(hash ^ hash >> 32) % kBuckets];
}

uint32_t Reassembler::find(const FragmentKey& key) {
  uint32_t index = bucket(key);
  while (index != kNone && at(index).key != key) index = at(index).next;
  return index;
}

uint32_t Reassembler::create(const Fragment& fragment, Time now) {
  while (datagrams_.used() && datagrams_.used() >= limits_.max_packets) {
    if (!at(oldest_).dead) counters_.add(names_.evicted);
    give_up(oldest_);
  }
  if (limits_.max_packets == 0) {
    counters_.add(names_.evicted);
    return kNone;
  }
  const uint32_t index = datagrams_.take();
  if (index == kNone) return kNone;
  Datagram& datagram = at(index);
  datagram.key = fragment.key;
  datagram.created = now;
  datagram.fragments = datagram.units = datagram.total = datagram.end = 0;
  datagram.head_length = static_cast<uint16_t>(fragment.head_length);
  datagram.next_header = fragment.next_header;
  datagram.dead = false;
  std::fill(std::begin(datagram.blocks), std::end(datagram.blocks), kNone);
  std::fill(std::begin(datagram.present), std::end(datagram.present), 0);
  std::memcpy(datagram.head, fragment.head, fragment.head_length);

  uint32_t& first = bucket(fragment.key);
  datagram.next = first;
  first = index;
  datagram.older = newest_;
  datagram.newer = kNone;
  (newest_ == kNone ? oldest_ : at(newest_).newer) = index;
  newest_ = index;
  return index;
}

Reassembler::Check Reassembler::check(const Datagram& datagram, const Fragment& fragment) const {
  const size_t end = fragment.offset + fragment.length;
  if (datagram.head_length + end > Packet::kMaxFrame) return Check::invalid;
  for (size_t unit = fragment.offset / 8; unit * 8 < end; unit++) {
    if (datagram.present[unit / 64] >> unit % 64 & 1) return Check::overlaps;
  }
  if (fragment.length == 0 || (!fragment.last && fragment.length % 8)) return Check::invalid;
  if (datagram.fragments + 1 > limits_.max_fragments_per_packet) return Check::invalid;
  if (fragment.last ? datagram.total || end < datagram.end : datagram.total && end > datagram.total) {
    return Check::invalid;
  }
  return Check::fits;
}

bool Reassembler::copy_in(Datagram& datagram, const Fragment& fragment) {
  const size_t end = fragment.offset + fragment.length;
  for (size_t from = fragment.offset; from < end;) {
    uint32_t& index = datagram.blocks[from / kBlock];
    if (index == kNone && (index = blocks_.take()) == kNone) return false;
    const size_t n = std::min(end - from, kBlock - from % kBlock);
    std::memcpy(blocks_[index].bytes + from % kBlock, fragment.data + (from - fragment.offset), n);
    from += n;
  }
  for (size_t unit = fragment.offset / 8; unit * 8 < end; unit++) {
    datagram.present[unit / 64] |= uint64_t{1} << unit % 64;
    datagram.units++;
  }
  return true;
}

Reassembled Reassembler::add(const Fragment& fragment, Time now) {
  counters_.add(names_.needed);
  uint32_t index = find(fragment.key);
  if (index == kNone) index = create(fragment, now);
  if (index == kNone || at(index).dead) {
    counters_.add(names_.dropped);
    return {};
  }
  Datagram& datagram = at(index);
  const Check verdict = check(datagram, fragment);
  datagram.fragments++;
  held_++;
  if (verdict != Check::fits) {
    counters_.add(names_.invalid);
    verdict == Check::overlaps ? kill(index) : give_up(index);
    return {};
  }
  if (!copy_in(datagram, fragment)) {
    counters_.add(Counter::drop_no_buffer_packets);
    give_up(index);
    return {};
  }
  const uint32_t end = static_cast<uint32_t>(fragment.offset + fragment.length);
  datagram.end = std::max(datagram.end, end);
  if (fragment.last) datagram.total = end;
  if (fragment.offset == 0) datagram.next_header = fragment.next_header;
  if (datagram.total && datagram.units == (datagram.total + 7) / 8) return complete(index);
  return {};
}

Reassembled Reassembler::complete(uint32_t index) {
  Datagram& datagram = at(index);
  Packet* packet = pool_.allocate(datagram.head_length + datagram.total);
  if (!packet) {
    counters_.add(Counter::drop_no_buffer_packets);
    give_up(index);
    return {};
  }
  packet->length = datagram.head_length + datagram.total;
  std::memcpy(packet->data, datagram.head, datagram.head_length);
  uint8_t* payload = packet->data + datagram.head_length;
  for (size_t from = 0; from < datagram.total; from += kBlock) {
    std::memcpy(payload + from, blocks_[datagram.blocks[from / kBlock]].bytes, std::min(kBlock, datagram.total - from));
  }
  counters_.add(names_.reassembled);
  counters_.add(names_.merged, datagram.fragments);
  held_ -= datagram.fragments;
  const Reassembled whole{packet, datagram.next_header};
  remove(index);
  return whole;
}

void Reassembler::give_up(uint32_t index) {
  counters_.add(names_.dropped, at(index).fragments);
  held_ -= at(index).fragments;
  remove(index);
}

void Reassembler::kill(uint32_t index) {
  Datagram& datagram = at(index);
  counters_.add(names_.dropped, datagram.fragments);
  held_ -= datagram.fragments;
  datagram.fragments = 0;
  datagram.dead = true;
  free_blocks(datagram);
}

void Reassembler::time_out(uint32_t index) {
  if (!at(index).dead) {
    counters_.add(names_.timeout);
    counters_.add(names_.invalid);
  }
  give_up(index);
}

void Reassembler::remove(uint32_t index) {
  Datagram& datagram = at(index);
  free_blocks(datagram);
  uint32_t* link = &bucket(datagram.key);
  while (*link != index) link = &at(*link).next;
  *link = datagram.next;
  (datagram.older == kNone ? oldest_ : at(datagram.older).newer) = datagram.newer;
  (datagram.newer == kNone ? newest_ : at(datagram.newer).older) = datagram.older;
  datagrams_.give(index);
}

void Reassembler::free_blocks(Datagram& datagram) {
  for (uint32_t& index : datagram.blocks) {
    if (index == kNone) continue;
    blocks_.give(index);
    index = kNone;
  }
}

}  // namespace lwaftr
