// Which port decides a packet's softwire (RFC 7596 s8, RFC 5508).
#pragma once
#include <cstddef>
#include <cstdint>

#include "wire.h"

namespace lwaftr {

constexpr int kNoPort = -1;  // too short to have one

// The port of an ICMPv4 message. Echo has an identifier instead of ports; which of request and reply carries the
// subscriber's depends on the direction: `identified` is that type, the other one has port 0. Every other type is taken
// to quote a packet, whose source port it is: the subscriber sent what the error is about. Queries quote none, and who
// has an address alone gets them whatever this finds there; so the quoted header's length is not judged.
inline int icmp_port(const uint8_t* message, size_t length, uint8_t identified) {
  if (length < icmp::kHeader) return kNoPort;
  const uint8_t type = message[icmp::kType];
  if (type == identified) return load16(message + icmp::kIdentifier);
  if (type == icmp::kEchoRequest4 || type == icmp::kEchoReply4) return 0;
  if (length == icmp::kHeader) return kNoPort;
  const size_t quoted_header = (message[icmp::kHeader] & 15) * 4u;
  if (length < icmp::kHeader + quoted_header + 2) return kNoPort;
  return load16(message + icmp::kHeader + quoted_header);
}

// Towards the B4: the destination port, for any protocol.
inline int port_towards_b4(uint8_t protocol, const uint8_t* payload, size_t length) {
  if (protocol == ip_protocol::kIcmp) return icmp_port(payload, length, icmp::kEchoReply4);
  return length < 4 ? kNoPort : load16(payload + 2);
}

// From the B4: the source port, for any protocol.
inline int port_from_b4(uint8_t protocol, const uint8_t* payload, size_t length) {
  if (protocol == ip_protocol::kIcmp) return icmp_port(payload, length, icmp::kEchoRequest4);
  return length < 2 ? kNoPort : load16(payload);
}

// Towards the B4, an ICMP error of our own, made about a whole IPv4 header: the port by which the packet that it quotes
// came out of its tunnel. Of an echo that is the identifier (who shares an address is told as well);
// in errors of others the reference takes the first two bytes quoted, whatever they are.
inline int port_of_our_error(const uint8_t* message, size_t length) {
  const uint8_t* quoted = message + icmp::kHeader;
  const size_t skip = icmp::kHeader + (quoted[0] & 15) * 4u;
  return port_from_b4(quoted[ipv4::kProtocol], message + skip, length - skip);
}

}  // namespace lwaftr
