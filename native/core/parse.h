// Where lengths are checked, once: everything behind this file trusts what is said here.
//
//   frame  [ Ethernet 14 | IPv4 20..60 | payload ] or [ Ethernet 14 | IPv6 40 | payload ]
//
// A packet ends where its IP header says: parsing cuts off Ethernet padding.
#pragma once
#include <cstddef>
#include <cstdint>

#include "packet.h"
#include "wire.h"

namespace lwaftr {

enum class Parse : uint8_t {
  ok,
  other,        // another EtherType, or too short to have one
  malformed,    // lengths contradict each other or the frame
  bad_version,  // EtherType and IP version disagree
};

// An untagged frame that holds a whole IPv4 header, and every byte that its total length promises.
struct Ipv4Packet {
  Packet* packet = nullptr;
  uint16_t payload = 0;  // offset of what follows the IPv4 header, from the start of the frame
  uint8_t protocol = 0;
  bool fragment = false;   // more fragments follow, or this is not the first
  bool our_error = false;  // an ICMP error that the relay itself made

  uint8_t* header() const { return packet->data + ethernet::kHeader; }
  size_t header_length() const { return payload - ethernet::kHeader; }
  size_t payload_length() const { return packet->length - payload; }
};

// An untagged frame that holds a whole IPv6 header, and every byte that its payload length promises.
struct Ipv6Packet {
  Packet* packet = nullptr;
  uint8_t next_header = 0;

  uint8_t* header() const { return packet->data + ethernet::kHeader; }
  uint8_t* payload() const { return header() + ipv6::kHeader; }
  size_t payload_length() const { return packet->length - ethernet::kHeader - ipv6::kHeader; }
};

// An IPv6 packet that carries an IPv4 packet (RFC 2473), whose own lengths are checked as well.
struct TunnelPacket {
  Packet* packet = nullptr;
  uint16_t inner = 0;         // offset of the inner IPv4 header, from the start of the frame
  uint16_t payload = 0;       // offset of what follows it
  uint16_t inner_length = 0;  // the inner total length; the outer packet may be longer
  uint8_t protocol = 0;       // the inner protocol
  bool fragment = false;

  uint8_t* outer_header() const { return packet->data + ethernet::kHeader; }
  uint8_t* inner_header() const { return packet->data + inner; }
  size_t inner_header_length() const { return payload - inner; }
  size_t payload_length() const { return inner_length - inner_header_length(); }
};

inline uint16_t ethertype_of(const Packet& packet) {
  return packet.length < ethernet::kHeader ? 0 : load16(packet.data + ethernet::kType);
}

inline bool is_ipv4_fragment(const uint8_t* header) {
  return load16(header + ipv4::kFragment) & (ipv4::kMoreFragments | ipv4::kOffsetMask);
}

inline Parse parse_ipv4(Packet* packet, Ipv4Packet& parsed) {
  if (ethertype_of(*packet) != ethernet::kIpv4) return Parse::other;
  if (packet->length < ethernet::kHeader + ipv4::kHeader) return Parse::malformed;
  const uint8_t* header = packet->data + ethernet::kHeader;
  if (header[0] >> 4 != 4) return Parse::bad_version;
  const size_t header_length = (header[0] & 15) * 4u;
  const size_t total_length = load16(header + ipv4::kTotalLength);
  if (header_length < ipv4::kHeader || total_length < header_length ||
      total_length > packet->length - ethernet::kHeader) {
    return Parse::malformed;
  }
  packet->length = static_cast<uint32_t>(ethernet::kHeader + total_length);
  parsed.packet = packet;
  parsed.payload = static_cast<uint16_t>(ethernet::kHeader + header_length);
  parsed.protocol = header[ipv4::kProtocol];
  parsed.fragment = is_ipv4_fragment(header);
  return Parse::ok;
}

inline Parse parse_ipv6(Packet* packet, Ipv6Packet& parsed) {
  if (ethertype_of(*packet) != ethernet::kIpv6) return Parse::other;
  if (packet->length < ethernet::kHeader + ipv6::kHeader) return Parse::malformed;
  const uint8_t* header = packet->data + ethernet::kHeader;
  if (header[0] >> 4 != 6) return Parse::bad_version;
  const size_t end = ethernet::kHeader + ipv6::kHeader + load16(header + ipv6::kPayloadLength);
  if (end > packet->length) return Parse::malformed;
  packet->length = static_cast<uint32_t>(end);
  parsed.packet = packet;
  parsed.next_header = header[ipv6::kNextHeader];
  return Parse::ok;
}

// What an IPv6 packet with next header 4, or 60 for destination options in front of it, carries.
// Parse::other: the options lead to something else than IPv4, or hold one that must not be skipped.
Parse parse_tunnel(const Ipv6Packet& outer, TunnelPacket& parsed);

// The inner packet of a tunnel, once the frame holds its IPv4 header at `inner`: used for reassembled ones too.
Parse parse_inner(Packet* packet, size_t inner, TunnelPacket& parsed);

}  // namespace lwaftr
