#include "checksum.h"

#include <doctest/doctest.h>

#include <random>
#include <vector>

#include "psid.h"

namespace lwaftr::test {
namespace {

uint16_t slow_checksum(const std::vector<uint8_t>& bytes) {
  uint32_t sum = 0;
  for (size_t i = 0; i < bytes.size(); i++) {
    sum += i % 2 ? bytes[i] : bytes[i] << 8;
    sum = (sum & 0xffff) + (sum >> 16);
  }
  return static_cast<uint16_t>(~sum);
}

}  // namespace

TEST_CASE("Checksums of random bytes agree with the slow ones, whole and updated") {
  std::mt19937 random(1);
  for (int round = 0; round < 100000; round++) {
    std::vector<uint8_t> bytes(2 + random() % 100);
    for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random() % 8 ? random() : 0xff);
    uint8_t field[2];
    store_checksum(field, add_to_sum(0, bytes.data(), bytes.size()));
    REQUIRE_EQ(load16(field), slow_checksum(bytes));

    const size_t at = random() % (bytes.size() / 2) * 2;
    const uint16_t old_word = load16(&bytes[at]), new_word = static_cast<uint16_t>(random());
    store16(&bytes[at], new_word);
    update_checksum(field, old_word, new_word);
    // Of the two zeros of one's complement either may come out: receivers accept both.
    std::vector<uint8_t> covered = bytes;
    if (covered.size() % 2) covered.push_back(0);
    covered.push_back(field[0]);
    covered.push_back(field[1]);
    REQUIRE(slow_checksum(covered) == 0);
  }
}

TEST_CASE("PSIDs of all ports agree with the picture of RFC 7597 s5.1, bit by bit") {
  for (uint8_t offset = 0; offset <= 16; offset++) {
    for (uint8_t length = 0; offset + length <= 16; length++) {
      const PortSet port_set{length, offset};
      for (uint32_t port = 0; port < 65536; port += 1 + port % 7) {
        uint32_t a = 0, psid = 0;
        for (int bit = 0; bit < 16; bit++) {
          const uint32_t value = port >> (15 - bit) & 1;
          if (bit < offset) {
            a = a << 1 | value;
          } else if (bit < offset + length) {
            psid = psid << 1 | value;
          }
        }
        REQUIRE_EQ(port_set.usable(static_cast<uint16_t>(port)), offset == 0 || a > 0);
        REQUIRE_EQ(port_set.psid(static_cast<uint16_t>(port)), psid);
      }
    }
  }
}

}  // namespace lwaftr::test
