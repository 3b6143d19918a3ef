#include "icmp_errors.h"

#include <algorithm>

#include "checksum.h"

namespace lwaftr {
namespace {

// An ICMPv4 error fits in what every host must take (RFC 1812 s4.3.2.3), an ICMPv6 error in the smallest MTU.
constexpr size_t kMaxIcmpv4Packet = 576;
constexpr size_t kMaxIcmpv6Packet = 1280;
constexpr uint8_t kSourceFailedPolicy = 5;

bool is_icmpv4_error(uint8_t type) {
  constexpr uint8_t kSourceQuench = 4, kRedirect = 5, kParameterProblem = 12;
  return type == icmp::kUnreachable4 || type == kSourceQuench || type == kRedirect || type == icmp::kTimeExceeded4 ||
         type == kParameterProblem;
}

// RFC 1122 s3.2.2, RFC 1812 s4.3.2.7: no error about an error, a later fragment, or what did not come from or go to
// one host.
bool may_answer_ipv4(const uint8_t* header, size_t length) {
  const size_t header_length = (header[0] & 15) * 4u;
  const uint8_t source = header[ipv4::kSource], destination = header[ipv4::kDestination];
  if (source == 0 || source == 127 || source >= 224 || destination >= 224) return false;
  if (load16(header + ipv4::kFragment) & ipv4::kOffsetMask) return false;
  if (header[ipv4::kProtocol] != ip_protocol::kIcmp) return true;
  return length > header_length && !is_icmpv4_error(header[header_length]);
}

// RFC 4443 s2.4 (e): what came from or went to no single host gets no error.
bool may_answer_ipv6(const uint8_t* header) {
  static constexpr uint8_t kNoHost[15] = {};  // :: and ::1
  const uint8_t* source = header + ipv6::kSource;
  if (source[0] == 0xff || header[ipv6::kDestination] == 0xff) return false;
  return std::memcmp(source, kNoHost, sizeof kNoHost) != 0 || source[15] > 1;
}

Packet* make_icmpv4(Core& core, Icmpv4Error error, const uint8_t* quoted, size_t length) {
  const size_t total_length = ipv4::kHeader + icmp::kHeader + length;
  Packet* packet = core.pool.allocate(ethernet::kHeader + total_length);
  if (!packet) return nullptr;
  packet->length = static_cast<uint32_t>(ethernet::kHeader + total_length);
  std::memset(packet->data, 0, ethernet::kHeader + ipv4::kHeader + icmp::kHeader);
  store16(packet->data + ethernet::kType, ethernet::kIpv4);

  uint8_t* header = packet->data + ethernet::kHeader;
  header[0] = 0x45;
  store16(header + ipv4::kTotalLength, static_cast<uint32_t>(total_length));
  header[ipv4::kTtl] = 255;
  header[ipv4::kProtocol] = ip_protocol::kIcmp;
  std::memcpy(header + ipv4::kSource, core.settings.external_interface.ip.data(), 4);
  std::memcpy(header + ipv4::kDestination, quoted + ipv4::kSource, 4);
  write_ipv4_checksum(header, ipv4::kHeader);

  uint8_t* message = header + ipv4::kHeader;
  message[icmp::kType] = error.type;
  message[icmp::kCode] = error.code;
  store16(message + icmp::kMtu4, error.mtu);
  std::memcpy(message + icmp::kHeader, quoted, length);
  store_checksum(message + icmp::kChecksum, add_to_sum(0, message, icmp::kHeader + length));
  return packet;
}

}  // namespace

void answer_with_icmpv4(Core& core, Icmpv4Error error, const uint8_t* quoted, size_t length) {
  if (!core.settings.external.generate_icmp_errors) {
    core.counters.add(Counter::drop_out_by_policy_icmpv4_packets);
    return;
  }
  send_icmpv4(core, error, quoted, length);
}

void send_icmpv4(Core& core, Icmpv4Error error, const uint8_t* quoted, size_t length) {
  if (!may_answer_ipv4(quoted, length)) {
    core.counters.add(Counter::drop_out_by_rfc1812_icmpv4_packets);
    return;
  }
  length = std::min(length, kMaxIcmpv4Packet - ipv4::kHeader - icmp::kHeader);
  const uint64_t frame_length = ethernet::kHeader + ipv4::kHeader + icmp::kHeader + length;
  if (!core.icmpv4_limit.allow(core.settings.external.error_rate_limiting, core.now)) {
    core.counters.add_packet(Counter::drop_over_rate_limit_icmpv4_packets, frame_length);
    return;
  }
  Packet* packet = make_icmpv4(core, error, quoted, length);
  if (!packet) {
    core.counters.add(Counter::drop_no_buffer_packets);
    return;
  }
  core.counters.add_packet(Counter::out_icmpv4_error_packets, frame_length);
  // A host behind a B4 is reached through its tunnel, whether or not hairpinning is on: this is no hairpinning.
  if (core.managed(load32(quoted + ipv4::kSource))) {
    core.hairpin.push_back({packet, ethernet::kHeader + ipv4::kHeader, ip_protocol::kIcmp, false, true});
  } else {
    core.counters.add_packet(Counter::out_ipv4_packets, frame_length);
    core.external.push_back(packet);
  }
}

void answer_with_icmpv6(Core& core, const Packet& offender, const uint8_t* source) {
  if (!core.settings.internal.generate_icmp_errors) {
    core.counters.add(Counter::drop_out_by_policy_icmpv6_packets);
    return;
  }
  const uint8_t* quoted = offender.data + ethernet::kHeader;
  if (!may_answer_ipv6(quoted)) {
    core.counters.add(Counter::drop_out_by_rfc4443_icmpv6_packets);
    return;
  }
  const size_t quote_length =
      std::min<size_t>(offender.length - ethernet::kHeader, kMaxIcmpv6Packet - ipv6::kHeader - icmp::kHeader);
  const size_t message_length = icmp::kHeader + quote_length;
  const size_t frame_length = ethernet::kHeader + ipv6::kHeader + message_length;
  if (!core.icmpv6_limit.allow(core.settings.internal.error_rate_limiting, core.now)) {
    core.counters.add_packet(Counter::drop_over_rate_limit_icmpv6_packets, frame_length);
    return;
  }
  Packet* packet = core.pool.allocate(frame_length);
  if (!packet) {
    core.counters.add(Counter::drop_no_buffer_packets);
    return;
  }
  packet->length = static_cast<uint32_t>(frame_length);
  std::memset(packet->data, 0, ethernet::kHeader + ipv6::kHeader + icmp::kHeader);
  store16(packet->data + ethernet::kType, ethernet::kIpv6);

  uint8_t* header = packet->data + ethernet::kHeader;
  header[0] = 0x60;
  store16(header + ipv6::kPayloadLength, static_cast<uint32_t>(message_length));
  header[ipv6::kNextHeader] = ip_protocol::kIcmpv6;
  header[ipv6::kHopLimit] = 255;
  std::memcpy(header + ipv6::kSource, source, 16);
  std::memcpy(header + ipv6::kDestination, quoted + ipv6::kSource, 16);

  uint8_t* message = header + ipv6::kHeader;
  message[icmp::kType] = icmp::kUnreachable6;
  message[icmp::kCode] = kSourceFailedPolicy;
  std::memcpy(message + icmp::kHeader, quoted, quote_length);
  const uint64_t pseudo = icmpv6_pseudo_sum(header, static_cast<uint32_t>(message_length));
  store_checksum(message + icmp::kChecksum, add_to_sum(pseudo, message, message_length));

  core.counters.add_packet(Counter::out_icmpv6_error_packets, frame_length);
  core.counters.add_packet(Counter::out_ipv6_packets, frame_length);
  core.internal.push_back(packet);
}

}  // namespace lwaftr
