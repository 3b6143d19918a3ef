#include "decapsulate.h"

#include <algorithm>

#include "hairpin.h"
#include "icmp_errors.h"
#include "incoming_icmpv6.h"
#include "mss_clamp.h"
#include "port.h"
#include "reassemble.h"

namespace lwaftr {
namespace {

void drop(Core& core, Packet* packet, Counter reason) {
  core.counters.add_packet(reason, packet->length);
  drop_ipv6(core, packet, reason);
}

// True when the packet carries IPv4, whole. Everything else ends, or waits, in here.
bool open_tunnel(Core& core, const Ipv6Packet& packet, TunnelPacket& tunnel) {
  switch (packet.next_header) {
    case ip_protocol::kIpv4:
    case ip_protocol::kDestinationOptions:
      break;
    case ip_protocol::kIcmpv6:
      if (core.settings.internal.allow_incoming_icmp) {
        relay_icmpv6(core, packet);
      } else {
        drop(core, packet.packet, Counter::drop_in_by_policy_icmpv6_packets);
      }
      return false;
    case ip_protocol::kFragment:  // one inside another: reassembly took the outer header away
      core.counters.add(Counter::drop_ipv6_frag_disabled);
      drop_ipv6(core, packet.packet, Counter::drop_ipv6_frag_disabled);
      return false;
    default:
      drop(core, packet.packet, Counter::drop_unknown_protocol_ipv6_packets);
      return false;
  }
  switch (parse_tunnel(packet, tunnel)) {
    case Parse::ok:
      break;
    case Parse::other:
      drop(core, packet.packet, Counter::drop_unknown_protocol_ipv6_packets);
      return false;
    default:
      drop(core, packet.packet, Counter::drop_malformed_tunnel_ipv6_packets);
      return false;
  }
  if (!tunnel.fragment) return true;
  // A port is only in the first fragment, and both directions need it.
  const TunnelPacket fragment = tunnel;
  return reassemble_inner(core.inner, core.pool, fragment, core.now, tunnel);
}

size_t admit(Core& core, const Ipv6Packet* packets, size_t count, TunnelPacket* admitted, LookupKey* keys) {
  uint64_t bytes = 0;
  size_t n = 0;
  for (size_t i = 0; i < count; i++) {
    bytes += packets[i].packet->length;
    TunnelPacket& tunnel = admitted[n];
    if (!open_tunnel(core, packets[i], tunnel)) continue;
    const int port = port_from_b4(tunnel.protocol, tunnel.packet->data + tunnel.payload, tunnel.payload_length());
    if (port == kNoPort) {
      drop(core, tunnel.packet, Counter::drop_no_port_ipv6_packets);
      continue;
    }
    keys[n++] = {load32(tunnel.inner_header() + ipv4::kSource), static_cast<uint16_t>(port)};
  }
  core.counters.add_packets(Counter::in_ipv6_packets, count, bytes);
  return n;
}

// RFC 7596 s6.2: inner source and outer source must belong together, and to the address they were sent to.
inline bool is_from_softwire(const TunnelPacket& tunnel, const LookupResult& result) {
  const uint8_t* header = tunnel.outer_header();
  return result.found && std::memcmp(header + ipv6::kSource, result.softwire.b4_ipv6.data(), 16) == 0 &&
         std::memcmp(header + ipv6::kDestination, result.softwire.br_address.data(), 16) == 0;
}

void drop_without_softwire(Core& core, const TunnelPacket& tunnel, const LookupResult& result) {
  core.counters.add_packet(Counter::drop_no_source_softwire_ipv6_packets, tunnel.packet->length);
  answer_with_icmpv6(core, *tunnel.packet,
                     result.found ? result.softwire.br_address.data() : tunnel.outer_header() + ipv6::kDestination);
  drop_ipv6(core, tunnel.packet, Counter::drop_no_source_softwire_ipv6_packets);
}

// The sender behind the B4 hears of the external MTU, through its own tunnel.
void drop_over_external_mtu(Core& core, const TunnelPacket& tunnel) {
  core.counters.add_packet(Counter::drop_over_external_mtu_but_dont_fragment_ipv4_packets,
                           ethernet::kHeader + tunnel.inner_length);
  answer_with_icmpv4(core, too_big(core.settings.external.mtu), tunnel.inner_header(), tunnel.inner_length);
  drop_ipv6(core, tunnel.packet, Counter::drop_over_external_mtu_but_dont_fragment_ipv4_packets);
}

void send(Core& core, const TunnelPacket* packets, const LookupResult* results, size_t count) {
  const uint32_t mtu = core.settings.external.mtu;
  const uint16_t tcp_mss = core.settings.external.tcp_mss;
  for (size_t i = 0; i < count; i++) {
    const TunnelPacket& tunnel = packets[i];
    if (!is_from_softwire(tunnel, results[i])) {
      drop_without_softwire(core, tunnel, results[i]);
      continue;
    }
    const uint8_t* inner = tunnel.inner_header();
    if (tunnel.inner_length > mtu && load16(inner + ipv4::kFragment) & ipv4::kDontFragment &&
        !is_hairpinned(core, inner)) {
      drop_over_external_mtu(core, tunnel);
      continue;
    }
    if (tcp_mss && tunnel.protocol == ip_protocol::kTcp) {
      clamp_tcp_mss(core.counters, tunnel.packet->data + tunnel.payload, tunnel.payload_length(), tcp_mss);
    }
    deliver_ipv4(core, strip_tunnel(tunnel));
  }
}

}  // namespace

void decapsulate(Core& core, const Ipv6Packet* packets, size_t count) {
  TunnelPacket admitted[kCoreBatch];
  LookupKey keys[kCoreBatch];
  LookupResult results[kCoreBatch];
  for (size_t n; count; packets += n, count -= n) {
    n = std::min(count, kCoreBatch);
    const size_t wanted = admit(core, packets, n, admitted, keys);
    mark(core.probe, Stage::decap_admit);
    core.lookup(keys, wanted, results);
    mark(core.probe, Stage::decap_lookup);
    send(core, admitted, results, wanted);
    mark(core.probe, Stage::decap_send);
  }
}

}  // namespace lwaftr
