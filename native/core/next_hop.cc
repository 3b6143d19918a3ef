#include "next_hop.h"

namespace lwaftr {

void NextHop::set_static(const MacAddress& mac) {
  static_ = pack_next_hop(mac.data(), NextHopStatus::static_mac);
  cell_->router_until.store(0, std::memory_order_relaxed);
  cell_->word.store(static_, std::memory_order_release);
}

void NextHop::set_unresolved() {
  static_ = 0;
  if (cell_ != &own_ && !is_static()) return;
  cell_->router_until.store(0, std::memory_order_relaxed);
  cell_->word.store(0, std::memory_order_release);
  cell_->ask_at.store(0, std::memory_order_relaxed);
}

void NextHop::purge() {
  cell_->router_until.store(0, std::memory_order_relaxed);
  cell_->word.store(static_, std::memory_order_release);
  cell_->ask_at.store(0, std::memory_order_relaxed);
}

// One of the queues that share the cell gets to ask.
bool NextHop::take_turn(Time now, Time interval) {
  Time due = cell_->ask_at.load(std::memory_order_relaxed);
  return now >= due && cell_->ask_at.compare_exchange_strong(due, now + interval, std::memory_order_acq_rel);
}

NextHop::Question NextHop::tick(Time now) {
  if (router_knows(now)) return Question::none;
  if (static_ && word() != static_) forget_router();
  uint64_t known = word();
  switch (next_hop_status(known)) {
    case NextHopStatus::static_mac:
      return Question::none;
    case NextHopStatus::resolved: {
      const Time confirmed = cell_->confirmed_at.load(std::memory_order_relaxed);
      const Time used = cell_->used_at.load(std::memory_order_relaxed);
      if (used == 0 || used < confirmed || now < confirmed + kReachable) return Question::none;
      // Another queue may have begun to probe in this moment: then it has the turn.
      const uint64_t probing = pack_next_hop(next_hop_mac(known).data(), NextHopStatus::probing);
      cell_->probes.store(0, std::memory_order_relaxed);
      cell_->ask_at.store(now, std::memory_order_relaxed);
      if (!cell_->word.compare_exchange_strong(known, probing, std::memory_order_acq_rel)) return Question::none;
      return tick(now);
    }
    case NextHopStatus::probing: {
      if (!take_turn(now, kProbeInterval)) return Question::none;
      const uint32_t probe = cell_->probes.fetch_add(1, std::memory_order_relaxed);
      if (probe < kProbes) return probe == 0 ? Question::known_mac : Question::everyone;
      if (!cell_->word.compare_exchange_strong(known, 0, std::memory_order_acq_rel)) return Question::none;
      cell_->ask_at.store(now, std::memory_order_relaxed);
      return tick(now);
    }
    case NextHopStatus::unresolved:
      break;
  }
  return take_turn(now, kRequestInterval) ? Question::everyone : Question::none;
}

void NextHop::learn(const uint8_t* mac, bool confirmed, Time now) {
  static constexpr uint8_t kNone[6] = {};
  if (is_static() || router_knows(now) || (mac[0] & 1) || std::memcmp(mac, kNone, 6) == 0) return;
  // Unconfirmed is as good as confirmed half a minute ago: its next use makes us ask.
  cell_->confirmed_at.store(confirmed || now < kReachable ? now : now - kReachable, std::memory_order_relaxed);
  cell_->word.store(pack_next_hop(mac, NextHopStatus::resolved), std::memory_order_release);
}

void NextHop::learn_from_router(const uint8_t* mac, Time duration, Time now) {
  cell_->router_until.store(now + duration, std::memory_order_relaxed);
  // ARP and NDP never confirmed it: when the router falls silent, the next use makes us ask them.
  cell_->confirmed_at.store(0, std::memory_order_relaxed);
  cell_->word.store(pack_next_hop(mac, NextHopStatus::resolved), std::memory_order_release);
}

void NextHop::forget_router() {
  cell_->router_until.store(0, std::memory_order_relaxed);
  if (static_) cell_->word.store(static_, std::memory_order_release);
}

void HoldQueue::hold(const PacketList& packets) {
  for (Packet* packet : packets) {
    if (packets_.size() < kCapacity) {
      packets_.push_back(packet);
    } else {
      counters_.add(overflow_);
      pool_.drop(packet, overflow_);
    }
  }
}

void HoldQueue::release(PacketList& packets) {
  packets.insert(packets.end(), packets_.begin(), packets_.end());
  packets_.clear();
}

}  // namespace lwaftr
