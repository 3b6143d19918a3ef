#include "bridge.h"

#include "parse.h"
#include "vlan.h"

namespace lwaftr {
namespace {

uint64_t load_mac(const uint8_t* mac) { return uint64_t{load16(mac)} << 32 | load32(mac + 2); }

Counter in_counter(Port link) {
  return link == Port::external ? Counter::in_external_packets : Counter::in_internal_packets;
}
Counter out_counter(Port link) {
  return link == Port::external ? Counter::out_external_packets : Counter::out_internal_packets;
}

}  // namespace

void Bridge::configure(const Settings& settings) {
  const auto station = [](const MacAddress& mac, const VlanTag& vlan, Port link) {
    return Station{load_mac(mac.data()), vlan ? int{*vlan} : kUntagged, link};
  };
  on_a_stick_ = settings.on_a_stick;
  filter_mac_ = settings.filter_destination_mac;
  const ExternalInterface& external = settings.external_interface;
  const InternalInterface& internal = settings.internal_interface;
  sides_[0] = station(external.mac, external.vlan_tag, on_a_stick_ ? Port::internal : Port::external);
  sides_[1] = station(internal.mac, internal.vlan_tag, Port::internal);
  has_device_ = settings.passthru_interface.has_value();
  received_.rate = sent_.rate = 0;
  if (has_device_) {
    const PassthruInterface& passthru = *settings.passthru_interface;
    const bool external_link = passthru.on_external_link && !on_a_stick_;
    device_ = station(passthru.mac, passthru.vlan_tag, external_link ? Port::external : Port::internal);
    promiscuous_ = passthru.promiscuous;
    device_limit_ = static_cast<uint32_t>(ethernet::kHeader + passthru.mtu);
    received_.rate = received_.left = sent_.rate = sent_.left = passthru.sample_rate;
  }
  for (size_t side = 0; side < kSideCount; side++) {
    transparent_[side] = !on_a_stick_ && !filter_mac_ && sides_[side].vlan == kUntagged &&
                         !(has_device_ && device_.link == sides_[side].link);
  }
}

void Bridge::drop(Packet* frame, Counter reason) {
  counters_.add(reason);
  pool_.drop(frame, reason);
}

Packet* Bridge::copy(const Packet& frame, Counter counter) {
  Packet* twin = pool_.allocate(frame.length);
  if (!twin) {
    counters_.add(Counter::drop_no_buffer_packets);
    return nullptr;
  }
  twin->length = frame.length;
  std::memcpy(twin->data, frame.data, frame.length);
  counters_.add(counter);
  return twin;
}

// Without a MAC filter (check, bench) a side without a VLAN takes tagged frames as well: they are misplaced there.
bool Bridge::on_vlan(const Station& station, int vlan) const {
  return station.vlan == vlan || (!filter_mac_ && station.vlan == kUntagged);
}

// The side of the relay that a link's VLAN leads to; where both are on it, ARP and IPv4 are the external one's. Or -1.
int Bridge::side_of(Port link, int vlan, uint16_t ethertype) const {
  const bool external = sides_[0].link == link && on_vlan(sides_[0], vlan);
  const bool internal = sides_[1].link == link && on_vlan(sides_[1], vlan);
  if (external && internal) {
    const bool foreign_tag = vlan != sides_[0].vlan;  // what is behind it does not matter then
    return !foreign_tag && (ethertype == ethernet::kIpv4 || ethertype == ethernet::kArp) ? 0 : 1;
  }
  return external ? 0 : internal ? 1 : -1;
}

bool Bridge::relay_wants(int side, const Packet& frame, size_t tag) const {
  if (side < 0) return false;
  if (!filter_mac_) return true;
  if (!ethernet::is_group(frame.data)) return load_mac(frame.data) == sides_[static_cast<size_t>(side)].mac;
  const size_t type = ethernet::kType + tag;
  const uint16_t ethertype = load16(frame.data + type);
  if (side == 0) return ethertype == ethernet::kArp;
  // Not an echo request: its answer would come from the group.
  const uint8_t* header = frame.data + type + 2;
  return ethertype == ethernet::kIpv6 && frame.length > type + 2 + ipv6::kHeader &&
         header[ipv6::kNextHeader] == ip_protocol::kIcmpv6 && header[ipv6::kHeader] >= icmp::kRouterSolicitation &&
         header[ipv6::kHeader] <= icmp::kRedirect;
}

// Nearly every frame: unicast for the relay, IPv4 for its external side or IPv6 for its internal one, on that side's
// VLAN. One look tells; -1 asks for a closer one.
inline int Bridge::side_expected(Port link, const Packet& frame) const {
  if (frame.length < ethernet::kHeader + ethernet::kTag) return -1;
  uint16_t ethertype = load16(frame.data + ethernet::kType);
  int vlan = kUntagged;
  if (ethertype == ethernet::kVlan) {
    vlan = vlan_of(frame);
    ethertype = load16(frame.data + ethernet::kType + ethernet::kTag);
  }
  const int side = ethertype == ethernet::kIpv4 ? 0 : 1;
  const Station& station = sides_[static_cast<size_t>(side)];
  const bool ours = station.link == link && station.vlan == vlan && load_mac(frame.data) == station.mac;
  return ours && (side == 0 || ethertype == ethernet::kIpv6) ? side : -1;
}

void Bridge::receive(Port from, const PacketList& frames) {
  if (frames.empty()) return;
  if (from == Port::passthru) {
    for (Packet* frame : frames) receive_from_device(frame);
    return;
  }
  counters_.add(in_counter(from), frames.size());
  const size_t side = static_cast<size_t>(from);
  if (transparent_[side]) {
    relay_[side].insert(relay_[side].end(), frames.begin(), frames.end());
    return;
  }
  const Port link = on_a_stick_ ? Port::internal : from;
  const bool sampling = received_.rate != 0;
  for (Packet* frame : frames) {
    const int expected = sampling ? -1 : side_expected(link, *frame);
    if (expected < 0) {
      receive_from_link(link, frame);
      continue;
    }
    if (sides_[static_cast<size_t>(expected)].vlan != kUntagged) remove_tag(*frame);
    relay_[static_cast<size_t>(expected)].push_back(frame);
  }
}

void Bridge::receive_from_link(Port link, Packet* frame) {
  const bool runt = frame->length < ethernet::kHeader;
  if (runt && filter_mac_) return drop(frame, Counter::drop_runt_packets);
  const bool tagged = ethertype_of(*frame) == ethernet::kVlan;
  const int vlan = !tagged ? kUntagged : frame->length < ethernet::kHeader + ethernet::kTag ? kNoVlan : vlan_of(*frame);
  const size_t tag = vlan >= 0 ? ethernet::kTag : 0;
  const int side = side_of(link, vlan, tag ? load16(frame->data + ethernet::kType + tag) : ethertype_of(*frame));
  const bool for_relay = relay_wants(side, *frame, tag);
  const bool device_here = has_device_ && device_.link == link && device_.vlan == vlan && !runt;
  const bool group = !runt && ethernet::is_group(frame->data);
  // Group addresses go to both; promiscuous takes what is for nobody else.
  const bool for_device =
      device_here && (group || load_mac(frame->data) == device_.mac || (promiscuous_ && !for_relay));
  if (!for_relay && !for_device) {
    return drop(frame, side < 0 && !device_here ? Counter::drop_wrong_vlan_packets : Counter::drop_not_for_us_packets);
  }
  if (for_relay && !group) sample(received_, *frame);
  const bool strip = for_relay ? sides_[static_cast<size_t>(side)].vlan != kUntagged : tag != 0;
  if (strip) remove_tag(*frame);
  if (for_relay && for_device) {
    if (Packet* twin = copy(*frame, Counter::passthru_copied_packets)) to_device(twin);
  } else if (for_device) {
    return to_device(frame);
  }
  relay_[static_cast<size_t>(side)].push_back(frame);
}

// The device's frames are untagged; its VLAN is that of the configuration.
void Bridge::receive_from_device(Packet* frame) {
  counters_.add_packet(Counter::in_passthru_packets, frame->length);
  if (!has_device_ || frame->length < ethernet::kHeader) {
    return drop(frame, has_device_ ? Counter::drop_runt_packets : Counter::drop_not_for_us_packets);
  }
  if (frame->length > device_limit_) return drop(frame, Counter::drop_passthru_over_mtu_packets);
  const int side = side_of(device_.link, device_.vlan, ethertype_of(*frame));
  const bool for_relay = relay_wants(side, *frame, 0);
  if (!for_relay) return to_link(device_.link, device_.vlan, frame);
  if (ethernet::is_group(frame->data)) {
    if (Packet* twin = copy(*frame, Counter::passthru_copied_packets)) to_link(device_.link, device_.vlan, twin);
  }
  relay_[static_cast<size_t>(side)].push_back(frame);
}

void Bridge::to_device(Packet* frame) {
  if (frame->length > device_limit_ + (ethertype_of(*frame) == ethernet::kVlan ? ethernet::kTag : 0)) {
    return drop(frame, Counter::drop_passthru_over_mtu_packets);
  }
  counters_.add_packet(Counter::out_passthru_packets, frame->length);
  output(Port::passthru).push_back(frame);
}

void Bridge::to_link(Port link, int vlan, Packet* frame) {
  if (vlan != kUntagged) insert_tag(*frame, static_cast<uint16_t>(vlan));
  counters_.add(out_counter(link));
  output(link).push_back(frame);
}

// The copy is as the packet is on the link, tag included. Only IP counts as softwire traffic.
void Bridge::sample(Sampler& sampler, const Packet& frame) {
  if (sampler.rate == 0) return;
  uint16_t ethertype = ethertype_of(frame);
  if (ethertype == ethernet::kVlan && frame.length >= ethernet::kHeader + ethernet::kTag) {
    ethertype = load16(frame.data + ethernet::kType + ethernet::kTag);
  }
  if (ethertype != ethernet::kIpv4 && ethertype != ethernet::kIpv6) return;
  if (!sampler.take()) return;
  if (Packet* twin = copy(frame, Counter::passthru_sampled_packets)) to_device(twin);
}

void Bridge::transmit(Side from, PacketList& frames) {
  const Station& station = sides_[static_cast<size_t>(from)];
  const bool device_here = has_device_ && device_.link == station.link && device_.vlan == station.vlan;
  if (!device_here && station.vlan == kUntagged && sent_.rate == 0) {
    PacketList& link = output(station.link);
    counters_.add(out_counter(station.link), frames.size());
    if (link.empty()) {
      link.swap(frames);
    } else {
      link.insert(link.end(), frames.begin(), frames.end());
    }
    frames.clear();
    return;
  }
  PacketList& link = output(station.link);
  const size_t before = link.size();
  for (Packet* frame : frames) {
    const bool group = ethernet::is_group(frame->data);
    if (device_here && !group && load_mac(frame->data) == device_.mac) {
      to_device(frame);
      continue;
    }
    if (device_here && group) {
      if (Packet* twin = copy(*frame, Counter::passthru_copied_packets)) to_device(twin);
    }
    if (station.vlan != kUntagged) insert_tag(*frame, static_cast<uint16_t>(station.vlan));
    link.push_back(frame);
    if (!group) sample(sent_, *frame);
  }
  counters_.add(out_counter(station.link), link.size() - before);
  frames.clear();
}

}  // namespace lwaftr
