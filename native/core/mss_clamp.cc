#include "mss_clamp.h"

#include "checksum.h"

namespace lwaftr {
namespace {

constexpr size_t kTcpHeader = 20, kDataOffset = 12, kFlags = 13, kTcpChecksum = 16;
constexpr uint8_t kSyn = 0x02;
constexpr uint8_t kEnd = 0, kNoOperation = 1, kMss = 2;

// The checksum covers words; a value at an odd offset lies across two of them, with its bytes swapped.
void replace_word(uint8_t* segment, size_t at, uint16_t value) {
  uint16_t old_word = load16(segment + at), new_word = value;
  if (at % 2) {
    old_word = static_cast<uint16_t>(old_word << 8 | old_word >> 8);
    new_word = static_cast<uint16_t>(new_word << 8 | new_word >> 8);
  }
  store16(segment + at, value);
  update_checksum(segment + kTcpChecksum, old_word, new_word);
}

}  // namespace

void clamp_tcp_mss(Counters& counters, uint8_t* segment, size_t length, uint16_t mss) {
  if (length < kTcpHeader || !(segment[kFlags] & kSyn)) return;
  const size_t header_length = (segment[kDataOffset] >> 4) * 4u;
  if (header_length < kTcpHeader || header_length > length) return;
  for (size_t at = kTcpHeader; at < header_length;) {
    const uint8_t kind = segment[at];
    if (kind == kEnd) return;
    if (kind == kNoOperation) {
      at++;
      continue;
    }
    if (at + 2 > header_length || segment[at + 1] < 2 || at + segment[at + 1] > header_length) return;
    if (kind == kMss && segment[at + 1] == 4 && load16(segment + at + 2) > mss) {
      replace_word(segment, at + 2, mss);
      counters.add(Counter::clamped_tcp_mss_packets);
    }
    at += segment[at + 1];
  }
}

}  // namespace lwaftr
