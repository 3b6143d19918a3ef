#include "frames.h"

#include "network.h"
#include "slow.h"

namespace lwaftr::fuzz {
namespace {

template <typename T>
void append(Bytes& to, const T& from) {
  to.insert(to.end(), from.begin(), from.end());
}
void append16(Bytes& to, size_t value) {
  to.push_back(static_cast<uint8_t>(value >> 8));
  to.push_back(static_cast<uint8_t>(value));
}

struct Endpoint {
  Ipv4Address address;
  uint16_t port;
};

// Ports at the edges of port sets, and any.
uint16_t choose_port(Choices& choices) {
  static constexpr uint16_t kList[] = {53, 0, 48, 1023, 1024, 1024 + 48, 7 << 8, 65535, 4096 + 1, 8191};
  const uint8_t choice = choices.byte();
  return choice >= 250 ? choices.word() : kList[choice % 10];
}

// Mostly a subscriber with one of its ports, or mostly somebody else.
Endpoint choose_endpoint(Choices& choices, bool subscriber) {
  const uint8_t choice = choices.byte();
  if (subscriber != (choice >= 208)) {
    const SoftwireRecord& softwire = softwires()[choice % (softwires().size() - 1)];
    const PortSet set = softwire.port_set();
    const uint32_t port =
        set.first_usable_port() | uint32_t{softwire.psid} << set.shift() | (choices.byte() & ((1u << set.shift()) - 1));
    return {softwire.ipv4, static_cast<uint16_t>(port)};
  }
  static constexpr Ipv4Address kList[] = {
      kHost, kRelay4, kNobody, kReserved, kShared, {224, 0, 0, 1}, {0, 0, 0, 0}, {255, 255, 255, 255}, {127, 0, 0, 1}};
  const Ipv4Address& address = choice % 4 ? kHost : choices.of(kList);
  return {address, choose_port(choices)};
}

Ipv6Address choose_ipv6(Choices& choices) {
  static constexpr Ipv6Address kList[] = {kBr,
                                          kRelay6,
                                          kOtherBr,
                                          kHop6,
                                          {},
                                          {0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1},
                                          {0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, 0, 0, 1},
                                          {0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}};
  const uint8_t choice = choices.byte();
  return choice < 128 ? kList[choice % 8] : softwires()[choice % softwires().size()].b4_ipv6;
}

Bytes choose_payload(Choices& choices) {
  static constexpr uint16_t kSizes[] = {0, 1, 8, 31, 500, 1212, 1232, 1400, 1472, 3000, 9000, 10100};
  const uint8_t choice = choices.byte();
  if (choice >= 192) return choices.bytes(choice - 192u);
  Bytes payload(kSizes[choice % 12] + choice / 48u);
  for (size_t i = 0; i < payload.size(); i++) payload[i] = static_cast<uint8_t>(i);
  return payload;
}

// An IPv4 packet between a subscriber and the world.
struct Ends {
  Endpoint subscriber, other;
  bool to_subscriber;
};
Ends choose_ends(Choices& choices, bool to_subscriber) {
  const Endpoint subscriber = choose_endpoint(choices, true);
  return {subscriber, choose_endpoint(choices, false), to_subscriber};
}

Bytes choose_ipv4_packet(Choices& choices, const Ends& ends, int depth);

// The subscriber's port stands where lookups seek it: in ports, identifiers and quotes.
Bytes choose_upper(Choices& choices, uint8_t& protocol, const Ends& ends, int depth) {
  Bytes packet;
  const uint8_t kind = choices.byte();
  if (kind % 8 <= 2) {  // UDP, TCP, any other
    protocol = kind % 8 == 0 ? 17 : kind % 8 == 1 ? 6 : choices.byte();
    append16(packet, ends.to_subscriber ? ends.other.port : ends.subscriber.port);
    append16(packet, ends.to_subscriber ? ends.subscriber.port : ends.other.port);
    packet.resize(protocol == 6 ? 20 : 8);
    if (protocol == 6) {
      const uint8_t choice = choices.byte();
      Bytes options = choice % 2 ? choices.bytes(choice % 41u) : Bytes{2, 4, 5, 0xb4};
      if (choice >= 128) options.insert(options.begin(), 1);  // a size at an odd offset
      options.resize(std::min<size_t>(options.size(), 40));
      packet[12] = static_cast<uint8_t>((5 + (options.size() + 3) / 4) << 4);
      packet[13] = choices.flip() ? 0x10 : 0x02;
      append(packet, options);
      packet.resize(20 + (options.size() + 3) / 4 * 4);
    }
    append(packet, choose_payload(choices));
    return packet;
  }
  protocol = 1;
  if (kind % 8 <= 4) {  // echo, the way that has an identifier for the lookup or the other one
    packet = {static_cast<uint8_t>(ends.to_subscriber == (kind >= 192) ? 8 : 0), 0, 0, 0};
    append16(packet, ends.subscriber.port);
    append16(packet, 1);
    append(packet, choose_payload(choices));
    return packet;
  }
  static constexpr uint8_t kTypes[] = {3, 11, 12, 5, 4, 13};
  packet = {kind % 8 < 7 ? choices.of(kTypes) : choices.byte(), static_cast<uint8_t>(kind / 8 % 8), 0, 0, 0, 0, 5, 120};
  const Ends quoted{ends.subscriber, ends.other, false};
  append(packet, depth > 0 ? choose_ipv4_packet(choices, quoted, depth - 1) : choose_payload(choices));
  return packet;
}

Bytes choose_ipv4_packet(Choices& choices, const Ends& ends, int depth) {
  static constexpr uint8_t kTtls[] = {64, 255, 1, 0, 2, 60};
  const uint8_t flags = choices.byte();
  const size_t options = flags >= 192 ? choices.byte() % 11 * 4u : 0;
  Bytes packet(20 + options, 1);
  packet[0] = static_cast<uint8_t>(0x40 | packet.size() / 4);
  packet[1] = flags & 1 ? choices.byte() : 0;
  put16(&packet[4], choices.byte() % 4u);
  put16(&packet[6], (flags & 2 ? 0x4000u : 0u) | (flags & 4 && flags & 8 ? 0x2000u : 0u) |
                        (flags & 4 && flags & 16 ? choices.byte() : 0u));
  packet[8] = choices.of(kTtls);
  const Ipv4Address& from = ends.to_subscriber ? ends.other.address : ends.subscriber.address;
  const Ipv4Address& to = ends.to_subscriber ? ends.subscriber.address : ends.other.address;
  std::copy(from.begin(), from.end(), packet.begin() + 12);
  std::copy(to.begin(), to.end(), packet.begin() + 16);
  append(packet, choose_upper(choices, packet[9], ends, depth));
  put16(&packet[2], packet.size());
  return packet;
}

// The tunnel of a softwire around an IPv4 packet, from its B4 or from us: right, unless chance has it otherwise.
Bytes wrap(Choices& choices, const Bytes& inner, bool from_b4) {
  const uint8_t choice = choices.byte();
  const SoftwireRecord* softwire =
      find_softwire(&inner[from_b4 ? 12 : 16], slow_port(inner.data(), inner.size(), !from_b4));
  if (!softwire) softwire = &softwires()[choice / 8 % softwires().size()];
  Bytes packet{0x60, 0, 0, 0, 0, 0, 4, 64};
  const Ipv6Address b4 = choice % 16 == 15 ? choose_ipv6(choices) : softwire->b4_ipv6;
  const Ipv6Address br = choice % 16 == 14 ? choose_ipv6(choices) : softwire->br_address;
  append(packet, from_b4 ? b4 : br);
  append(packet, from_b4 ? br : b4);
  if (choice % 16 >= 12 && choice % 16 < 14) {  // a tunnel encapsulation limit, or other options
    packet[6] = 60;
    append(packet, Bytes{4, 0, 4, 1, 4, 1, 1, 0});
    if (choice & 128) {
      const Bytes options = choices.bytes(6);
      std::copy(options.begin(), options.end(), packet.end() - 6);
    }
  }
  append(packet, inner);
  put16(&packet[4], packet.size() - 40);
  return packet;
}

// An error about a packet of ours, from somewhere in the B4's network.
Bytes choose_icmpv6_error(Choices& choices, uint8_t flags) {
  Bytes message{static_cast<uint8_t>(1 + flags / 8 % 4), static_cast<uint8_t>(flags & 128 ? choices.byte() : 0), 0, 0};
  append(message, Bytes{0, 0, static_cast<uint8_t>(flags & 64 ? choices.byte() : 5), choices.byte()});
  Bytes quote = wrap(choices, choose_ipv4_packet(choices, choose_ends(choices, true), 1), false);
  const uint8_t piece = choices.byte();
  if (piece & 1) {  // our own fragment of it, mostly the first
    quote.insert(quote.begin() + 40, {quote[6], 0, static_cast<uint8_t>(piece == 255), 1, 0, 0, 0, 1});
    quote[6] = 44;
  }
  quote.resize(std::min<size_t>(quote.size(), piece & 2 ? 1232 : 40 + piece));
  append(message, quote);
  return message;
}

Bytes choose_neighbour_message(Choices& choices, bool solicitation) {
  Bytes message{static_cast<uint8_t>(solicitation ? 135 : 136), 0, 0, 0};
  append16(message, solicitation ? 0 : choices.word());
  append16(message, 0);
  const uint8_t target = choices.byte();
  append(message, target >= 208 ? choose_ipv6(choices) : solicitation ? kRelay6 : kHop6);
  const uint8_t option = choices.byte();
  if (option < 192) {
    append(message, Bytes{static_cast<uint8_t>((solicitation ? 1 : 2) ^ (option & 3 ? 0 : 3)), 1});
    append(message, option < 16 ? kBroadcastMac : kInternalHop);
  } else {
    append(message, choices.bytes(option % 32));
  }
  return message;
}

Bytes choose_icmpv6_packet(Choices& choices) {
  const uint8_t flags = choices.byte();
  Bytes packet{0x60, 0, 0, 0, 0, 0, 58, 255};
  const uint8_t ends = choices.byte();
  append(packet, ends < 192 ? kHop6 : choose_ipv6(choices));
  append(packet, ends % 8 ? kRelay6 : choose_ipv6(choices));
  if (ends % 8 == 7) packet[7] = 64;
  switch (flags % 8) {
    case 0:
    case 1:
    case 2:
      append(packet, choose_icmpv6_error(choices, flags));
      break;
    case 3:
    case 4:
      append(packet, choose_neighbour_message(choices, flags % 8 == 3));
      break;
    case 5:
    case 6:  // ping
      append(packet, Bytes{128, 0, 0, 0, 0, 1, 0, 1});
      append(packet, choose_payload(choices));
      break;
    default:
      static constexpr uint8_t kOthers[] = {133, 134, 137, 129, 127};
      append(packet, Bytes{flags & 128 ? choices.byte() : choices.of(kOthers), 0, 0, 0, 0, 0, 0, 0});
      append(packet, choose_payload(choices));
  }
  return packet;
}

Bytes choose_arp_packet(Choices& choices) {
  const uint8_t operation = choices.byte();
  Bytes packet{0, 1, 8, 0, 6, 4, 0, static_cast<uint8_t>(operation % 8 < 6 ? 1 + operation % 2 : operation)};
  if (operation & 128) packet[operation % 6u] ^= 1;
  append(packet, operation % 8 == 4 ? kDeviceMac : operation & 64 ? kBroadcastMac : kExternalHop);
  append(packet, operation & 32 ? choose_endpoint(choices, false).address : kHop4);
  append(packet, kExternalMac);
  append(packet, operation & 16 ? choose_endpoint(choices, false).address : kRelay4);
  return packet;
}

// For the relay, on its VLAN, unless chance has it otherwise.
void choose_ethernet(Choices& choices, Bytes& frame, FrameKind kind, const Settings& settings) {
  const bool external = kind == FrameKind::ipv4 || kind == FrameKind::arp;
  static constexpr MacAddress kOthers[] = {kDeviceMac, kBroadcastMac, kAllNodesMac, kInternalHop, kExternalMac};
  const uint8_t choice = choices.byte();
  append(frame, choice % 8 == 1 ? choices.of(kOthers)
                : external      ? settings.external_interface.mac
                                : settings.internal_interface.mac);
  append(frame, choice % 8 == 4 ? kDeviceMac : external ? kExternalHop : kInternalHop);
  VlanTag vlan = external ? settings.external_interface.vlan_tag : settings.internal_interface.vlan_tag;
  if (choice % 8 == 2) {
    vlan = choice / 8 % 4;
  } else if (choice % 8 == 3 && settings.passthru_interface) {
    vlan = settings.passthru_interface->vlan_tag;
  }
  if (vlan) {
    append16(frame, choice == 252 ? 0x88a8 : 0x8100);
    append16(frame, (choice >= 224 ? 0xe000u : 0u) | *vlan);
  }
  append16(frame, kind == FrameKind::arp ? 0x0806 : external ? 0x0800 : 0x86dd);
}

}  // namespace

Bytes choose_frame(Choices& choices, FrameKind kind, const Settings& settings) {
  Bytes frame;
  choose_ethernet(choices, frame, kind, settings);
  switch (kind) {
    case FrameKind::ipv4:
      append(frame, choose_ipv4_packet(choices, choose_ends(choices, true), 1));
      break;
    case FrameKind::tunnel: {
      const Bytes inner = choose_ipv4_packet(choices, choose_ends(choices, false), 1);
      append(frame, wrap(choices, inner, true));
      break;
    }
    case FrameKind::icmpv6:
      append(frame, choose_icmpv6_packet(choices));
      break;
    case FrameKind::arp:
      append(frame, choose_arp_packet(choices));
      break;
  }
  return frame;
}

}  // namespace lwaftr::fuzz
