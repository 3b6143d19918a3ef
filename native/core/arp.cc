#include "arp.h"

#include "parse.h"

namespace lwaftr {
namespace {

// Offsets from the start of the frame.
constexpr size_t kOperation = 20, kSenderMac = 22, kSenderIp = 28, kTargetMac = 32, kTargetIp = 38, kFrame = 42;
constexpr uint8_t kRequest = 1, kReply = 2;
constexpr uint8_t kEthernetIpv4[7] = {0, 1, 8, 0, 6, 4, 0};  // htype, ptype, hlen, plen, first byte of the operation

void write_arp(Packet& packet, uint8_t operation, const ExternalInterface& own, const uint8_t* ethernet_destination,
               const uint8_t* target_mac, const uint8_t* target_ip) {
  packet.reset();
  packet.length = kFrame;
  uint8_t* frame = packet.data;
  std::memcpy(frame, ethernet_destination, 6);
  std::memcpy(frame + ethernet::kSource, own.mac.data(), 6);
  store16(frame + ethernet::kType, ethernet::kArp);
  std::memcpy(frame + ethernet::kHeader, kEthernetIpv4, sizeof kEthernetIpv4);
  frame[kOperation + 1] = operation;
  std::memcpy(frame + kSenderMac, own.mac.data(), 6);
  std::memcpy(frame + kSenderIp, own.ip.data(), 4);
  std::memcpy(frame + kTargetMac, target_mac, 6);
  std::memcpy(frame + kTargetIp, target_ip, 4);
}

}  // namespace

const MacAddress kBroadcastMac = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

bool is_arp(const Packet& packet) { return packet.length >= kFrame && ethertype_of(packet) == ethernet::kArp; }

void handle_arp(Packet* packet, const ExternalInterface& own, NextHop& next_hop, PacketPool& pool, Counters& counters,
                Time now, PacketList& replies) {
  const uint8_t* frame = packet->data;
  const uint8_t operation = frame[kOperation + 1];
  if (std::memcmp(frame + ethernet::kHeader, kEthernetIpv4, sizeof kEthernetIpv4) != 0 ||
      (operation != kRequest && operation != kReply)) {
    counters.add(Counter::drop_invalid_arp_packets);
    pool.drop(packet, Counter::drop_invalid_arp_packets);
    return;
  }
  const bool from_next_hop = own.next_hop_ip && std::memcmp(frame + kSenderIp, own.next_hop_ip->data(), 4) == 0;
  if (operation == kReply) {
    counters.add_packet(Counter::in_arp_reply_packets, packet->length);
    if (from_next_hop) next_hop.learn(frame + kSenderMac, true, now);
    pool.use(packet, Use::own);
    return;
  }
  counters.add_packet(Counter::in_arp_request_packets, packet->length);
  // RFC 826: whatever the sender asks, it says where it is. As in the reference only replies make a new entry.
  if (from_next_hop) next_hop.refresh(frame + kSenderMac, now);
  if (std::memcmp(frame + kTargetIp, own.ip.data(), 4) != 0) {
    pool.use(packet, Use::own);
    return;
  }
  uint8_t sender_mac[6], sender_ip[4];
  std::memcpy(sender_mac, frame + kSenderMac, 6);
  std::memcpy(sender_ip, frame + kSenderIp, 4);
  write_arp(*packet, kReply, own, sender_mac, sender_mac, sender_ip);
  counters.add_packet(Counter::out_arp_reply_packets, packet->length);
  replies.push_back(packet);
}

Packet* make_arp_request(const ExternalInterface& own, const uint8_t* destination, PacketPool& pool) {
  static constexpr uint8_t kUnknownMac[6] = {};
  Packet* packet = pool.allocate(kFrame);
  if (packet) write_arp(*packet, kRequest, own, destination, kUnknownMac, own.next_hop_ip->data());
  return packet;
}

}  // namespace lwaftr
