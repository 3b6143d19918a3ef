#include "parse.h"

namespace lwaftr {
namespace {

constexpr uint8_t kPad1 = 0, kTunnelEncapsulationLimit = 4;

enum class Options : uint8_t { skip, refuse, malformed };

// Walks the options of a destination-options header (RFC 8200 s4.2) of `length` bytes, behind its first two bytes.
// We are no tunnel that could nest further, so the encapsulation limit itself (RFC 2473 s4.1.1) asks nothing of us.
Options walk_options(const uint8_t* options, size_t length) {
  for (size_t at = 0; at < length;) {
    const uint8_t type = options[at];
    if (type == kPad1) {
      at++;
      continue;
    }
    if (at + 2 > length || at + 2 + options[at + 1] > length) return Options::malformed;
    if (type == kTunnelEncapsulationLimit && options[at + 1] != 1) return Options::malformed;
    if (type >> 6 != 0) return Options::refuse;  // RFC 8200 s4.2: not to be skipped by who does not know it
    at += 2 + options[at + 1];
  }
  return Options::skip;
}

}  // namespace

Parse parse_inner(Packet* packet, size_t inner, TunnelPacket& parsed) {
  if (packet->length < inner + ipv4::kHeader) return Parse::malformed;
  const uint8_t* header = packet->data + inner;
  const size_t header_length = (header[0] & 15) * 4u;
  const size_t total_length = load16(header + ipv4::kTotalLength);
  if (header[0] >> 4 != 4 || header_length < ipv4::kHeader || total_length < header_length ||
      total_length > packet->length - inner) {
    return Parse::malformed;
  }
  parsed.packet = packet;
  parsed.inner = static_cast<uint16_t>(inner);
  parsed.payload = static_cast<uint16_t>(inner + header_length);
  parsed.inner_length = static_cast<uint16_t>(total_length);
  parsed.protocol = header[ipv4::kProtocol];
  parsed.fragment = is_ipv4_fragment(header);
  return Parse::ok;
}

Parse parse_tunnel(const Ipv6Packet& outer, TunnelPacket& parsed) {
  size_t inner = ethernet::kHeader + ipv6::kHeader;
  if (outer.next_header == ip_protocol::kDestinationOptions) {
    const uint8_t* options = outer.payload();
    if (outer.payload_length() < 8) return Parse::malformed;
    const size_t length = (options[1] + 1u) * 8;
    if (options[0] != ip_protocol::kIpv4) return Parse::other;
    if (outer.payload_length() < length) return Parse::malformed;
    switch (walk_options(options + 2, length - 2)) {
      case Options::skip:
        break;
      case Options::refuse:
        return Parse::other;
      case Options::malformed:
        return Parse::malformed;
    }
    inner += length;
  }
  return parse_inner(outer.packet, inner, parsed);
}

}  // namespace lwaftr
