#include "echo.h"

#include <algorithm>

#include "checksum.h"

namespace lwaftr {
namespace {

constexpr uint8_t kTtl = 64;

void swap_macs(uint8_t* frame) { std::swap_ranges(frame, frame + 6, frame + ethernet::kSource); }

}  // namespace

// TOS, identification, options and DF are kept; neither checksum of the request is looked at.
bool answer_echo_ipv4(const Ipv4Packet& packet, const Ipv4Address& own, Counters& counters) {
  uint8_t* header = packet.header();
  uint8_t* message = packet.packet->data + packet.payload;
  const size_t length = packet.payload_length();
  if (packet.protocol != ip_protocol::kIcmp || length < icmp::kHeader ||
      std::memcmp(header + ipv4::kDestination, own.data(), 4) != 0 || message[icmp::kType] != icmp::kEchoRequest4 ||
      message[icmp::kCode] != 0) {
    return false;
  }
  counters.add_packet(Counter::in_icmpv4_echo_packets, packet.packet->length);
  swap_macs(packet.packet->data);
  std::swap_ranges(header + ipv4::kSource, header + ipv4::kDestination, header + ipv4::kDestination);
  header[ipv4::kTtl] = kTtl;
  write_ipv4_checksum(header, packet.header_length());
  message[icmp::kType] = icmp::kEchoReply4;
  store16(message + icmp::kChecksum, 0);
  store_checksum(message + icmp::kChecksum, add_to_sum(0, message, length));
  counters.add_packet(Counter::out_icmpv4_echo_packets, packet.packet->length);
  return true;
}

// Traffic class and flow label are kept.
bool answer_echo_ipv6(const Ipv6Packet& packet, const Ipv6Address& own, Counters& counters) {
  uint8_t* header = packet.header();
  uint8_t* message = packet.payload();
  const size_t length = packet.payload_length();
  if (packet.next_header != ip_protocol::kIcmpv6 || length < icmp::kHeader ||
      std::memcmp(header + ipv6::kDestination, own.data(), 16) != 0 || message[icmp::kType] != icmp::kEchoRequest6 ||
      message[icmp::kCode] != 0) {
    return false;
  }
  counters.add_packet(Counter::in_icmpv6_echo_packets, packet.packet->length);
  swap_macs(packet.packet->data);
  std::swap_ranges(header + ipv6::kSource, header + ipv6::kDestination, header + ipv6::kDestination);
  header[ipv6::kHopLimit] = kTtl;
  message[icmp::kType] = icmp::kEchoReply6;
  store16(message + icmp::kChecksum, 0);
  const uint64_t pseudo = icmpv6_pseudo_sum(header, static_cast<uint32_t>(length));
  store_checksum(message + icmp::kChecksum, add_to_sum(pseudo, message, length));
  counters.add_packet(Counter::out_icmpv6_echo_packets, packet.packet->length);
  return true;
}

}  // namespace lwaftr
