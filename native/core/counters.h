// Counters: one block a queue in shared memory, one writer, readers anywhere.
// counters.def is the one source of their names; C++, TypeScript and docs/counters.md follow from it.
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace lwaftr {

enum class Counter : uint16_t {
#define LWAFTR_COUNTER(name, text, group, stage, meaning) name,
#include "counters.def"
#undef LWAFTR_COUNTER
  kCount
};
inline constexpr size_t kCounterCount = static_cast<size_t>(Counter::kCount);

// The YANG container a counter is shown in.
enum class CounterGroup : uint8_t {
  softwire_state,  // softwire-state of snabb-softwire-v3
  lwaftr,          // what the reference drops silently: augmented by module lwaftr
  passthru,        // beside the queue's passthru-interface
};

struct CounterInfo {
  const char* name;  // as in YANG: "in-ipv4-packets"
  CounterGroup group;
  const char* stage;
  const char* meaning;
};
const CounterInfo& counter_info(Counter counter);

struct alignas(64) Counters {
  std::atomic<uint64_t> values[kCounterCount];

  // One writer: a plain add, no locked instruction.
  void add(Counter counter, uint64_t n = 1) {
    auto& value = values[static_cast<size_t>(counter)];
    value.store(value.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  // Gauges (memuse-*).
  void set(Counter counter, uint64_t value) {
    values[static_cast<size_t>(counter)].store(value, std::memory_order_relaxed);
  }
  uint64_t get(Counter counter) const { return values[static_cast<size_t>(counter)].load(std::memory_order_relaxed); }
  // A packets counter and the bytes counter that counters.def keeps right behind it.
  void add_packet(Counter packets, uint64_t bytes) { add_packets(packets, 1, bytes); }
  void add_packets(Counter packets, uint64_t count, uint64_t bytes) {
    add(packets, count);
    add(static_cast<Counter>(static_cast<size_t>(packets) + 1), bytes);
  }
};

}  // namespace lwaftr
