#include "load_meter.h"

#include <algorithm>

namespace lwaftr {

void LoadMeter::received(uint64_t sequence, uint64_t bytes, Time latency) {
  const uint64_t expected = expected_.load(std::memory_order_relaxed);
  const uint64_t bit = uint64_t{1} << (sequence % 64);
  // Not ours: a number that was never given out.
  if (sequence >= sent_.load(std::memory_order_relaxed)) return;
  if (sequence >= expected) {
    move_on(sequence + 1);
  } else {
    if (expected - sequence > kWindow) return;
    if (word(sequence) & bit) return add(duplicates_, 1);
    add(reordered_, 1);
  }
  word(sequence) |= bit;
  add(received_, 1);
  add(bytes_, bytes);
  latency_.add(latency);
}

// Numbers up to `next` enter the window: none of them was seen.
void LoadMeter::move_on(uint64_t next) {
  uint64_t at = expected_.load(std::memory_order_relaxed);
  if (next - at >= kWindow) {
    std::fill(seen_.begin(), seen_.end(), 0);
  } else {
    for (; at < next; at++) word(at) &= ~(uint64_t{1} << (at % 64));
  }
  expected_.store(next, std::memory_order_relaxed);
}

LoadMeter::Totals LoadMeter::totals() const {
  const auto get = [](const Count& count) { return count.load(std::memory_order_relaxed); };
  // In this order: what is on its way counts as lost rather than as received before it was sent.
  Totals totals{};
  totals.received = get(received_);
  totals.bytes = get(bytes_);
  totals.duplicates = get(duplicates_);
  totals.reordered = get(reordered_);
  totals.expected = get(expected_);
  totals.unsent = get(unsent_);
  totals.sent = get(sent_);
  return totals;
}

}  // namespace lwaftr
