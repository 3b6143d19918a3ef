// Whose MAC address the packets of one side leave for: learned, confirmed, waited for.
//
//   unresolved ── answer ──► resolved ── 30 s in use ──► probing ── answer ──► resolved
//       ▲ asks all, every 3 s                               │ asks 3 times, 1 s apart, first the known MAC alone
//       └───────────────────────────────────────────────────┘ no answer
//
// What the attached router says counts instead while it says it; then all this begins again, or the configured MAC
// counts.
//
// While unresolved the core's packets wait in a queue. ARP and NDP (arp.h, ndp.h) put the questions and the answers
// into packets; here is only when to ask and what to believe.
#pragma once
#include <atomic>
#include <cstdint>
#include <cstring>

#include "clock.h"
#include "counters.h"
#include "packet.h"
#include "queue_state.h"
#include "settings.h"

namespace lwaftr {

// What is known of a next hop. Queues of one device with the same next hop share one of these (an answer reaches only
// one of them), each from its own thread: whoever moves `ask_at` on asks for all.
struct alignas(64) NextHopCell {
  std::atomic<uint64_t> word{0};  // pack_next_hop()
  std::atomic<Time> confirmed_at{0};
  std::atomic<Time> used_at{0};  // 0: never
  std::atomic<Time> ask_at{0};
  std::atomic<uint32_t> probes{0};
  std::atomic<Time> router_until{0};  // 0: not known from the attached router
};

class NextHop {
 public:
  static constexpr Time kRequestInterval = 3 * kSecond;
  static constexpr Time kReachable = 30 * kSecond;
  static constexpr Time kProbeInterval = kSecond;
  static constexpr uint32_t kProbes = 3;

  enum class Question : uint8_t { none, everyone, known_mac };

  // `shared` outlives this; nullptr: not shared.
  void share(NextHopCell* shared) { cell_ = shared ? shared : &own_; }
  void set_static(const MacAddress& mac);
  // To be resolved; forgets what was known unless others share it.
  void set_unresolved();
  // Forgets what was learned, for all who share it, and asks anew at once. A configured MAC stays.
  void purge();

  // What to ask now, if anything.
  Question tick(Time now);
  // An answer: `mac` is right. `confirmed` is false for what came unasked, which is believed but soon asked again.
  void learn(const uint8_t* mac, bool confirmed, Time now);
  // The same for an entry that is there: does not make one.
  void refresh(const uint8_t* mac, Time now) {
    if (known() && !is_static()) learn(mac, true, now);
  }

  // The attached router's word (attached_router.h): `mac`, and nobody else is asked or believed for `duration`.
  void learn_from_router(const uint8_t* mac, Time duration, Time now);
  // From now on the attached router is not asked: what it said is as good as any other answer.
  void forget_router();

  NextHopStatus status() const { return next_hop_status(word()); }
  bool known() const { return status() != NextHopStatus::unresolved; }
  bool is_static() const { return status() == NextHopStatus::static_mac; }
  MacAddress mac() const { return next_hop_mac(word()); }
  // Status and MAC of one moment: who shares it may change it between two looks.
  uint64_t word() const { return cell_->word.load(std::memory_order_acquire); }
  void used(Time now) { cell_->used_at.store(now ? now : 1, std::memory_order_relaxed); }

 private:
  bool take_turn(Time now, Time interval);
  bool router_knows(Time now) const { return now < cell_->router_until.load(std::memory_order_relaxed); }

  NextHopCell own_;
  NextHopCell* cell_ = &own_;
  uint64_t static_ = 0;  // the configured one; 0: none
};

// Packets waiting for their next hop, in order.
class HoldQueue {
 public:
  static constexpr size_t kCapacity = 1023;

  HoldQueue(PacketPool& pool, Counters& counters, Counter overflow)
      : pool_(pool), counters_(counters), overflow_(overflow) {
    packets_.reserve(kCapacity);
  }
  void hold(const PacketList& packets);
  // Appends what waited to `packets`.
  void release(PacketList& packets);
  size_t size() const { return packets_.size(); }

 private:
  PacketPool& pool_;
  Counters& counters_;
  Counter overflow_;
  PacketList packets_;
};

// Writes the Ethernet addresses of packets that leave for one next hop.
inline void write_addresses(const PacketList& packets, const MacAddress& destination, const MacAddress& source) {
  for (Packet* packet : packets) {
    std::memcpy(packet->data, destination.data(), 6);
    std::memcpy(packet->data + 6, source.data(), 6);
  }
}

}  // namespace lwaftr
