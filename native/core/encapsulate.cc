#include "encapsulate.h"

#include <algorithm>

#include "checksum.h"
#include "icmp_errors.h"
#include "mss_clamp.h"
#include "port.h"

namespace lwaftr {
namespace {

// Ends a packet for a reason that has a counter of its own beside the side's total.
void drop(Core& core, const Ipv4Packet& packet, Origin origin, Counter reason) {
  core.counters.add_packet(reason, packet.packet->length);
  drop_ipv4(core, packet.packet, origin, reason);
}

// ICMP is let in by policy only, and its checksum is verified since the lookup depends on what it says.
bool admit_icmp(Core& core, const Ipv4Packet& packet, Origin origin) {
  if (!core.settings.external.allow_incoming_icmp) {
    drop(core, packet, origin, Counter::drop_in_by_policy_icmpv4_packets);
    return false;
  }
  if (!sum_is_right(add_to_sum(0, packet.packet->data + packet.payload, packet.payload_length()))) {
    drop(core, packet, origin, Counter::drop_bad_checksum_icmpv4_packets);
    return false;
  }
  return true;
}

// The packets that may be looked up, and what to look up.
size_t admit(Core& core, const Ipv4Packet* packets, size_t count, Origin origin, Ipv4Packet* admitted,
             LookupKey* keys) {
  size_t n = 0;
  uint64_t bytes = 0;
  for (size_t i = 0; i < count; i++) {
    const Ipv4Packet& packet = packets[i];
    bytes += packet.packet->length;
    if (packet.protocol == ip_protocol::kIcmp) {
      if (!admit_icmp(core, packet, origin)) continue;
    } else if (packet.fragment) {
      core.counters.add(Counter::drop_ipv4_frag_disabled);
      drop_ipv4(core, packet.packet, origin, Counter::drop_ipv4_frag_disabled);
      continue;
    }
    const uint8_t* payload = packet.packet->data + packet.payload;
    const int port = packet.our_error ? port_of_our_error(payload, packet.payload_length())
                                      : port_towards_b4(packet.protocol, payload, packet.payload_length());
    if (port == kNoPort) {
      drop(core, packet, origin, Counter::drop_no_port_ipv4_packets);
      continue;
    }
    admitted[n] = packet;
    keys[n++] = {load32(packet.header() + ipv4::kDestination), static_cast<uint16_t>(port)};
  }
  // Hairpinned packets are no incoming IPv4, nor are errors of our own.
  if (origin == Origin::external) core.counters.add_packets(Counter::in_ipv4_packets, count, bytes);
  return n;
}

// RFC 7596 s8.1: an ICMP packet for nobody is dropped in silence, another one is answered.
void drop_without_softwire(Core& core, const Ipv4Packet& packet, Origin origin) {
  core.counters.add_packet(Counter::drop_no_dest_softwire_ipv4_packets, packet.packet->length);
  if (core.settings.external.generate_icmp_errors && packet.protocol == ip_protocol::kIcmp) {
    core.counters.add_packet(Counter::drop_in_by_rfc7596_icmpv4_packets, packet.packet->length);
  } else {
    answer_with_icmpv4(core, kHostUnreachable, packet.header(), packet.packet->length - ethernet::kHeader);
  }
  drop_ipv4(core, packet.packet, origin, Counter::drop_no_dest_softwire_ipv4_packets);
}

// The packet as it is then is what the error quotes.
void drop_and_answer(Core& core, const Ipv4Packet& packet, Origin origin, Counter reason, Icmpv4Error error) {
  core.counters.add_packet(reason, packet.packet->length);
  answer_with_icmpv4(core, error, packet.header(), packet.packet->length - ethernet::kHeader);
  drop_ipv4(core, packet.packet, origin, reason);
}

// False when the packet may not travel on. A TTL of 0 stays 0.
inline bool spend_ttl(uint8_t* header) {
  const uint8_t ttl = header[ipv4::kTtl];
  if (ttl == 0) return false;
  header[ipv4::kTtl] = ttl - 1;
  const uint16_t protocol = header[ipv4::kProtocol];
  update_checksum(header + ipv4::kChecksum, static_cast<uint16_t>(ttl << 8 | protocol),
                  static_cast<uint16_t>((ttl - 1) << 8 | protocol));
  return ttl > 1;
}

void send(Core& core, const Ipv4Packet* packets, const LookupResult* results, size_t count, Origin origin) {
  const uint32_t mtu = core.settings.internal.mtu;
  const uint32_t flow_label = core.settings.flow_label;
  const uint16_t tcp_mss = core.settings.internal.tcp_mss;
  uint64_t sent = 0, sent_bytes = 0;
  for (size_t i = 0; i < count; i++) {
    const Ipv4Packet& packet = packets[i];
    uint8_t* header = packet.header();
    if (!results[i].found) {
      drop_without_softwire(core, packet, origin);
      continue;
    }
    if (!sum_is_right(add_to_sum(0, header, packet.header_length()))) {
      drop(core, packet, origin, Counter::drop_bad_checksum_ipv4_packets);
      continue;
    }
    if (!spend_ttl(header)) {
      drop_and_answer(core, packet, origin, Counter::drop_ttl_zero_ipv4_packets, kTtlExceeded);
      continue;
    }
    if (packet.packet->length - ethernet::kHeader + ipv6::kHeader > mtu &&
        load16(header + ipv4::kFragment) & ipv4::kDontFragment) {
      drop_and_answer(core, packet, origin, Counter::drop_over_mtu_but_dont_fragment_ipv4_packets,
                      too_big(static_cast<uint16_t>(mtu - ipv6::kHeader)));
      continue;
    }
    if (tcp_mss && packet.protocol == ip_protocol::kTcp) {
      clamp_tcp_mss(core.counters, packet.packet->data + packet.payload, packet.payload_length(), tcp_mss);
    }
    prepend_tunnel(*packet.packet, results[i].softwire, flow_label);
    sent++;
    sent_bytes += packet.packet->length;
    core.internal.push_back(packet.packet);
  }
  core.counters.add_packets(Counter::out_ipv6_packets, sent, sent_bytes);
}

}  // namespace

void encapsulate(Core& core, const Ipv4Packet* packets, size_t count, Origin origin) {
  Ipv4Packet admitted[kCoreBatch];
  LookupKey keys[kCoreBatch];
  LookupResult results[kCoreBatch];
  for (size_t n; count; packets += n, count -= n) {
    n = std::min(count, kCoreBatch);
    const size_t wanted = admit(core, packets, n, origin, admitted, keys);
    mark(core.probe, Stage::encap_admit);
    core.lookup(keys, wanted, results);
    mark(core.probe, Stage::encap_lookup);
    send(core, admitted, results, wanted, origin);
    mark(core.probe, Stage::encap_send);
  }
}

}  // namespace lwaftr
