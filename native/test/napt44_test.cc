// The lwB4's translation: packets built by hand, checksums judged by a plain sum.
#include "io/napt44.h"

#include <doctest/doctest.h>

#include <vector>

#include "core/checksum.h"
#include "core/wire.h"

namespace lwaftr {
namespace {

using Bytes = std::vector<uint8_t>;
constexpr uint8_t kTcp = 6, kUdp = 17, kIcmp = 1;
constexpr uint64_t kSecond = 1'000'000'000;
constexpr Ipv4Address kPublic{193, 5, 1, 101};
constexpr uint32_t kInside = 0xc0a80102, kServer = 0xc6336402;  // 192.168.1.2, 198.51.100.2

uint64_t pseudo_sum(const Bytes& packet, size_t header) {
  uint8_t tail[4] = {0, packet[ipv4::kProtocol], 0, 0};
  store16(tail + 2, static_cast<uint32_t>(packet.size() - header));
  return add_to_sum(add_to_sum(0, packet.data() + ipv4::kSource, 8), tail, sizeof tail);
}

size_t checksum_at(uint8_t protocol) { return protocol == kTcp ? 16 : protocol == kUdp ? 6 : 2; }

// An IPv4 packet around a transport header and payload, with right checksums.
Bytes ip(uint32_t from, uint32_t to, uint8_t protocol, Bytes transport, uint16_t fragment = 0) {
  Bytes packet(ipv4::kHeader);
  packet[0] = 0x45;
  store16(&packet[ipv4::kTotalLength], static_cast<uint32_t>(ipv4::kHeader + transport.size()));
  store16(&packet[ipv4::kId], 0x1234);
  store16(&packet[ipv4::kFragment], fragment);
  packet[ipv4::kTtl] = 64;
  packet[ipv4::kProtocol] = protocol;
  store32(&packet[ipv4::kSource], from);
  store32(&packet[ipv4::kDestination], to);
  write_ipv4_checksum(packet.data(), ipv4::kHeader);
  packet.insert(packet.end(), transport.begin(), transport.end());
  if (fragment & ipv4::kOffsetMask) return packet;
  uint8_t* field = &packet[ipv4::kHeader + checksum_at(protocol)];
  uint64_t pseudo = protocol == kIcmp ? 0 : pseudo_sum(packet, ipv4::kHeader);
  store_checksum(field, add_to_sum(pseudo, &packet[ipv4::kHeader], transport.size()));
  return packet;
}

Bytes ports(uint8_t protocol, uint16_t source, uint16_t destination) {
  Bytes transport(protocol == kTcp ? 20 : 8);
  store16(&transport[0], source);
  store16(&transport[2], destination);
  if (protocol == kTcp) transport[12] = 0x50;
  if (protocol == kUdp) store16(&transport[4], 8 + 3);
  transport.insert(transport.end(), {1, 2, 3});
  return transport;
}

Bytes echo(uint8_t type, uint16_t identifier) {
  Bytes message(icmp::kHeader);
  message[0] = type;
  store16(&message[icmp::kIdentifier], identifier);
  message.push_back(9);
  return message;
}

bool checksums_right(const Bytes& packet) {
  size_t size = packet.size() - ipv4::kHeader;
  uint64_t pseudo = packet[ipv4::kProtocol] == kIcmp ? 0 : pseudo_sum(packet, ipv4::kHeader);
  return sum_is_right(add_to_sum(0, packet.data(), ipv4::kHeader)) &&
         sum_is_right(add_to_sum(pseudo, &packet[ipv4::kHeader], size));
}

uint32_t source(const Bytes& packet) { return load32(&packet[ipv4::kSource]); }
uint32_t destination(const Bytes& packet) { return load32(&packet[ipv4::kDestination]); }
uint16_t port(const Bytes& packet, size_t offset) { return load16(&packet[ipv4::kHeader + offset]); }

TEST_CASE("a port set is the ports of RFC 7597 s5.1, the well-known ones left out where there are others") {
  CHECK(Napt44(kPublic, {6, 0}, 7).ports() == 1024);
  CHECK(Napt44(kPublic, {0, 0}, 0).ports() == 65536 - 1024);
  CHECK(Napt44(kPublic, {6, 0}, 0).ports() == 1023);  // all of them below 1024; port 0 is nobody's
  CHECK(Napt44(kPublic, {8, 6}, 3).ports() == 63 * 4);
  CHECK(Napt44(kPublic, {16, 0}, 0).ports() == 0);
}

TEST_CASE("TCP, UDP and echoes leave with the public address and a port of the set, and answers find back") {
  Napt44 napt(kPublic, {6, 0}, 7);
  for (uint8_t protocol : {kTcp, kUdp}) {
    Bytes out = ip(kInside, kServer, protocol, ports(protocol, 40000, 80));
    REQUIRE(napt.outbound(out.data(), out.size(), kSecond));
    CHECK(source(out) == load32(kPublic.data()));
    CHECK((port(out, 0) >> 10) == 7);
    CHECK(port(out, 2) == 80);
    CHECK(checksums_right(out));
    Bytes back = ip(kServer, load32(kPublic.data()), protocol, ports(protocol, 80, port(out, 0)));
    REQUIRE(napt.inbound(back.data(), back.size(), kSecond));
    CHECK(destination(back) == kInside);
    CHECK(port(back, 2) == 40000);
    CHECK(checksums_right(back));
  }
  Bytes out = ip(kInside, kServer, kIcmp, echo(icmp::kEchoRequest4, 1));
  REQUIRE(napt.outbound(out.data(), out.size(), kSecond));
  uint16_t identifier = port(out, icmp::kIdentifier);
  CHECK((identifier >> 10) == 7);
  CHECK(checksums_right(out));
  Bytes back = ip(kServer, load32(kPublic.data()), kIcmp, echo(icmp::kEchoReply4, identifier));
  REQUIRE(napt.inbound(back.data(), back.size(), kSecond));
  CHECK(port(back, icmp::kIdentifier) == 1);
  CHECK(checksums_right(back));
}

TEST_CASE("one inside port has one outside port whoever the peer is, its own where the set allows") {
  Napt44 napt(kPublic, {6, 0}, 7);
  for (uint32_t server : {kServer, kServer + 1}) {
    Bytes out = ip(kInside, server, kUdp, ports(kUdp, 7 * 1024 + 5, 53));
    REQUIRE(napt.outbound(out.data(), out.size(), kSecond));
    CHECK(port(out, 0) == 7 * 1024 + 5);
  }
  CHECK(napt.mappings() == 1);
}

TEST_CASE("a full port set refuses, and a port that nobody uses reaches nobody") {
  Napt44 napt(kPublic, {14, 0}, 1000);  // four ports
  for (uint16_t i = 0; i < 5; i++) {
    Bytes out = ip(kInside, kServer, kUdp, ports(kUdp, static_cast<uint16_t>(1 + i), 53));
    CHECK(napt.outbound(out.data(), out.size(), kSecond) == (i < 4));
  }
  CHECK(napt.statistics().no_port == 1);
  Bytes in = ip(kServer, load32(kPublic.data()), kUdp, ports(kUdp, 53, 9));
  CHECK_FALSE(napt.inbound(in.data(), in.size(), kSecond));
  CHECK(napt.statistics().no_mapping == 1);
  // Unused for long enough, they are free again.
  Bytes out = ip(kInside, kServer, kUdp, ports(kUdp, 77, 53));
  CHECK(napt.outbound(out.data(), out.size(), 400 * kSecond));
  CHECK(napt.mappings() == 1);
}

TEST_CASE("an ICMP error follows the mapping of the packet it quotes, and the quote is turned back") {
  Napt44 napt(kPublic, {6, 0}, 7);
  Bytes out = ip(kInside, kServer, kUdp, ports(kUdp, 40000, 53));
  REQUIRE(napt.outbound(out.data(), out.size(), kSecond));
  Bytes message{icmp::kUnreachable4, 3, 0, 0, 0, 0, 0, 0};
  message.insert(message.end(), out.begin(), out.begin() + 28);  // header and eight bytes: RFC 792
  Bytes error = ip(kServer, load32(kPublic.data()), kIcmp, message);
  REQUIRE(napt.inbound(error.data(), error.size(), kSecond));
  CHECK(destination(error) == kInside);
  Bytes quote(error.begin() + 28, error.end());
  CHECK(source(quote) == kInside);
  CHECK(port(quote, 0) == 40000);
  CHECK(sum_is_right(add_to_sum(0, quote.data(), ipv4::kHeader)));
  CHECK(checksums_right(error));
}

TEST_CASE("later fragments follow the first") {
  Napt44 napt(kPublic, {6, 0}, 7);
  Bytes out = ip(kInside, kServer, kUdp, ports(kUdp, 40000, 53));
  REQUIRE(napt.outbound(out.data(), out.size(), kSecond));
  Bytes later = ip(kServer, load32(kPublic.data()), kUdp, Bytes(16, 5), 10);
  Bytes copy = later;
  CHECK_FALSE(napt.inbound(copy.data(), copy.size(), kSecond));
  Bytes first = ip(kServer, load32(kPublic.data()), kUdp, ports(kUdp, 53, port(out, 0)), ipv4::kMoreFragments);
  REQUIRE(napt.inbound(first.data(), first.size(), kSecond));
  REQUIRE(napt.inbound(later.data(), later.size(), kSecond));
  CHECK(destination(later) == kInside);
  CHECK(Bytes(later.begin() + 20, later.end()) == Bytes(16, 5));
}

TEST_CASE("a packet cut short at any byte is refused and never read past its end") {
  Bytes quoted = ip(load32(kPublic.data()), kServer, kUdp, ports(kUdp, 7 * 1024, 53));
  Bytes message{icmp::kUnreachable4, 3, 0, 0, 0, 0, 0, 0};
  message.insert(message.end(), quoted.begin(), quoted.end());
  for (const Bytes& whole : {ip(kServer, load32(kPublic.data()), kIcmp, message), quoted}) {
    for (size_t length = 0; length < whole.size(); length++) {
      Napt44 napt(kPublic, {6, 0}, 7);
      Bytes cut(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(length));
      CHECK_FALSE(napt.inbound(cut.data(), cut.size(), kSecond));
      CHECK_FALSE(napt.outbound(cut.data(), cut.size(), kSecond));
    }
  }
}

}  // namespace
}  // namespace lwaftr
