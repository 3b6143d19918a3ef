#include "judge.h"

#include <algorithm>
#include <cstring>

#include "network.h"
#include "slow.h"

namespace lwaftr::fuzz {
namespace {

constexpr size_t kEthernet = 14;

Bytes with_tag(const Bytes& frame, const VlanTag& vlan) {
  Bytes tagged = frame;
  if (vlan && frame.size() >= 12)
    tagged.insert(tagged.begin() + 12, {0x81, 0, static_cast<uint8_t>(*vlan >> 8), static_cast<uint8_t>(*vlan)});
  return tagged;
}

Bytes without_tag(const Bytes& frame) {
  Bytes bare = frame;
  if (bare.size() >= 18 && get16(&bare[12]) == 0x8100) bare.erase(bare.begin() + 12, bare.begin() + 16);
  return bare;
}

bool is(const uint8_t* bytes, const MacAddress& mac) { return std::memcmp(bytes, mac.data(), 6) == 0; }

}  // namespace

void Judge::configured(const Settings& settings) {
  settings_ = settings;
  settings_.external.mtu = std::max<uint16_t>(settings_.external.mtu, 68);
  settings_.internal.mtu = std::max<uint16_t>(settings_.internal.mtu, 1280);
  always_hairpinning_ &= settings.hairpinning;
  flow_labels_.insert(settings.flow_label);
}

void Judge::received(Port port, const Bytes& frame) {
  received_.push_back(frame);
  const Bytes bare = without_tag(frame);
  any_ipv6_fragment_ |= bare.size() >= 54 && bare[20] == 44;
  now_.push_back({port, frame});
}

void Judge::sent(Port port, const Bytes& frame) {
  PROMISE(frame.size() >= kEthernet, "%zu bytes sent", frame.size());
  if (port == Port::passthru) {
    to_device_.push_back(frame);
    return;
  }
  sent_.push_back(frame);
  if (!from_device(port, frame)) relay_sent(port, frame, true);
}

void Judge::step_ends(bool complete) {
  for (const Bytes& frame : to_device_) {
    const size_t limit = kEthernet + settings_.passthru_interface.value().mtu + (get16(&frame[12]) == 0x8100 ? 4 : 0);
    PROMISE(frame.size() <= limit, "%zu bytes for a device that takes %zu", frame.size(), limit);
    if (!for_device(frame)) relay_sent(Port::passthru, frame, false);
  }
  for (const auto& [key, pieces] : pieces_) {
    PROMISE(pieces.ended || !complete, "the last fragment was not sent");
    if (!complete) continue;
    Bytes packet = pieces.head;
    packet.insert(packet.end(), pieces.payload.begin(), pieces.payload.end());
    if (packet[0] >> 4 == 4) {
      put16(&packet[2], packet.size());
      put16(&packet[10],
            0xffff - ones_sum(Bytes(packet.begin(), packet.begin() + static_cast<long>(pieces.head.size()))));
      ipv4_packet_sent(packet.data(), packet.size());
    } else {
      put16(&packet[4], packet.size() - 40);
      ipv6_packet_sent(packet.data(), packet.size());
    }
  }
  now_.clear();
  sent_.clear();
  to_device_.clear();
  pieces_.clear();
}

// Whether it is a frame of the device, on its link with its tag: each may leave once.
bool Judge::from_device(Port port, const Bytes& frame) {
  if (!settings_.passthru_interface) return false;
  const PassthruInterface& device = *settings_.passthru_interface;
  const Port link = device.on_external_link && !settings_.on_a_stick ? Port::external : Port::internal;
  for (auto input = now_.begin(); input != now_.end(); ++input) {
    if (input->port != Port::passthru || link != port || with_tag(input->frame, device.vlan_tag) != frame) continue;
    now_.erase(input);
    return true;
  }
  return false;
}

// Whether it came from the link for the device, or is a sample of what crossed a link.
bool Judge::for_device(const Bytes& frame) const {
  const PassthruInterface& device = *settings_.passthru_interface;
  for (const Sent& input : now_) {
    if (input.port == Port::passthru) continue;
    if (device.sample_rate && input.frame == frame) return true;
    if (device.vlan_tag ? without_tag(input.frame) == frame : input.frame == frame) return true;
  }
  return device.sample_rate && std::find(sent_.begin(), sent_.end(), frame) != sent_.end();
}

void Judge::relay_sent(Port port, Bytes frame, bool tagged_as_side) {
  const bool tagged = get16(&frame[12]) == 0x8100;
  const uint16_t type = get16(&frame[tagged ? 16 : 12]);
  const bool external = type == 0x0800 || type == 0x0806;
  PROMISE(external || type == 0x86dd, "EtherType %04x", type);
  const VlanTag& vlan = external ? settings_.external_interface.vlan_tag : settings_.internal_interface.vlan_tag;
  if (tagged_as_side) {
    const Port link = external && !settings_.on_a_stick ? Port::external : Port::internal;
    PROMISE(port == link, "EtherType %04x on the wrong link", type);
    PROMISE(tagged == vlan.has_value() && (!vlan || get16(&frame[14]) == *vlan), "wrong tag");
  } else {
    PROMISE(!tagged, "a tag for the device");
  }
  frame = without_tag(frame);
  if (settings_.filter_destination_mac) {
    PROMISE(is(&frame[6], external ? settings_.external_interface.mac : settings_.internal_interface.mac),
            "not from our MAC address");
  }
  if (type == 0x0806) return arp_sent(frame);
  const size_t mtu = external ? settings_.external.mtu : settings_.internal.mtu;
  PROMISE(frame.size() - kEthernet <= mtu, "%zu bytes over an MTU of %zu", frame.size() - kEthernet, mtu);
  external ? ipv4_sent(frame) : ipv6_sent(frame);
}

void Judge::arp_sent(const Bytes& frame) {
  PROMISE(frame.size() == 42, "%zu bytes of ARP", frame.size());
  static constexpr uint8_t kStart[] = {0, 1, 8, 0, 6, 4, 0};
  PROMISE(std::memcmp(&frame[14], kStart, sizeof kStart) == 0 && (frame[21] == 1 || frame[21] == 2), "broken ARP");
  PROMISE(is(&frame[22], settings_.external_interface.mac) && std::memcmp(&frame[28], kRelay4.data(), 4) == 0,
          "ARP in the name of somebody else");
}

void Judge::ipv4_sent(const Bytes& frame) {
  const uint8_t* header = &frame[kEthernet];
  const size_t length = frame.size() - kEthernet;
  PROMISE(length >= 20 && header[0] >> 4 == 4 && header_length(header) >= 20 && header_length(header) <= length,
          "no IPv4 header");
  PROMISE(get16(header + 2) == length, "%d bytes said, %zu sent", get16(header + 2), length);
  const uint16_t position = get16(header + 6);
  if (!(position & 0x3fff)) return ipv4_packet_sent(header, length);
  // The relay sends whole packets or cuts them itself.
  PROMISE(ipv4_header_is_right(header), "checksum of a fragment");
  Bytes head(header, header + header_length(header));
  Bytes key(header + 12, header + 20);
  key.insert(key.end(), {header[4], header[5], header[9]});
  put16(&head[6], position & 0x4000);
  put16(&head[10], 0);
  put16(&head[2], 0);
  add_piece(key, head, Bytes(header + head.size(), header + length), (position & 0x1fff) * 8u, position & 0x2000);
}

void Judge::add_piece(const Bytes& key, const Bytes& head, const Bytes& payload, size_t offset, bool more) {
  Pieces& pieces = pieces_[key];
  if (pieces.head.empty()) pieces.head = head;
  PROMISE(pieces.head == head, "fragments with different headers");
  PROMISE(!more || payload.size() % 8 == 0, "%zu bytes in a fragment that is not the last", payload.size());
  PROMISE(!payload.empty(), "an empty fragment");
  if (pieces.payload.size() == offset) pieces.payload.insert(pieces.payload.end(), payload.begin(), payload.end());
  pieces.ended |= !more;
}

bool Judge::was_received(const uint8_t* bytes, size_t length) const {
  if (any_ipv6_fragment_) return true;  // a header may have come in two of them
  for (const Bytes& frame : received_) {
    if (std::search(frame.begin(), frame.end(), bytes, bytes + length) != frame.end()) return true;
  }
  return false;
}

// Towards the internet: our own ICMP, or what a B4 sent.
void Judge::ipv4_packet_sent(const uint8_t* header, size_t length) {
  const uint8_t* payload = header + header_length(header);
  const size_t payload_length = length - header_length(header);
  if (std::memcmp(header + 12, kRelay4.data(), 4) == 0) {
    PROMISE(ipv4_header_is_right(header), "header checksum of our own packet");
    return own_icmpv4_sent(header, payload, payload_length);
  }
  // Decapsulation leaves the header alone, right or wrong.
  PROMISE(ipv4_header_is_right(header) || was_received(header, header_length(header)), "header checksum");
  const int port = slow_port(header, length, false);
  PROMISE(find_softwire(header + 12, port), "port %d of somebody without a softwire sent", port);
  PROMISE(!always_hairpinning_ || !is_managed(header + 16), "a packet between B4s left");
}

void Judge::own_icmpv4_sent(const uint8_t* header, const uint8_t* message, size_t length) {
  PROMISE(header[9] == 1 && length >= 8, "protocol %d from us", header[9]);
  PROMISE(icmp_is_right(message, length), "ICMP checksum, type %d", message[0]);
  if (message[0] == 0) return;
  PROMISE(!is_managed(header + 16), "an error for a B4's host outside its tunnel");
  PROMISE(message[0] == 3 || message[0] == 11, "ICMP type %d from us", message[0]);
  PROMISE(header_length(header) + length <= 576, "an error of %zu bytes", header_length(header) + length);
  PROMISE(length >= 28 && message[8] >> 4 == 4 && std::memcmp(message + 20, header + 16, 4) == 0,
          "quotes somebody else's packet");
  PROMISE(message[1] != 4 || message[0] != 3 || get16(message + 6) >= 68, "MTU %d", get16(message + 6));
  // Not about an ICMP error, nor a later fragment (RFC 1812 s4.3.2.7).
  const uint8_t* quote = message + 8;
  PROMISE(!(get16(quote + 6) & 0x1fff), "about a later fragment");
  if (quote[9] != 1 || length < 8 + header_length(quote) + 1) return;
  const uint8_t type = quote[header_length(quote)];
  PROMISE(type != 3 && type != 4 && type != 5 && type != 11 && type != 12, "an error about an error");
}

void Judge::ipv6_sent(const Bytes& frame) {
  const uint8_t* header = &frame[kEthernet];
  const size_t length = frame.size() - kEthernet;
  PROMISE(length >= 40 && header[0] >> 4 == 6, "no IPv6 header");
  PROMISE(get16(header + 4) + 40u == length, "%d bytes said, %zu sent", get16(header + 4), length - 40);
  if (header[6] != 44) return ipv6_packet_sent(header, length);
  PROMISE(length >= 48, "a fragment without its header");
  const uint16_t position = get16(header + 42);
  PROMISE(header[41] == 0 && !(position & 6) && (position & 0xfff9), "broken fragment header");
  Bytes head(header, header + 40);
  head[6] = header[40];
  put16(&head[4], 0);
  Bytes key(header + 8, header + 40);
  key.insert(key.end(), header + 44, header + 48);
  add_piece(key, head, Bytes(header + 48, header + length), position & 0xfff8, position & 1);
}

void Judge::ipv6_packet_sent(const uint8_t* header, size_t length) {
  PROMISE(header[6] == 4 || header[6] == 58, "next header %d", header[6]);
  header[6] == 4 ? tunnel_sent(header, length) : icmpv6_sent(header, length);
}

void Judge::tunnel_sent(const uint8_t* header, size_t length) {
  const uint8_t* inner = header + 40;
  PROMISE(length >= 60 && inner[0] >> 4 == 4 && header_length(inner) >= 20 && header_length(inner) <= length - 40,
          "no IPv4 header in the tunnel");
  PROMISE(get16(inner + 2) == length - 40, "%d bytes said, %zu in the tunnel", get16(inner + 2), length - 40);
  PROMISE(ipv4_header_is_right(inner), "header checksum in the tunnel");
  PROMISE(!(get16(inner + 6) & 0x3fff), "a fragment in a tunnel");
  PROMISE(inner[8] > 0 && header[7] == 255, "TTL %d in hop limit %d", inner[8], header[7]);
  PROMISE((get32(header) >> 20 & 0xff) == inner[1], "traffic class for TOS %02x", inner[1]);
  PROMISE(flow_labels_.count(get32(header) & 0xfffff), "flow label %05x", get32(header) & 0xfffff);
  const auto is_tunnel_of = [header, inner](int port) {
    const SoftwireRecord* softwire = find_softwire(inner + 16, port);
    return softwire && std::memcmp(header + 8, softwire->br_address.data(), 16) == 0 &&
           std::memcmp(header + 24, softwire->b4_ipv6.data(), 16) == 0;
  };
  const int port = slow_port(inner, length - 40, true);
  if (inner[9] != 1) {
    PROMISE(is_tunnel_of(port), "port %d in a tunnel that is not its softwire's", port);
    return;
  }
  const uint8_t* message = inner + header_length(inner);
  PROMISE(icmp_is_right(message, length - 40 - header_length(inner)), "ICMP checksum in the tunnel");
  // Our own errors follow the port by which the packet they quote came; somebody may forge one that does not.
  const bool error = std::memcmp(inner + 12, kRelay4.data(), 4) == 0 && (message[0] == 3 || message[0] == 11);
  const int quoted = error ? slow_port(message + 8, length - 40 - header_length(inner) - 8, false) : -1;
  PROMISE(is_tunnel_of(port) || is_tunnel_of(quoted), "ICMP port %d or %d in a tunnel that is not its softwire's", port,
          quoted);
}

void Judge::icmpv6_sent(const uint8_t* header, size_t length) {
  const uint8_t* message = header + 40;
  PROMISE(length >= 48 && upper_is_right(header + 8, 16, 58, message, length - 40), "ICMPv6 checksum");
  PROMISE(header[8] != 0xff, "from a group");
  if (message[0] == 1) {
    PROMISE(message[1] == 5 && header[7] == 255 && length <= 1280, "broken error");
    PROMISE(std::memcmp(message + 8 + 8, header + 24, 16) == 0, "quotes somebody else's packet");
    return;
  }
  PROMISE(std::memcmp(header + 8, kRelay6.data(), 16) == 0, "ICMPv6 in the name of somebody else");
  if (message[0] == 129) return;
  PROMISE(message[0] == 135 || message[0] == 136, "ICMPv6 type %d", message[0]);
  PROMISE(length == 72 && header[7] == 255 && message[1] == 0, "broken neighbour discovery");
  PROMISE(is(message + 26, settings_.internal_interface.mac), "somebody else's link-layer address");
}

}  // namespace lwaftr::fuzz
