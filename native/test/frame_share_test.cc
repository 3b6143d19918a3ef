// The programs that share a link among queues, run by libpcap's interpreter.
#include "io/frame_share.h"

#include <doctest/doctest.h>
#include <pcap/pcap.h>

#include <algorithm>
#include <cstring>
#include <random>

#include "core/wire.h"

namespace lwaftr {
namespace {

constexpr MacAddress kCommon{2, 0, 0, 0, 0, 1}, kOwn{2, 0, 0, 0, 0, 2}, kOther{2, 0, 0, 0, 0, 3};

bool runs(const std::vector<sock_filter>& program, const std::vector<uint8_t>& frame) {
  static_assert(sizeof(bpf_insn) == sizeof(sock_filter));
  auto length = static_cast<unsigned>(frame.size());
  return bpf_filter(reinterpret_cast<const bpf_insn*>(program.data()), frame.data(), length, length) != 0;
}
bool runs(const FrameShare& share, FrameClass wanted, const std::vector<uint8_t>& frame) {
  return runs(frame_filter(share, wanted), frame);
}

bool urgent(const FrameShare& share, const std::vector<uint8_t>& frame) {
  return runs(share, FrameClass::urgent, frame) && !runs(share, FrameClass::bulk, frame);
}
bool bulk(const FrameShare& share, const std::vector<uint8_t>& frame) {
  return runs(share, FrameClass::bulk, frame) && !runs(share, FrameClass::urgent, frame);
}
bool none(const FrameShare& share, const std::vector<uint8_t>& frame) {
  return !runs(share, FrameClass::bulk, frame) && !runs(share, FrameClass::urgent, frame);
}

std::vector<uint8_t> frame(const MacAddress& destination, uint16_t type) {
  std::vector<uint8_t> bytes(100);
  std::copy(destination.begin(), destination.end(), bytes.begin());
  store16(&bytes[12], type);
  return bytes;
}

FrameShare queue(uint32_t position, uint32_t of) {
  return {{{kCommon, position, of, false}, {position == 0 ? kOwn : kOther, 0, 1, true}}, false, {}};
}

TEST_CASE("each packet for a MAC in common is one queue's, and each queue has its part") {
  std::mt19937 random(7);
  for (uint16_t type : {ethernet::kIpv4, ethernet::kIpv6}) {
    int taken[3] = {};
    for (int i = 0; i < 3000; i++) {
      auto bytes = frame(kCommon, type);
      for (size_t k = 14; k < 54; k++) bytes[k] = static_cast<uint8_t>(random());
      bytes[14 + ipv6::kNextHeader] = 4;
      int takers = 0;
      for (uint32_t q = 0; q < 3; q++) {
        if (!bulk(queue(q, 3), bytes)) continue;
        taken[q]++;
        takers++;
      }
      REQUIRE(takers == 1);
    }
    for (int count : taken) CHECK(count > 800);
  }
}

TEST_CASE("while frames pass between queues, each queue takes those of both its parts and no others") {
  std::mt19937 random(7);
  const FrameShare moved{{{kOwn, 0, 1, false}}, false, {{kCommon, {}}}};
  const struct {
    FrameShare before, after;
  } cases[] = {{queue(0, 3), queue(0, 2)}, {queue(1, 2), queue(2, 3)}, {queue(0, 2), moved}, {moved, {}}, {{}, moved}};
  size_t differing = 0;
  for (const auto& c : cases) {
    for (const FrameClass wanted : {FrameClass::urgent, FrameClass::bulk}) {
      for (int i = 0; i < 1000; i++) {
        const MacAddress macs[] = {kCommon, kOwn, kOther, {0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};
        const uint16_t types[] = {ethernet::kIpv4, ethernet::kIpv6, ethernet::kArp};
        auto bytes = frame(macs[random() % 4], types[random() % 3]);
        for (size_t k = 14; k < 54; k++) bytes[k] = static_cast<uint8_t>(random());
        const bool before = runs(c.before, wanted, bytes), after = runs(c.after, wanted, bytes);
        CHECK(runs(either_filter(frame_filter(c.before, wanted), frame_filter(c.after, wanted)), bytes) ==
              (before || after));
        differing += before != after;
      }
    }
  }
  CHECK(differing > 1000);
}

TEST_CASE("a router behind passthru is one queue's, and urgent") {
  CHECK(urgent(queue(0, 2), frame(kOwn, ethernet::kIpv4)));
  CHECK(none(queue(1, 2), frame(kOwn, ethernet::kIpv4)));
  CHECK(urgent(queue(1, 2), frame(kOther, ethernet::kIpv4)));
}

TEST_CASE("every queue hears ARP, neighbour discovery, broadcast and multicast, urgently") {
  auto advertisement = frame(kCommon, ethernet::kIpv6);
  advertisement[14 + ipv6::kNextHeader] = ip_protocol::kIcmpv6;
  advertisement[54] = icmp::kNeighbourAdvertisement;
  for (uint32_t q : {0u, 1u}) {
    CHECK(urgent(queue(q, 2), frame(kCommon, ethernet::kArp)));
    CHECK(urgent(queue(q, 2), frame({0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, ethernet::kArp)));
    CHECK(urgent(queue(q, 2), frame({0x01, 0x80, 0xc2, 0, 0, 0x0e}, 0x88cc)));
    CHECK(urgent(queue(q, 2), advertisement));
  }
}

TEST_CASE("the only queue takes everything, IP for its MAC as bulk") {
  FrameShare only{{{kCommon, 0, 1, false}}, true, {}};
  auto echo = frame(kCommon, ethernet::kIpv6);
  echo[14 + ipv6::kNextHeader] = ip_protocol::kIcmpv6;
  echo[54] = icmp::kEchoRequest6;
  CHECK(bulk(only, frame(kCommon, ethernet::kIpv4)));
  CHECK(bulk(only, frame(kCommon, ethernet::kIpv6)));
  CHECK(bulk(only, echo));
  CHECK(urgent(only, frame(kOther, ethernet::kIpv4)));
  CHECK(urgent(only, frame(kCommon, 0x88b5)));
}

TEST_CASE("the rest is what no queue has a MAC for") {
  FrameShare promiscuous{{{kOwn, 0, 1, true}}, true, {{kOther, {}}}};
  CHECK(urgent(promiscuous, frame({2, 9, 9, 9, 9, 9}, 0x88b5)));
  CHECK(none(promiscuous, frame(kOther, 0x88b5)));
  CHECK(none(queue(0, 2), frame({2, 9, 9, 9, 9, 9}, 0x88b5)));
}

}  // namespace
}  // namespace lwaftr
