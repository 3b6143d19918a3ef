#include "incoming_icmpv6.h"

#include <algorithm>

#include "checksum.h"
#include "icmp_errors.h"
#include "port.h"

namespace lwaftr {
namespace {

constexpr uint32_t kMinIpv4Mtu = 68;  // RFC 791

void drop(Core& core, const Ipv6Packet& packet, Counter reason) {
  core.counters.add_packet(reason, packet.packet->length);
  drop_ipv6(core, packet.packet, reason);
}

// The start of an IPv4 packet that an error quotes, as far as it is there.
struct Quote {
  const uint8_t* header = nullptr;
  size_t length = 0;
};

// What stands behind the tunnel header that the error quotes: IPv4 at once, or behind our own fragmenter's header when
// it is the first fragment. Empty when it is anything else.
Quote quoted_ipv4(const uint8_t* tunnel, size_t length) {
  if (length < ipv6::kHeader || tunnel[0] >> 4 != 6) return {};
  size_t skip = ipv6::kHeader;
  uint8_t next_header = tunnel[ipv6::kNextHeader];
  if (next_header == ip_protocol::kFragment && length >= skip + ipv6::kFragmentHeader &&
      (load16(tunnel + skip + 2) & 0xfff8) == 0) {
    next_header = tunnel[skip];
    skip += ipv6::kFragmentHeader;
  }
  if (next_header != ip_protocol::kIpv4 || length < skip + ipv4::kHeader) return {};
  const uint8_t* header = tunnel + skip;
  const size_t header_length = (header[0] & 15) * 4u;
  if (header[0] >> 4 != 4 || header_length < ipv4::kHeader || length < skip + header_length) return {};
  return {header, length - skip};
}

// Whether we could have sent the quoted packet: its softwire leads from that br-address to that B4.
bool could_be_ours(const Core& core, const uint8_t* tunnel, const Quote& quote) {
  const size_t header_length = (quote.header[0] & 15) * 4u;
  const int port =
      port_towards_b4(quote.header[ipv4::kProtocol], quote.header + header_length, quote.length - header_length);
  if (port == kNoPort) return false;
  const LookupKey key{load32(quote.header + ipv4::kDestination), static_cast<uint16_t>(port)};
  LookupResult result;
  core.lookup(&key, 1, &result);
  return result.found && std::memcmp(tunnel + ipv6::kSource, result.softwire.br_address.data(), 16) == 0 &&
         std::memcmp(tunnel + ipv6::kDestination, result.softwire.b4_ipv6.data(), 16) == 0;
}

// What fits in the tunnel once its header has found room too; never less than every IPv4 link carries, nor more than
// the packet that was too big. One that every link carries was too big for none: it bounds nothing, or else nonsense
// about a small packet would cost its sender nearly all of its MTU.
uint16_t translate_mtu(uint32_t mtu, const uint8_t* quoted) {
  const uint32_t inner = mtu > ipv6::kHeader ? mtu - static_cast<uint32_t>(ipv6::kHeader) : 0;
  const uint32_t quoted_size = load16(quoted + ipv4::kTotalLength);
  const uint32_t most = quoted_size < kMinIpv4Mtu ? UINT16_MAX : quoted_size;
  return static_cast<uint16_t>(std::max(kMinIpv4Mtu, std::min(inner, most)));
}

}  // namespace

void relay_icmpv6(Core& core, const Ipv6Packet& packet) {
  const uint8_t* message = packet.payload();
  const size_t length = packet.payload_length();
  if (length < icmp::kHeader) return drop(core, packet, Counter::drop_unverified_icmpv6_packets);
  const uint8_t type = message[icmp::kType], code = message[icmp::kCode];
  // Types and codes first, so that these counters mean what they do in the reference.
  if (type == icmp::kTooBig6 && code != 0) {
    return drop(core, packet, Counter::drop_too_big_type_but_not_code_icmpv6_packets);
  }
  if (type == icmp::kTimeExceeded6 && code != 0) {
    return drop(core, packet, Counter::drop_over_time_but_not_hop_limit_icmpv6_packets);
  }
  if (type > icmp::kParameterProblem6) return drop(core, packet, Counter::drop_unknown_protocol_icmpv6_packets);

  const uint64_t pseudo = icmpv6_pseudo_sum(packet.header(), static_cast<uint32_t>(length));
  if (!sum_is_right(add_to_sum(pseudo, message, length))) {
    return drop(core, packet, Counter::drop_bad_checksum_icmpv6_packets);
  }
  const uint8_t* tunnel = message + icmp::kHeader;
  const Quote quote = quoted_ipv4(tunnel, length - icmp::kHeader);
  if (!quote.header || !could_be_ours(core, tunnel, quote)) {
    return drop(core, packet, Counter::drop_unverified_icmpv6_packets);
  }
  core.counters.add_packet(Counter::in_icmpv6_error_packets, packet.packet->length);
  const bool too_big_packet = type == icmp::kTooBig6;
  send_icmpv4(core,
              too_big_packet ? too_big(translate_mtu(load32(message + icmp::kMtu6), quote.header)) : kHostUnreachable,
              quote.header, quote.length);
  core.pool.use(packet.packet, Use::own);
}

}  // namespace lwaftr
