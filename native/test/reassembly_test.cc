#include <doctest/doctest.h>

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <random>

#include "poison.h"
#include "relay.h"

namespace lwaftr::test {
namespace {

// A datagram to subscriber C, and its pieces.
const Frame kWhole4 = eth(kExternalMac).ipv4(kHost, kWhole, {64, 0, 77}).udp(5, 6).payload(56);
Frame piece4(uint16_t offset, size_t length, bool more, uint16_t id = 77) {
  return eth(kExternalMac)
      .ipv4(kHost, kWhole, {64, 0, id, false, more, offset})
      .protocol(17)
      .packet_of(kWhole4, 20u + offset, length);
}
Frame reassembled4() { return tunnelled(kB4c, kBrC).ipv4(kHost, kWhole, {63, 0, 0}).udp(5, 6).payload(56); }

// A packet from subscriber C, and its pieces.
const Frame kWhole6 = tunnel(kB4c, kBrC).ipv4(kWhole, kHost).udp(5, 6).payload(36);
Frame piece6(uint16_t offset, size_t length, bool more, uint32_t id = 9, uint8_t next_header = 4) {
  return tunnel(kB4c, kBrC).fragment6(offset, more, id, next_header).packet_of(kWhole6, 40u + offset, length);
}
Frame inner_piece(uint16_t offset, size_t length, bool more, const char* b4 = kB4a) {
  const Frame whole = eth().ipv4(kShared, kHost, {64, 0, 5}).udp(kPortA, 53).payload(56);
  return tunnel(b4)
      .ipv4(kShared, kHost, {64, 0, 5, false, more, offset})
      .protocol(17)
      .packet_of(whole, 20u + offset, length);
}

std::vector<Bytes> bytes_of(const std::vector<Frame>& frames) {
  std::vector<Bytes> all;
  for (const Frame& frame : frames) all.push_back(frame.bytes());
  return all;
}

// Bytes of this process that are in memory.
size_t resident() {
  size_t all = 0, pages = 0;
  std::ifstream("/proc/self/statm") >> all >> pages;
  return pages * static_cast<size_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace

TEST_CASE("IPv4 fragments are put together in whatever order they come") {
  std::vector<Frame> pieces{piece4(0, 24, true), piece4(24, 16, true), piece4(40, 24, false)};
  std::vector<size_t> order{0, 1, 2};
  do {
    Relay relay;
    Output out;
    for (size_t i : order) out = relay.external(pieces[i]);
    CHECK_FRAMES(out.internal, reassembled4());
    CHECK_EQ(relay.count(Counter::in_ipv4_frag_needs_reassembly), 3);
    CHECK_EQ(relay.count(Counter::in_ipv4_frag_reassembled), 1);
    CHECK_EQ(relay.count(Counter::in_ipv4_frag_merged), 3);
    CHECK_EQ(relay.count(Counter::in_ipv4_packets), 1);
    CHECK_EQ(relay.count(Counter::memuse_ipv4_frag_reassembly_buffer), 0);
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST_CASE("IPv6 fragments are put together; whole packets of the batch go first") {
  Relay relay;
  const Output out = relay.run(Port::internal, bytes_of({piece6(24, 40, false), piece6(0, 24, true), from_a()}));
  CHECK_FRAMES(out.external, outside().ipv4(kShared, kHost).udp(kPortA, 53).payload(12),
               outside().ipv4(kWhole, kHost).udp(5, 6).payload(36));
  CHECK_EQ(relay.count(Counter::in_ipv6_frag_reassembled), 1);
  CHECK_EQ(relay.count(Counter::in_ipv6_frag_reassembly_unneeded), 1);
}

TEST_CASE("The first fragment says what a reassembled packet carries") {
  Relay relay;
  const Output out = relay.run(Port::internal, bytes_of({piece6(0, 24, true, 9, 4), piece6(24, 40, false, 9, 17)}));
  CHECK_EQ(out.external.size(), 1);
}

TEST_CASE("Atomic IPv6 fragments pass") {
  Relay relay;
  const Output out = relay.internal(piece6(0, 64, false));
  CHECK_FRAMES(out.external, outside().ipv4(kWhole, kHost).udp(5, 6).payload(36));
  CHECK_EQ(relay.count(Counter::in_ipv6_frag_needs_reassembly), 1);
  CHECK_EQ(relay.count(Counter::in_ipv6_frag_reassembled), 1);
}

TEST_CASE("Fragments inside a tunnel are put together before their port is looked at") {
  for (const bool reversed : {false, true}) {
    Relay relay;
    std::vector<Bytes> pieces = bytes_of({inner_piece(0, 24, true), inner_piece(24, 40, false)});
    if (reversed) std::swap(pieces[0], pieces[1]);
    const Output out = relay.run(Port::internal, pieces);
    CHECK_FRAMES(out.external, outside().ipv4(kShared, kHost, {64, 0, 5}).udp(kPortA, 53).payload(56));
    CHECK_EQ(relay.count(Counter::in_ipv6_packets), 2);
    CHECK_EQ(relay.count(Counter::in_inner_frag_reassembled), 1);
  }
}

TEST_CASE("Nobody else's fragments mix with a subscriber's") {
  Relay relay;
  relay.internal(inner_piece(0, 24, true, "2001:db8:a::f"));
  const Output out = relay.run(Port::internal, bytes_of({inner_piece(0, 24, true), inner_piece(24, 40, false)}));
  CHECK_EQ(out.external.size(), 1);
}

TEST_CASE("Overlapping fragments discard the whole datagram, and what still comes of it") {
  const struct {
    std::string what;
    std::vector<Frame> pieces;
  } cases[] = {
      {"by eight bytes", {piece4(0, 24, true), piece4(16, 24, true), piece4(40, 24, false)}},
      {"within", {piece4(0, 40, true), piece4(8, 8, true), piece4(40, 24, false)}},
      {"twice the same", {piece4(0, 24, true), piece4(0, 24, true), piece4(24, 40, false)}},
      {"the last one", {piece4(24, 40, false), piece4(40, 24, false), piece4(0, 24, true)}},
  };
  for (const auto& c : cases) {
    CAPTURE(c.what);
    Relay relay;
    CHECK(relay.run(Port::external, bytes_of(c.pieces)).internal.empty());
    CHECK_EQ(relay.count(Counter::drop_ipv4_frag_invalid_reassembly), 1);
    CHECK_EQ(relay.count(Counter::drop_ipv4_frag_packets), 3);
    // After a minute the identification may be used again.
    relay.wait(60 * kSecond);
    const Output out = relay.run(Port::external, bytes_of({piece4(0, 24, true), piece4(24, 40, false)}));
    CHECK_EQ(out.internal.size(), 1);
  }
}

TEST_CASE("Contradictions end a reassembly") {
  const struct {
    std::string what;
    std::vector<Frame> pieces;
  } cases[] = {
      {"an end behind the end", {piece4(24, 16, false), piece4(40, 24, true)}},
      {"an end before what is there", {piece4(40, 24, true), piece4(8, 16, false)}},
      {"a middle that is no multiple of eight", {piece4(0, 20, true)}},
      {"a middle without bytes", {piece4(24, 0, true)}},
      {"an end without bytes", {piece4(24, 0, false)}},
      {"beyond the largest packet", {piece4(10240, 24, true)}},
  };
  for (const auto& c : cases) {
    CAPTURE(c.what);
    Relay relay;
    CHECK(relay.run(Port::external, bytes_of(c.pieces)).internal.empty());
    CHECK_EQ(relay.count(Counter::drop_ipv4_frag_invalid_reassembly), 1);
  }
}

TEST_CASE("A packet may have so many fragments and no more") {
  Settings settings = plain_settings();
  settings.external.reassembly.max_fragments_per_packet = 2;
  Relay relay(settings);
  relay.run(Port::external, bytes_of({piece4(0, 24, true), piece4(24, 16, true), piece4(40, 24, false)}));
  CHECK_EQ(relay.count(Counter::drop_ipv4_frag_invalid_reassembly), 1);
  settings.external.reassembly.max_fragments_per_packet = 1;
  Relay strict(settings);
  strict.run(Port::external, bytes_of({piece4(0, 24, true), piece4(24, 40, false)}));
  CHECK_EQ(strict.count(Counter::drop_ipv4_frag_invalid_reassembly), 1);
}

TEST_CASE("The oldest datagram makes room for a new one") {
  Settings settings = plain_settings();
  settings.external.reassembly.max_packets = 2;
  Relay relay(settings);
  relay.run(Port::external, bytes_of({piece4(0, 24, true, 1), piece4(0, 24, true, 2), piece4(0, 24, true, 3)}));
  CHECK_EQ(relay.count(Counter::drop_ipv4_frag_random_evicted), 1);
  CHECK_EQ(relay.count(Counter::drop_ipv4_frag_packets), 1);
  CHECK_EQ(relay.external(piece4(24, 40, false, 1)).internal.size(), 0);  // evicted; and now 2 is
  CHECK_EQ(relay.external(piece4(24, 40, false, 3)).internal.size(), 1);
}

TEST_CASE("A minute is all that fragments wait, in both families and inside tunnels") {
  Relay relay;
  relay.run_both({piece4(0, 24, true).bytes()}, {piece6(0, 24, true).bytes(), inner_piece(0, 24, true).bytes()});
  relay.wait(60 * kSecond - 1);
  CHECK_EQ(relay.count(Counter::drop_ipv4_frag_timeout), 0);
  relay.wait(1);
  CHECK_EQ(relay.count(Counter::drop_ipv4_frag_timeout), 1);
  CHECK_EQ(relay.count(Counter::drop_ipv6_frag_timeout), 1);
  CHECK_EQ(relay.count(Counter::drop_inner_frag_timeout), 1);
  CHECK_EQ(relay.count(Counter::drop_ipv6_frag_invalid_reassembly), 1);
  CHECK(relay.external(piece4(24, 40, false)).internal.empty());
}

TEST_CASE("Datagrams differ by protocol as well") {
  Relay relay;
  relay.external(piece4(0, 24, true));
  const Frame other = eth().ipv4(kHost, kWhole, {64, 0, 77, false, false, 24}).protocol(6).payload(40);
  CHECK(relay.external(other).internal.empty());
}

TEST_CASE("Fragments cut at any byte, or lying about their length, are never forwarded") {
  for (const Frame& frame : {piece6(0, 24, true), piece6(0, 64, false)}) {
    const Bytes whole = frame.bytes();
    for (size_t length = 54; length < whole.size(); length++) {
      Bytes shorter(whole.begin(), whole.begin() + static_cast<long>(length));
      shorter[18] = 0;
      shorter[19] = static_cast<uint8_t>(length - 54);
      Relay relay;
      CHECK(relay.run(Port::internal, {shorter}).external.empty());
    }
  }
}

TEST_CASE("Any cutting of a packet into fragments, in any order, gives the packet") {
  std::mt19937 random(7);
  for (int round = 0; round < 200; round++) {
    const size_t length = 100 + random() % 5000;
    const Frame whole = eth(kExternalMac).ipv4(kHost, kWhole, {64, 0, 3}).udp(5, 6).payload(length);
    std::vector<Bytes> pieces;
    for (size_t offset = 0; offset < length + 8;) {
      const size_t room = 8 * (1 + random() % (offset ? 120 : 12));
      const bool more = offset + room < length + 8;
      pieces.push_back(eth(kExternalMac)
                           .ipv4(kHost, kWhole, {64, 0, 3, false, more, static_cast<uint16_t>(offset)})
                           .protocol(17)
                           .packet_of(whole, 20 + offset, room)
                           .bytes());
      offset += room;
    }
    std::shuffle(pieces.begin(), pieces.end(), random);
    Settings settings = plain_settings();
    settings.external.reassembly.max_fragments_per_packet = 1000;
    settings.internal.mtu = 9000;
    Relay relay(settings);
    const Output out = relay.run(Port::external, pieces);
    CHECK_FRAMES(out.internal, tunnelled(kB4c, kBrC).ipv4(kHost, kWhole, {63, 0, 0}).udp(5, 6).payload(length));
  }
}

TEST_CASE("The memory that a flood of fragments took is given back after it, though a few always wait") {
  constexpr uint32_t kFlood = 19000, kPayload = 1024;
  const Frame whole = eth(kExternalMac).ipv4(kHost, kWhole, {64, 0, 3}).udp(5, 6).payload(2 * kPayload);
  const auto first = [&](uint32_t n) {
    return eth(kExternalMac)
        .ipv4(("198.18." + std::to_string(n >> 8) + "." + std::to_string(n & 255)).c_str(), kWhole,
              {64, 0, 3, false, true})
        .protocol(17)
        .packet_of(whole, 20, kPayload);
  };
  Relay relay;
  relay.external(first(0));
  const size_t before = resident();
  for (uint32_t n = 1; n < kFlood; n++) relay.external(first(n));
  CHECK_GT(resident(), before + kFlood * kPayload);

  for (uint32_t second = 0; second < 70; second++) {
    relay.external(first(kFlood + second));
    relay.wait(kSecond);
  }
  CHECK_GT(relay.count(Counter::drop_ipv4_frag_timeout), kFlood);
  for (int step = 0; step < 1000; step++) relay.wait(kSecond / 40);
#ifdef LWAFTR_ADDRESS_SANITIZER
  MESSAGE("skipped: the sanitizer keeps what the test itself frees, so what the process has tells nothing");
#else
  CHECK_LT(resident(), before + kFlood * kPayload / 10);
#endif
  CHECK_GT(relay.count(Counter::memuse_ipv4_frag_reassembly_buffer), 0);
}

}  // namespace lwaftr::test
