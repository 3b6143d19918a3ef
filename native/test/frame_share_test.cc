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

bool takes(const std::vector<sock_filter>& program, const std::vector<uint8_t>& frame) {
  static_assert(sizeof(bpf_insn) == sizeof(sock_filter));
  auto length = static_cast<unsigned>(frame.size());
  return bpf_filter(reinterpret_cast<const bpf_insn*>(program.data()), frame.data(), length, length) != 0;
}

std::vector<uint8_t> frame(const MacAddress& destination, uint16_t type) {
  std::vector<uint8_t> bytes(100);
  std::copy(destination.begin(), destination.end(), bytes.begin());
  store16(&bytes[12], type);
  return bytes;
}

std::vector<sock_filter> queue(uint32_t position, uint32_t of) {
  return frame_filter({{{kCommon, position, of}, {position == 0 ? kOwn : kOther, 0, 1}}, false, {}});
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
        if (!takes(queue(q, 3), bytes)) continue;
        taken[q]++;
        takers++;
      }
      REQUIRE(takers == 1);
    }
    for (int count : taken) CHECK(count > 800);
  }
}

TEST_CASE("a MAC of its own is one queue's whole") {
  CHECK(takes(queue(0, 2), frame(kOwn, ethernet::kIpv4)));
  CHECK_FALSE(takes(queue(1, 2), frame(kOwn, ethernet::kIpv4)));
  CHECK(takes(queue(1, 2), frame(kOther, ethernet::kIpv4)));
}

TEST_CASE("every queue hears ARP, neighbour discovery, broadcast and multicast") {
  auto advertisement = frame(kCommon, ethernet::kIpv6);
  advertisement[14 + ipv6::kNextHeader] = ip_protocol::kIcmpv6;
  advertisement[54] = icmp::kNeighbourAdvertisement;
  for (uint32_t q : {0u, 1u}) {
    CHECK(takes(queue(q, 2), frame(kCommon, ethernet::kArp)));
    CHECK(takes(queue(q, 2), frame({0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, ethernet::kArp)));
    CHECK(takes(queue(q, 2), frame({0x01, 0x80, 0xc2, 0, 0, 0x0e}, 0x88cc)));
    CHECK(takes(queue(q, 2), advertisement));
  }
}

TEST_CASE("the rest is what no queue has a MAC for") {
  auto promiscuous = frame_filter({{{kOwn, 0, 1}}, true, {kOther}});
  CHECK(takes(promiscuous, frame({2, 9, 9, 9, 9, 9}, 0x88b5)));
  CHECK(takes(promiscuous, frame(kOwn, 0x88b5)));
  CHECK_FALSE(takes(promiscuous, frame(kOther, 0x88b5)));
  CHECK_FALSE(takes(frame_filter({{{kOwn, 0, 1}}, false, {}}), frame({2, 9, 9, 9, 9, 9}, 0x88b5)));
}

}  // namespace
}  // namespace lwaftr
