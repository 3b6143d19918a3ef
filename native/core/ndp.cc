#include "ndp.h"

#include "checksum.h"

namespace lwaftr {
namespace {

// Offsets within a neighbour solicitation or advertisement.
constexpr size_t kFlags = 4, kTarget = 8, kOptions = 24;
constexpr size_t kMessage = 32;  // with one link-layer address option
constexpr size_t kFrame = ethernet::kHeader + ipv6::kHeader + kMessage;
constexpr uint8_t kSourceAddressOption = 1, kTargetAddressOption = 2;
constexpr uint32_t kRouter = 0x80000000, kSolicited = 0x40000000, kOverride = 0x20000000;
constexpr uint8_t kUnspecified[16] = {};
constexpr uint8_t kAllNodes[16] = {0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
constexpr uint8_t kSolicitedNode[13] = {0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff};

// The link-layer address options of a message, if all options are well formed.
struct Options {
  bool well_formed = true;
  const uint8_t* source_address = nullptr;
  const uint8_t* target_address = nullptr;
};

Options read_options(const uint8_t* message, size_t length) {
  Options options;
  for (size_t at = kOptions; at < length;) {
    const size_t option_length = at + 2 <= length ? message[at + 1] * 8u : 0;
    if (option_length == 0 || at + option_length > length) {
      options.well_formed = false;
      return options;
    }
    if (message[at] == kSourceAddressOption) options.source_address = message + at + 2;
    if (message[at] == kTargetAddressOption) options.target_address = message + at + 2;
    at += option_length;
  }
  return options;
}

// A solicitation or advertisement from us, with our MAC address as its option.
void write_message(Packet& packet, uint8_t type, uint32_t flags, const InternalInterface& own,
                   const uint8_t* ethernet_destination, const uint8_t* destination, const uint8_t* target) {
  packet.reset();
  packet.length = kFrame;
  std::memset(packet.data, 0, kFrame);
  std::memcpy(packet.data, ethernet_destination, 6);
  std::memcpy(packet.data + ethernet::kSource, own.mac.data(), 6);
  store16(packet.data + ethernet::kType, ethernet::kIpv6);
  uint8_t* header = packet.data + ethernet::kHeader;
  header[0] = 0x60;
  store16(header + ipv6::kPayloadLength, kMessage);
  header[ipv6::kNextHeader] = ip_protocol::kIcmpv6;
  header[ipv6::kHopLimit] = 255;
  std::memcpy(header + ipv6::kSource, own.ip.data(), 16);
  std::memcpy(header + ipv6::kDestination, destination, 16);
  uint8_t* message = header + ipv6::kHeader;
  message[icmp::kType] = type;
  store32(message + kFlags, flags);
  std::memcpy(message + kTarget, target, 16);
  message[kOptions] = type == icmp::kNeighbourSolicitation ? kSourceAddressOption : kTargetAddressOption;
  message[kOptions + 1] = 1;
  std::memcpy(message + kOptions + 2, own.mac.data(), 6);
  store_checksum(message + icmp::kChecksum, add_to_sum(icmpv6_pseudo_sum(header, kMessage), message, kMessage));
}

// Whether the packet now holds the advertisement that answers it.
bool answer(const Ipv6Packet& packet, const Options& options, const InternalInterface& own) {
  const uint8_t* header = packet.header();
  if (!options.well_formed || std::memcmp(packet.payload() + kTarget, own.ip.data(), 16) != 0) return false;
  uint8_t destination[16];
  std::memcpy(destination, header + ipv6::kSource, 16);
  if (std::memcmp(destination, kUnspecified, 16) == 0) {
    const bool to_group = std::memcmp(header + ipv6::kDestination, kSolicitedNode, sizeof kSolicitedNode) == 0;
    if (to_group || options.source_address) return false;
    std::memcpy(destination, kAllNodes, 16);
  }
  uint8_t requester[6];
  std::memcpy(requester, packet.packet->data + ethernet::kSource, 6);
  write_message(*packet.packet, icmp::kNeighbourAdvertisement, kRouter | kSolicited, own, requester, destination,
                own.ip.data());
  return true;
}

// RFC 4861 s7.2.5. Without the option the sender's Ethernet address serves, as in the reference.
void learn(const Ipv6Packet& packet, const Options& options, NextHop& next_hop, Time now) {
  const uint32_t flags = load32(packet.payload() + kFlags);
  const bool solicited = flags & kSolicited;
  if (!options.well_formed || (solicited && packet.header()[ipv6::kDestination] == 0xff)) return;
  const uint8_t* mac = options.target_address ? options.target_address : packet.packet->data + ethernet::kSource;
  const uint64_t now_known = next_hop.word();
  const bool known = next_hop_status(now_known) != NextHopStatus::unresolved;
  const bool same = known && std::memcmp(next_hop_mac(now_known).data(), mac, 6) == 0;
  // Who does not mean to override says nothing about another address, and a known one needs no unasked confirmation.
  if (known && !(flags & kOverride) && !same) return;
  if (same && !solicited) return;
  next_hop.learn(mac, solicited, now);
}

}  // namespace

void handle_ndp(const Ipv6Packet& packet, const InternalInterface& own, NextHop& next_hop, PacketPool& pool,
                Counters& counters, Time now, PacketList& replies) {
  const uint8_t* message = packet.payload();
  const size_t length = packet.payload_length();
  const uint8_t type = message[icmp::kType];
  const bool neighbour = type == icmp::kNeighbourSolicitation || type == icmp::kNeighbourAdvertisement;
  const uint64_t pseudo = icmpv6_pseudo_sum(packet.header(), static_cast<uint32_t>(length));
  if (packet.header()[ipv6::kHopLimit] != 255 || message[icmp::kCode] != 0 || (neighbour && length < kOptions) ||
      !sum_is_right(add_to_sum(pseudo, message, length))) {
    counters.add(Counter::drop_invalid_ndp_packets);
    return pool.drop(packet.packet, Counter::drop_invalid_ndp_packets);
  } else if (type == icmp::kNeighbourSolicitation) {
    counters.add_packet(Counter::in_ndp_ns_packets, packet.packet->length);
    if (answer(packet, read_options(message, length), own)) {
      counters.add_packet(Counter::out_ndp_na_packets, packet.packet->length);
      replies.push_back(packet.packet);
      return;
    }
  } else if (type == icmp::kNeighbourAdvertisement) {
    counters.add_packet(Counter::in_ndp_na_packets, packet.packet->length);
    if (own.next_hop_ip && std::memcmp(message + kTarget, own.next_hop_ip->data(), 16) == 0) {
      learn(packet, read_options(message, length), next_hop, now);
    }
  } else {
    counters.add(Counter::drop_unused_ndp_packets);
    return pool.drop(packet.packet, Counter::drop_unused_ndp_packets);
  }
  pool.use(packet.packet, Use::own);
}

Packet* make_neighbour_solicitation(const InternalInterface& own, const uint8_t* mac, PacketPool& pool) {
  Packet* packet = pool.allocate(kFrame);
  if (!packet) return nullptr;
  const Ipv6Address& target = *own.next_hop_ip;
  uint8_t group[16];
  std::memcpy(group, kSolicitedNode, sizeof kSolicitedNode);
  std::memcpy(group + 13, target.data() + 13, 3);
  const uint8_t group_mac[6] = {0x33, 0x33, group[12], group[13], group[14], group[15]};
  write_message(*packet, icmp::kNeighbourSolicitation, 0, own, mac ? mac : group_mac, mac ? target.data() : group,
                target.data());
  return packet;
}

}  // namespace lwaftr
