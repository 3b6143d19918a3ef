#include "frames.h"

#include <cstring>

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

const Ipv4Address& choose_ipv4(Choices& choices) {
  static constexpr Ipv4Address kList[] = {kWhole,        kHost,          kShared,      kRelay4,
                                          kShared8,      kSparse,        kNarrow,      kReserved,
                                          kNobody,       {224, 0, 0, 1}, {0, 0, 0, 0}, {255, 255, 255, 255},
                                          {127, 0, 0, 1}};
  return choices.of(kList);
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

// Ports at the edges of the port sets above.
uint16_t choose_port(Choices& choices) {
  static constexpr uint16_t kList[] = {1024 + 16, 1024 + 32, 53, 0, 1023, 1024, 7 << 8, 65535, 4096 + 1, 8191, 48};
  const uint8_t choice = choices.byte();
  return choice == 255 ? choices.word() : kList[choice % 11];
}

Bytes choose_payload(Choices& choices) {
  static constexpr uint16_t kSizes[] = {0, 1, 8, 31, 500, 1212, 1232, 1400, 1472, 3000, 9000, 10100};
  const uint8_t choice = choices.byte();
  if (choice >= 192) return choices.bytes(choice - 192u);
  Bytes payload(kSizes[choice % 12] + choice / 48u);
  for (size_t i = 0; i < payload.size(); i++) payload[i] = static_cast<uint8_t>(i);
  return payload;
}

Bytes choose_ipv4_packet(Choices& choices, int depth);

Bytes choose_upper(Choices& choices, uint8_t& protocol, int depth) {
  Bytes packet;
  const uint8_t kind = choices.byte();
  if (kind % 8 <= 2) {  // UDP, TCP, any other
    protocol = kind % 8 == 0 ? 17 : kind % 8 == 1 ? 6 : choices.byte();
    append16(packet, choose_port(choices));
    append16(packet, choose_port(choices));
    packet.resize(protocol == 6 ? 20 : 8);
    if (protocol == 6) {
      const Bytes options = choices.bytes(choices.byte() % 41u);
      packet[12] = static_cast<uint8_t>((5 + (options.size() + 3) / 4) << 4);
      packet[13] = choices.flip() ? 0x02 : 0x10;
      append(packet, options);
      packet.resize(20 + (options.size() + 3) / 4 * 4);
    }
    append(packet, choose_payload(choices));
  } else {
    static constexpr uint8_t kTypes[] = {8, 0, 3, 11, 12, 5, 13};
    protocol = 1;
    packet = {kind % 8 < 6 ? choices.of(kTypes) : choices.byte(), static_cast<uint8_t>(kind / 8 % 4), 0, 0};
    append16(packet, choose_port(choices));
    append16(packet, 1400);
    append(packet, depth > 0 ? choose_ipv4_packet(choices, depth - 1) : choose_payload(choices));
  }
  return packet;
}

Bytes choose_ipv4_packet(Choices& choices, int depth) {
  static constexpr uint8_t kTtls[] = {64, 1, 0, 2, 255};
  const uint8_t flags = choices.byte();
  const size_t options = flags >= 192 ? choices.byte() % 11 * 4u : 0;
  Bytes packet(20 + options, 1);
  packet[0] = static_cast<uint8_t>(0x40 | packet.size() / 4);
  packet[1] = flags & 1 ? choices.byte() : 0;
  put16(&packet[4], choices.byte() % 4u);
  put16(&packet[6], (flags & 2 ? 0x4000u : 0u) | (flags & 4 && flags & 8 ? 0x2000u : 0u) |
                        (flags & 4 && flags & 16 ? choices.byte() : 0u));
  packet[8] = choices.of(kTtls);
  std::memcpy(&packet[12], choose_ipv4(choices).data(), 4);
  std::memcpy(&packet[16], choose_ipv4(choices).data(), 4);
  append(packet, choose_upper(choices, packet[9], depth));
  put16(&packet[2], packet.size());
  if (depth == 0) put16(&packet[10], 0);
  return packet;
}

// The tunnel of a softwire around an IPv4 packet, from its B4 or from us: right, unless chance has it otherwise.
Bytes wrap(Choices& choices, const Bytes& inner, bool from_b4) {
  const uint8_t choice = choices.byte();
  const SoftwireRecord* softwire =
      find_softwire(&inner[from_b4 ? 12 : 16], slow_port(inner.data(), inner.size(), !from_b4));
  if (!softwire) softwire = &softwires()[choice / 8 % softwires().size()];
  Bytes packet{0x60, 0, 0, 0, 0, 0, 4, 64};
  const Ipv6Address b4 = choice % 8 == 7 ? choose_ipv6(choices) : softwire->b4_ipv6;
  const Ipv6Address br = choice % 8 == 6 ? choose_ipv6(choices) : softwire->br_address;
  append(packet, from_b4 ? b4 : br);
  append(packet, from_b4 ? br : b4);
  if (choice % 8 == 5) {  // a tunnel encapsulation limit, or other options
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

Bytes choose_icmpv6_packet(Choices& choices) {
  static constexpr uint8_t kTypes[] = {135, 136, 128, 1, 2, 3, 4, 133, 137, 129};
  const uint8_t flags = choices.byte();
  Bytes packet{0x60, 0, 0, 0, 0, 0, 58, static_cast<uint8_t>(flags & 1 ? 64 : 255)};
  append(packet, choose_ipv6(choices));
  append(packet, choose_ipv6(choices));
  const uint8_t type = flags & 2 ? choices.byte() : choices.of(kTypes);
  append(packet, Bytes{type, static_cast<uint8_t>(flags / 4 % 2), 0, 0});
  if (type < 128) {
    append(packet, Bytes{0, 0, static_cast<uint8_t>(flags / 8), static_cast<uint8_t>(flags)});
    Bytes quote = wrap(choices, choose_ipv4_packet(choices, 1), false);
    if (choices.flip()) {  // our own fragment of it
      const uint8_t offset = choices.byte() < 250 ? 0 : 1;
      quote.insert(quote.begin() + 40, {quote[6], 0, offset, 1, 0, 0, 0, 1});
      quote[6] = 44;
    }
    quote.resize(std::min<size_t>(quote.size(), 1232));
    append(packet, quote);
    return packet;
  }
  append16(packet, choices.word());
  append16(packet, 0);
  if (type == 128) {
    append(packet, choose_payload(choices));
  } else {
    append(packet, choose_ipv6(choices));
    const uint8_t option = choices.byte();
    if (option % 4 < 2) {
      append(packet, Bytes{static_cast<uint8_t>(1 + option % 4), 1});
      append(packet, option & 128 ? kBroadcastMac : kInternalHop);
    } else {
      append(packet, choices.bytes(option % 32));
    }
  }
  return packet;
}

Bytes choose_arp_packet(Choices& choices) {
  const uint8_t operation = choices.byte();
  Bytes packet{0, 1, 8, 0, 6, 4, 0, static_cast<uint8_t>(operation % 8 < 6 ? 1 + operation % 2 : operation)};
  if (operation & 128) packet[operation % 6u] ^= 1;
  append(packet, operation & 64 ? kBroadcastMac : kExternalHop);
  append(packet, operation & 32 ? kHop4 : choose_ipv4(choices));
  append(packet, kExternalMac);
  append(packet, operation & 32 ? kRelay4 : choose_ipv4(choices));
  return packet;
}

void choose_ethernet(Choices& choices, Bytes& frame, FrameKind kind) {
  const bool external = kind == FrameKind::ipv4 || kind == FrameKind::arp;
  static constexpr MacAddress kOthers[] = {kExternalMac,  kInternalMac, kDeviceMac,
                                           kBroadcastMac, kAllNodesMac, kInternalHop};
  const uint8_t choice = choices.byte();
  append(frame, choice >= 64 ? choices.of(kOthers) : external ? kExternalMac : kInternalMac);
  append(frame, external ? kExternalHop : kInternalHop);
  if (choice % 8 != 0) {  // VLANs 1 to 3, sometimes with priority, sometimes another kind of tag
    append16(frame, choice % 8 == 7 ? 0x88a8 : 0x8100);
    append16(frame, (choice / 16 % 2 ? 0xe000u : 0u) | choice % 4u);
  }
  append16(frame, kind == FrameKind::arp ? 0x0806 : external ? 0x0800 : 0x86dd);
}

}  // namespace

Bytes choose_frame(Choices& choices, FrameKind kind) {
  Bytes frame;
  choose_ethernet(choices, frame, kind);
  switch (kind) {
    case FrameKind::ipv4:
      append(frame, choose_ipv4_packet(choices, 1));
      break;
    case FrameKind::tunnel: {
      const Bytes inner = choose_ipv4_packet(choices, 1);
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

std::vector<Bytes> choose_fragments(Choices& choices, const Bytes& frame) {
  if (frame.size() < 34) return {};
  size_t ip = get16(&frame[12]) == 0x8100 ? 18 : 14;
  const bool tunnel = frame.size() >= ip + 60 && frame[ip] >> 4 == 6 && frame[ip + 6] == 4;
  const uint8_t how = choices.byte();
  if (tunnel && how & 1) ip += 40;  // inside
  const bool ipv6 = frame[ip] >> 4 == 6;
  if (!ipv6 && header_length(&frame[ip]) < 20) return {};
  const size_t head = ip + (ipv6 ? 40 : header_length(&frame[ip]));
  if (head > frame.size()) return {};
  const size_t total = frame.size() - head;
  const size_t step = 8 * (1 + choices.byte() % 200u);
  std::vector<Bytes> pieces;
  for (size_t at = 0; at < total && pieces.size() < 24; at += step) {
    const size_t length = std::min(step + (how & 2 ? 8 : 0), total - at);
    const bool more = at + length < total;
    Bytes piece(frame.begin(), frame.begin() + static_cast<long>(head));
    if (ipv6) {
      append(piece, Bytes{frame[ip + 6], 0});
      append16(piece, at | more);
      append(piece, Bytes{0, 0, 0, static_cast<uint8_t>(how / 64)});
      piece[ip + 6] = 44;
    } else {
      put16(&piece[ip + 6], (more ? 0x2000 : 0) | at / 8);
    }
    piece.insert(piece.end(), frame.begin() + static_cast<long>(head + at),
                 frame.begin() + static_cast<long>(head + at + length));
    // Lengths and checksum, of this piece and of the tunnel around it.
    mend(piece, Mend::lengths_and_checksums);
    pieces.push_back(piece);
  }
  // Out of order, twice or not at all.
  if (how & 4) std::reverse(pieces.begin(), pieces.end());
  if (how & 8 && !pieces.empty()) pieces.push_back(pieces[choices.byte() % pieces.size()]);
  if (how & 16 && !pieces.empty()) pieces.erase(pieces.begin() + choices.byte() % static_cast<int>(pieces.size()));
  return pieces;
}

}  // namespace lwaftr::fuzz
