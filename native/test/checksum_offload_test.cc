// Checksums that a sender on this machine left to a card, found without being told.
#include "io/checksum_offload.h"

#include <doctest/doctest.h>

#include "checksum.h"
#include "packets.h"
#include "wire.h"

namespace lwaftr::test {
namespace {

constexpr const char* kFrom = "192.0.2.1";
constexpr const char* kTo = "198.51.100.7";
constexpr const char* kFrom6 = "2001:db8::1";
constexpr const char* kTo6 = "2001:db8::2";

Frame eth() { return Frame("02:00:00:00:00:01", "02:00:00:00:00:02"); }

struct Case {
  const char* sentence;
  Bytes frame;
  size_t ip, transport, field;  // of the datagram: its IP header, itself, its checksum
};

std::vector<Case> cases() {
  const size_t in4 = 34, in6 = 54;
  return {
      {"TCP in IPv4", eth().ipv4(kFrom, kTo).tcp(80, 1024).payload(101).bytes(), 14, in4, in4 + 16},
      {"UDP in IPv4", eth().ipv4(kFrom, kTo).udp(53, 1024).payload(100).bytes(), 14, in4, in4 + 6},
      {"TCP in IPv6", eth().ipv6(kFrom6, kTo6).tcp(80, 1024).payload(10).bytes(), 14, in6, in6 + 16},
      {"UDP in IPv6 with a tag", eth().vlan(64).ipv6(kFrom6, kTo6).udp(53, 1024).payload(9).bytes(), 18, 58, 64},
      {"TCP in a tunnel", eth().ipv6(kFrom6, kTo6).ipv4(kFrom, kTo).tcp(80, 1024).payload(1400).bytes(), 54, 74, 90},
      {"UDP in a tunnel with an encapsulation limit",
       eth().ipv6(kFrom6, kTo6).destination_options({4, 1, 4, 1, 1, 0}).ipv4(kFrom, kTo).udp(1, 2).payload(3).bytes(),
       62, 82, 88},
      {"TCP followed by padding", eth().ipv4(kFrom, kTo).tcp(80, 1024).padding(6).bytes(), 14, in4, in4 + 16},
  };
}

// What a sender writes who leaves the rest to the card.
Bytes unfinished(const Case& c) {
  Bytes frame = c.frame;
  const bool four = frame[c.ip] >> 4 == 4;
  const size_t end = c.ip + (four ? load16(&frame[c.ip + 2]) : ipv6::kHeader + load16(&frame[c.ip + 4]));
  uint8_t tail[4] = {0, static_cast<uint8_t>(c.field - c.transport == 16 ? 6 : 17), 0, 0};
  store16(tail + 2, static_cast<uint32_t>(end - c.transport));
  uint64_t sum = add_to_sum(0, &frame[c.ip + (four ? 12 : 8)], four ? 8 : 32);
  const uint16_t folded = fold_sum(add_to_sum(sum, tail, sizeof tail));
  std::memcpy(&frame[c.field], &folded, 2);
  return frame;
}

TEST_CASE("an unfinished checksum is completed, a finished one stays") {
  for (const Case& c : cases()) {
    CAPTURE(c.sentence);
    Bytes frame = unfinished(c);
    CHECK(frame != c.frame);
    complete_unmarked_checksum(frame.data(), frame.size());
    CHECK(hex(frame) == hex(c.frame));
    complete_unmarked_checksum(frame.data(), frame.size());
    CHECK(hex(frame) == hex(c.frame));
  }
}

TEST_CASE("a wrong checksum stays wrong") {
  for (const Case& c : cases()) {
    CAPTURE(c.sentence);
    Bytes frame = c.frame;
    frame[c.field] ^= 0x55;
    const Bytes sent = frame;
    complete_unmarked_checksum(frame.data(), frame.size());
    CHECK(hex(frame) == hex(sent));
  }
}

TEST_CASE("a frame cut short is not touched, nor read beyond its end") {
  for (const Case& c : cases()) {
    CAPTURE(c.sentence);
    const Bytes whole = unfinished(c);
    const bool four = whole[c.ip] >> 4 == 4;
    const size_t end = c.ip + (four ? load16(&whole[c.ip + 2]) : ipv6::kHeader + load16(&whole[c.ip + 4]));
    for (size_t length = 0; length < end; length++) {
      Bytes frame(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(length));
      const Bytes sent = frame;
      complete_unmarked_checksum(frame.data(), frame.size());
      CHECK(frame == sent);
    }
  }
}

}  // namespace
}  // namespace lwaftr::test
