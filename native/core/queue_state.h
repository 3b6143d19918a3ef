// What a queue tells the rest of the relay, beside its counters: one page in shared memory, one writer (the queue's
// thread).
#pragma once
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace lwaftr {

// A next hop's MAC and how it is known, in one word so that readers see both or neither:
// bits 0..47 MAC (first byte highest), bits 48..55 NextHopStatus.
enum class NextHopStatus : uint8_t { unresolved = 0, static_mac = 1, resolved = 2, probing = 3 };

struct alignas(64) QueueState {
  std::atomic<uint64_t> batches;  // passes through the loop; grows while the thread lives (heartbeat and grace period)
  std::atomic<uint64_t> table_generation;   // generation of the binding table in use
  std::atomic<uint64_t> settings_revision;  // revision of the settings in use
  std::atomic<uint64_t> external_next_hop;
  std::atomic<uint64_t> internal_next_hop;
  std::atomic<uint32_t> external_link_up;  // 1: the device is there and running
  std::atomic<uint32_t> internal_link_up;
  std::atomic<uint32_t> passthru_link_up;
  std::atomic<uint64_t> cpu_time;  // of the queue's thread, in ns
};

inline uint64_t pack_next_hop(const uint8_t* mac, NextHopStatus status) {
  uint64_t word = 0;
  for (int i = 0; i < 6; i++) word = word << 8 | (mac ? mac[i] : 0);
  return word | static_cast<uint64_t>(status) << 48;
}
inline NextHopStatus next_hop_status(uint64_t word) { return static_cast<NextHopStatus>(word >> 48 & 0xff); }
inline std::array<uint8_t, 6> next_hop_mac(uint64_t word) {
  std::array<uint8_t, 6> mac;
  for (size_t i = 0; i < mac.size(); i++) mac[i] = static_cast<uint8_t>(word >> (40 - 8 * i));
  return mac;
}

}  // namespace lwaftr
