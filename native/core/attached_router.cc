#include "attached_router.h"

#include <algorithm>

#include "checksum.h"
#include "parse.h"

namespace lwaftr {
namespace {

constexpr size_t kPorts = 8;                        // of a transport header: ports, and what ICMP has in their place
constexpr size_t kInside = ipv4::kHeader + kPorts;  // of an inner packet
constexpr uint8_t kTtl = 64;                        // as fresh from a host: the router shall not find it too old
constexpr uint32_t kIdMask = 0xffff, kFlowLabelMask = 0xfffff;

uint8_t* ip_header(Packet& packet) { return packet.data + ethernet::kHeader; }
const uint8_t* ip_header(const Packet& packet) { return packet.data + ethernet::kHeader; }

}  // namespace

void AttachedRouter::configure(const Settings& settings) {
  external_ = settings.external_interface;
  internal_ = settings.internal_interface;
  const PassthruInterface passthru = settings.passthru_interface.value_or(PassthruInterface{});
  router_ = passthru.mac;
  interval_ = passthru.next_hop_refresh * kSecond;
  const auto takes_part = [&](bool its_link, const VlanTag& vlan) {
    return interval_ > 0 && (settings.on_a_stick || its_link) && vlan == passthru.vlan_tag;
  };
  sides_[0].takes_part = takes_part(passthru.on_external_link, external_.vlan_tag);
  sides_[1].takes_part = takes_part(!passthru.on_external_link, internal_.vlan_tag);
  for (State& side : sides_) side.ask_at = 0;
}

void AttachedRouter::ask(Side side, const PacketList& leaving, Bridge& bridge, Time now) {
  State& state = sides_[static_cast<size_t>(side)];
  if (!state.takes_part || leaving.empty() || now < state.ask_at) return;
  state.ask_at = now + (state.answered ? interval_ : std::min(interval_, kRetry));
  state.answered = false;
  state.mark++;
  const Packet& packet = *leaving.front();
  Packet* head = side == Side::external ? head_ipv4(packet, state.mark) : head_ipv6(packet, state.mark);
  if (!head) return counters_.add(Counter::drop_no_buffer_packets);
  counters_.add(Counter::out_passthru_next_hop_packets);
  bridge.to_device(head);
}

Packet* AttachedRouter::head_of(const Packet& packet, const MacAddress& source, size_t length) {
  Packet* head = pool_.allocate(length);
  if (!head) return nullptr;
  head->length = static_cast<uint32_t>(length);
  std::memcpy(head->data, router_.data(), router_.size());
  std::memcpy(head->data + ethernet::kSource, source.data(), source.size());
  std::memcpy(head->data + ethernet::kType, packet.data + ethernet::kType, 2);
  return head;
}

// Options stay behind.
Packet* AttachedRouter::head_ipv4(const Packet& packet, uint32_t mark) {
  const uint8_t* from = ip_header(packet);
  const size_t header_length = (from[0] & 15) * 4u;
  const size_t payload = std::min(packet.length - ethernet::kHeader - header_length, kPorts);
  Packet* head = head_of(packet, external_.mac, ethernet::kHeader + ipv4::kHeader + payload);
  if (!head) return nullptr;
  uint8_t* header = ip_header(*head);
  std::memcpy(header, from, ipv4::kHeader);
  std::memcpy(header + ipv4::kHeader, from + header_length, payload);
  header[0] = 0x45;
  store16(header + ipv4::kTotalLength, static_cast<uint32_t>(ipv4::kHeader + payload));
  store16(header + ipv4::kId, mark & kIdMask);
  store16(header + ipv4::kFragment, 0);
  header[ipv4::kTtl] = kTtl;
  std::memcpy(header + ipv4::kSource, external_.ip.data(), external_.ip.size());
  write_ipv4_checksum(header, ipv4::kHeader);
  return head;
}

Packet* AttachedRouter::head_ipv6(const Packet& packet, uint32_t mark) {
  const uint8_t* from = ip_header(packet);
  const size_t payload = std::min(packet.length - ethernet::kHeader - ipv6::kHeader, kInside);
  Packet* head = head_of(packet, internal_.mac, ethernet::kHeader + ipv6::kHeader + payload);
  if (!head) return nullptr;
  uint8_t* header = ip_header(*head);
  std::memcpy(header, from, ipv6::kHeader + payload);
  store32(header, (load32(from) & ~kFlowLabelMask) | (mark & kFlowLabelMask));
  store16(header + ipv6::kPayloadLength, static_cast<uint32_t>(payload));
  header[ipv6::kHopLimit] = kTtl;
  std::memcpy(header + ipv6::kSource, internal_.ip.data(), internal_.ip.size());
  return head;
}

void AttachedRouter::take(PacketList& from_device, NextHop& external, NextHop& internal, Time now) {
  size_t kept = 0;
  for (Packet* frame : from_device) {
    const int side = side_of(*frame);
    if (side < 0) {
      from_device[kept++] = frame;
      continue;
    }
    counters_.add_packet(Counter::in_passthru_packets, frame->length);
    State& state = sides_[static_cast<size_t>(side)];
    if (mark_of(static_cast<Side>(side), *frame) == state.mark && is_next_hop(frame->data)) {
      counters_.add(Counter::in_passthru_next_hop_packets);
      state.answered = true;
      state.ask_at = std::max(state.ask_at, now + interval_);
      (side == 0 ? external : internal).learn_from_router(frame->data, kSilences * interval_ + kRetry, now);
    } else {
      counters_.add(Counter::drop_passthru_next_hop_packets);
      pool_.drop(frame, Counter::drop_passthru_next_hop_packets);
      continue;
    }
    pool_.use(frame, Use::own);
  }
  from_device.resize(kept);
}

int AttachedRouter::side_of(const Packet& frame) const {
  const uint16_t ethertype = ethertype_of(frame);
  if (ethertype == ethernet::kIpv4) {
    const bool ours = asked(Side::external) && frame.length >= ethernet::kHeader + ipv4::kHeader &&
                      std::memcmp(ip_header(frame) + ipv4::kSource, external_.ip.data(), external_.ip.size()) == 0;
    return ours ? 0 : -1;
  }
  if (ethertype != ethernet::kIpv6) return -1;
  const bool ours = asked(Side::internal) && frame.length >= ethernet::kHeader + ipv6::kHeader &&
                    std::memcmp(ip_header(frame) + ipv6::kSource, internal_.ip.data(), internal_.ip.size()) == 0;
  return ours ? 1 : -1;
}

// As ask() put it into the head.
uint32_t AttachedRouter::mark_of(Side side, const Packet& frame) const {
  const uint32_t last = sides_[static_cast<size_t>(side)].mark;
  const bool ipv4 = side == Side::external;
  const uint32_t mask = ipv4 ? kIdMask : kFlowLabelMask;
  const uint32_t found = ipv4 ? load16(ip_header(frame) + ipv4::kId) : load32(ip_header(frame)) & mask;
  return (last & ~mask) | found;
}

// Not a group, not the router, and not the relay: its packets would come round again.
bool AttachedRouter::is_next_hop(const uint8_t* mac) const {
  const auto is = [mac](const MacAddress& other) { return std::memcmp(mac, other.data(), other.size()) == 0; };
  return !ethernet::is_group(mac) && !is(router_) && !is(external_.mac) && !is(internal_.mac);
}

}  // namespace lwaftr
