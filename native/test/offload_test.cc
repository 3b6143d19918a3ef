// What a local sender left to the card: frames as veth hands them over, cut and completed.
#include "io/offload.h"

#include <doctest/doctest.h>

#include <vector>

#include "core/checksum.h"
#include "core/wire.h"

namespace lwaftr {
namespace {

using Bytes = std::vector<uint8_t>;
constexpr uint8_t kTcp = 6, kUdp = 17, kGsoTcp4 = 1, kGsoTcp6 = 4;

Bytes ethernet_header(uint16_t type) {
  Bytes frame(12, 2);
  frame.push_back(static_cast<uint8_t>(type >> 8));
  frame.push_back(static_cast<uint8_t>(type));
  return frame;
}

void append_ipv4(Bytes& frame, uint8_t protocol, size_t below) {
  size_t at = frame.size();
  frame.resize(at + ipv4::kHeader);
  frame[at] = 0x45;
  store16(&frame[at + ipv4::kTotalLength], static_cast<uint32_t>(ipv4::kHeader + below));
  store16(&frame[at + ipv4::kId], 0xfffe);
  frame[at + ipv4::kProtocol] = protocol;
  store32(&frame[at + ipv4::kSource], 0x0a000001);
  store32(&frame[at + ipv4::kDestination], 0x0a000002);
}

void append_ipv6(Bytes& frame, uint8_t next, size_t below) {
  size_t at = frame.size();
  frame.resize(at + ipv6::kHeader, 0x11);
  frame[at] = 0x60;
  store16(&frame[at + ipv6::kPayloadLength], static_cast<uint32_t>(below));
  frame[at + ipv6::kNextHeader] = next;
}

// Transport header and payload 0, 1, 2, …
void append_datagram(Bytes& frame, uint8_t protocol, size_t payload) {
  size_t at = frame.size();
  frame.resize(at + (protocol == kTcp ? 20 : 8));
  store16(&frame[at], 1111);
  if (protocol == kTcp) {
    store32(&frame[at + 4], 0xfffffff0);
    frame[at + 12] = 0x50;
    frame[at + 13] = 0x80 | 0x10 | 0x08 | 0x01;  // CWR, ACK, PSH, FIN
  }
  for (size_t i = 0; i < payload; i++) frame.push_back(static_cast<uint8_t>(i));
}

// Whether the datagram at `transport` under the IP header at `ip` has the checksum it ought to have.
bool checksum_right(const uint8_t* frame, size_t length, size_t ip, size_t transport, uint8_t protocol) {
  uint8_t tail[4] = {0, protocol, 0, 0};
  store16(tail + 2, static_cast<uint32_t>(length - transport));
  bool four = frame[ip] >> 4 == 4;
  uint64_t sum = add_to_sum(0, frame + ip + (four ? 12 : 8), four ? 8 : 32);
  return sum_is_right(add_to_sum(add_to_sum(sum, tail, 4), frame + transport, length - transport));
}

struct Cut {
  PacketPool pool{64, 4};
  Packet* packets[64] = {};
  uint64_t lost = 0;
  size_t count;
  Cut(Bytes frame, OffloadHeader header, size_t limit = 64)
      : count(segment(frame.data(), frame.size(), header, pool, packets, limit, &lost)) {}
};

OffloadHeader header(uint8_t type, uint16_t size, size_t transport, uint8_t protocol) {
  return {OffloadHeader::kNeedsChecksum,
          type,
          0,
          size,
          static_cast<uint16_t>(transport),
          static_cast<uint16_t>(protocol == kTcp ? 16 : 6)};
}

TEST_CASE("a partial checksum is completed") {
  Bytes frame = ethernet_header(ethernet::kIpv4);
  append_ipv4(frame, kUdp, 8 + 5);
  append_datagram(frame, kUdp, 5);
  uint8_t tail[4] = {0, kUdp, 0, 13};
  uint16_t partial = fold_sum(add_to_sum(add_to_sum(0, &frame[26], 8), tail, 4));
  memcpy(&frame[34 + 6], &partial, 2);
  REQUIRE(complete_checksum(frame.data(), frame.size(), header(0, 0, 34, kUdp)));
  CHECK(checksum_right(frame.data(), frame.size(), 14, 34, kUdp));
  CHECK_FALSE(complete_checksum(frame.data(), 41, header(0, 0, 34, kUdp)));
}

TEST_CASE("TCP over IPv4 is cut as a card cuts it") {
  Bytes frame = ethernet_header(ethernet::kIpv4);
  append_ipv4(frame, kTcp, 20 + 2500);
  append_datagram(frame, kTcp, 2500);
  Cut cut(frame, header(kGsoTcp4, 1000, 34, kTcp));
  REQUIRE(cut.count == 3);
  for (size_t i = 0; i < 3; i++) {
    const Packet& packet = *cut.packets[i];
    const uint8_t* tcp = packet.data + 34;
    CHECK(packet.length == 54 + (i < 2 ? 1000 : 500));
    CHECK(load16(packet.data + 16) == packet.length - 14);
    CHECK(load16(packet.data + 18) == static_cast<uint16_t>(0xfffe + i));
    CHECK(sum_is_right(add_to_sum(0, packet.data + 14, 20)));
    CHECK(load32(tcp + 4) == static_cast<uint32_t>(0xfffffff0 + 1000 * i));
    CHECK(tcp[13] == (i == 0 ? 0x90 : i == 1 ? 0x10 : 0x19));
    CHECK(tcp[20] == static_cast<uint8_t>(1000 * i));
    CHECK(checksum_right(packet.data, packet.length, 14, 34, kTcp));
  }
}

TEST_CASE("UDP and TCP over IPv6 are cut, also in the tunnel of a kernel's lwB4") {
  Bytes udp = ethernet_header(ethernet::kIpv6);
  append_ipv6(udp, kUdp, 8 + 300);
  append_datagram(udp, kUdp, 300);
  Cut plain(udp, header(OffloadHeader::kUdp, 200, 54, kUdp));
  REQUIRE(plain.count == 2);
  CHECK(load16(plain.packets[1]->data + 14 + 4) == 8 + 100);
  CHECK(load16(plain.packets[1]->data + 54 + 4) == 8 + 100);
  CHECK(checksum_right(plain.packets[1]->data, plain.packets[1]->length, 14, 54, kUdp));

  Bytes tunnel = ethernet_header(ethernet::kIpv6);
  append_ipv6(tunnel, 60, 8 + 20 + 20 + 300);
  const uint8_t limit[] = {4, 0, 4, 1, 4, 1, 0, 0};  // RFC 2473 s4.1.1
  tunnel.insert(tunnel.end(), limit, limit + 8);
  append_ipv4(tunnel, kTcp, 20 + 300);
  append_datagram(tunnel, kTcp, 300);
  Cut inner(tunnel, header(kGsoTcp4, 200, 82, kTcp));
  REQUIRE(inner.count == 2);
  CHECK(load16(inner.packets[1]->data + 18) == 8 + 20 + 20 + 100);
  CHECK(load16(inner.packets[1]->data + 62 + 2) == 20 + 20 + 100);
  CHECK(checksum_right(inner.packets[1]->data, inner.packets[1]->length, 62, 82, kTcp));
}

TEST_CASE("what does not fit is lost and counted, and lying headers are refused") {
  Bytes frame = ethernet_header(ethernet::kIpv4);
  append_ipv4(frame, kTcp, 20 + 2500);
  append_datagram(frame, kTcp, 2500);
  Cut full(frame, header(kGsoTcp4, 1000, 34, kTcp), 2);
  CHECK(full.count == 2);
  CHECK(full.lost == 1);
  for (OffloadHeader lie : {header(kGsoTcp4, 0, 34, kTcp), header(kGsoTcp4, 1000, 36, kTcp),
                            header(kGsoTcp6, 1000, 60000, kTcp), header(OffloadHeader::kUdp, 1000, 34, kUdp)}) {
    Cut cut(frame, lie);
    CHECK(cut.count == 0);
    CHECK(cut.lost == 1);
  }
  Bytes other = frame;
  other[14] = 0x65;  // not the version that the EtherType says: its addresses would be sought beyond the frame
  Cut refused(other, header(kGsoTcp4, 1000, 34, kTcp));
  CHECK(refused.count == 0);
  CHECK(refused.lost == 1);
  // Cut off, down to a header without a byte of payload.
  for (size_t length = 0; length <= 54; length++) {
    Cut cut(Bytes(frame.begin(), frame.begin() + static_cast<ptrdiff_t>(length)), header(kGsoTcp4, 1000, 34, kTcp));
    CHECK(cut.count == 0);
    CHECK(cut.lost == 1);
  }
}

}  // namespace
}  // namespace lwaftr
