// What became of the packets of one direction: counted by their sequence numbers, not guessed from rates.
//
//   sent        numbers given out, less what our own device did not take (unsent)
//   received    different numbers seen again; a number seen twice is a duplicate
//   lost        sent and not received
//
// One thread writes, others read: each value by itself is right at any moment, all together when nothing is on its way.
#pragma once
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/clock.h"

namespace lwaftr {

// How many packets took how long. Buckets grow with the time they stand for: an error of 1/32 at most.
class LatencyHistogram {
 public:
  static constexpr size_t kBuckets = 36 * 32;  // up to 2^40 ns, 18 minutes

  void add(Time latency) {
    auto& bucket = counts_[bucket_of(latency)];
    bucket.store(bucket.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }
  uint64_t count(size_t bucket) const { return counts_[bucket].load(std::memory_order_relaxed); }
  // The longest time, in nanoseconds, that counts in this bucket.
  static Time bound(size_t bucket) {
    if (bucket < 2 * kEach) return bucket;
    const size_t shift = bucket / kEach - 1;
    return (static_cast<Time>(bucket % kEach + kEach + 1) << shift) - 1;
  }

 private:
  static constexpr size_t kEach = 32;  // buckets for each doubling
  static size_t bucket_of(Time latency) {
    if (latency < 2 * kEach) return latency;
    const size_t shift = static_cast<size_t>(58 - __builtin_clzll(latency));
    const size_t bucket = shift * kEach + (latency >> shift);
    return bucket < kBuckets ? bucket : kBuckets - 1;
  }

  std::array<std::atomic<uint64_t>, kBuckets> counts_{};
};

class LoadMeter {
 public:
  struct Totals {
    uint64_t sent, unsent, received, bytes, duplicates, reordered;
    uint64_t expected;  // numbers up to the highest seen again: what is missing of these was overtaken or lost
  };
  // So many numbers back, a packet is still known as new or as a duplicate; later ones stay lost.
  static constexpr uint64_t kWindow = 1 << 20;

  LoadMeter() : seen_(kWindow / 64) {}

  // Numbers given out, and how many of these frames our device did not take.
  void sent(uint64_t packets, uint64_t unsent) {
    add(sent_, packets);
    add(unsent_, unsent);
  }
  // A packet came back: its frame had so many bytes, and took so long.
  void received(uint64_t sequence, uint64_t bytes, Time latency);

  Totals totals() const;
  const LatencyHistogram& latency() const { return latency_; }

 private:
  using Count = std::atomic<uint64_t>;
  static void add(Count& count, uint64_t n) {
    count.store(count.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  uint64_t& word(uint64_t sequence) { return seen_[sequence % kWindow / 64]; }
  void move_on(uint64_t next);

  Count sent_{0}, unsent_{0}, received_{0}, bytes_{0}, duplicates_{0}, reordered_{0}, expected_{0};
  LatencyHistogram latency_;
  std::vector<uint64_t> seen_;  // a bit for each of the last kWindow numbers
};

}  // namespace lwaftr
