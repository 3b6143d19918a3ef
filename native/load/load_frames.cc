#include "load_frames.h"

#include <cstring>

#include "core/checksum.h"

namespace lwaftr {
namespace {

constexpr uint16_t kMark = 0x6c77;  // "lw"
constexpr uint16_t kSideBit = 1;    // of the run: the side it was sent to
constexpr uint16_t kHostPort = 9;   // discard (RFC 863)
constexpr uint8_t kUdp = 17;
constexpr size_t kUdpHeader = 8, kStamp = 18;
constexpr size_t kMarkAt = 0, kRunAt = 2, kSequenceAt = 4, kTimeAt = 10;
constexpr uint32_t kMaxPort = 65535;

uint64_t load48(const uint8_t* p) { return uint64_t{load16(p)} << 32 | load32(p + 2); }
void store48(uint8_t* p, uint64_t value) {
  store16(p, static_cast<uint32_t>(value >> 32));
  store32(p + 2, static_cast<uint32_t>(value));
}
uint64_t load64(const uint8_t* p) { return uint64_t{load32(p)} << 32 | load32(p + 4); }
void store64(uint8_t* p, uint64_t value) {
  store32(p, static_cast<uint32_t>(value >> 32));
  store32(p + 4, static_cast<uint32_t>(value));
}

template <typename Interface>
void write_ethernet(uint8_t* frame, const Interface& interface, uint16_t type) {
  const MacAddress destination = interface.next_hop_mac.value_or(MacAddress{});
  std::memcpy(frame, destination.data(), destination.size());
  std::memcpy(frame + ethernet::kSource, interface.mac.data(), interface.mac.size());
  store16(frame + ethernet::kType, type);
}

// Addresses, ports and checksum are left to each packet. UDP goes without a checksum (RFC 768): the relay does not
// look, and the meter has its stamp. Nothing may be fragmented: a fragment would count as loss of the whole.
void write_ipv4(uint8_t* header, size_t length) {
  header[0] = 0x45;
  store16(header + ipv4::kTotalLength, static_cast<uint32_t>(length));
  store16(header + ipv4::kFragment, ipv4::kDontFragment);
  header[ipv4::kTtl] = 64;
  header[ipv4::kProtocol] = kUdp;
  store16(header + ipv4::kHeader + 4, static_cast<uint32_t>(length - ipv4::kHeader));
}

}  // namespace

LoadFrames::LoadFrames(const Settings& settings, const Ipv4Address& host, const std::vector<SoftwireRecord>& softwires,
                       const std::vector<uint32_t>& sizes, uint16_t run)
    : host_(host), run_(run & static_cast<uint16_t>(~kSideBit)) {
  flows_.reserve(softwires.size());
  for (const SoftwireRecord& softwire : softwires) flows_.push_back(flow_of(softwire));
  for (const uint32_t size : sizes) {
    Frame plain(size), tunnelled(size + kTunnel);
    const size_t ip = size - ethernet::kHeader;
    write_ethernet(plain.data(), settings.external_interface, ethernet::kIpv4);
    write_ipv4(plain.data() + ethernet::kHeader, ip);
    write_ethernet(tunnelled.data(), settings.internal_interface, ethernet::kIpv6);
    uint8_t* outer = tunnelled.data() + ethernet::kHeader;
    outer[0] = 0x60;
    store16(outer + ipv6::kPayloadLength, static_cast<uint32_t>(ip));
    outer[ipv6::kNextHeader] = ip_protocol::kIpv4;
    outer[ipv6::kHopLimit] = 64;
    write_ipv4(outer + ipv6::kHeader, ip);
    frames_[static_cast<size_t>(Side::external)].push_back(std::move(plain));
    frames_[static_cast<size_t>(Side::internal)].push_back(std::move(tunnelled));
  }
}

// The ports of the lowest block of the port set (psid.h): A is 1 where zero is reserved. Who has the address alone does
// not use the well-known ones.
LoadFrames::Flow LoadFrames::flow_of(const SoftwireRecord& softwire) {
  const PortSet set = softwire.port_set();
  const uint32_t block = set.reserved_ports_bit_count ? 1u << (set.psid_length + set.shift()) : 0;
  uint32_t first = block + (uint32_t{softwire.psid} << set.shift());
  uint32_t ports = 1u << set.shift();
  if (ports > kMaxPort) {
    first = 1024;
    ports = kMaxPort + 1 - first;
  }
  return {softwire.b4_ipv6, softwire.br_address, softwire.ipv4, static_cast<uint16_t>(first), ports};
}

void LoadFrames::write(Side side, const LoadStamp& stamp, Packet& packet) const {
  const Frame& frame = frame_of(side, stamp.sequence);
  std::memcpy(packet.data, frame.data(), frame.size());
  packet.length = static_cast<uint32_t>(frame.size());

  const Flow& flow = flows_[stamp.sequence % flows_.size()];
  const uint32_t port = flow.first_port + static_cast<uint32_t>(stamp.sequence / flows_.size() % flow.ports);
  const bool from_b4 = side == Side::internal;
  uint8_t* header = packet.data + ethernet::kHeader;
  if (from_b4) {
    std::memcpy(header + ipv6::kSource, flow.b4.data(), flow.b4.size());
    std::memcpy(header + ipv6::kDestination, flow.br.data(), flow.br.size());
    header += ipv6::kHeader;
  }
  std::memcpy(header + (from_b4 ? ipv4::kSource : ipv4::kDestination), flow.ipv4.data(), flow.ipv4.size());
  std::memcpy(header + (from_b4 ? ipv4::kDestination : ipv4::kSource), host_.data(), host_.size());
  write_ipv4_checksum(header, ipv4::kHeader);

  uint8_t* udp = header + ipv4::kHeader;
  store16(udp + (from_b4 ? 0 : 2), port);
  store16(udp + (from_b4 ? 2 : 0), kHostPort);
  uint8_t* payload = udp + kUdpHeader;
  store16(payload + kMarkAt, kMark);
  store16(payload + kRunAt, run_ | (from_b4 ? kSideBit : 0));
  store48(payload + kSequenceAt, stamp.sequence);
  store64(payload + kTimeAt, stamp.sent);
}

bool LoadFrames::read(const Ipv4Packet& packet, LoadStamp& stamp) const {
  return packet.protocol == kUdp && !packet.fragment &&
         read(packet.packet->data + packet.payload, packet.payload_length(), Side::internal, stamp);
}

bool LoadFrames::read(const TunnelPacket& packet, LoadStamp& stamp) const {
  return packet.protocol == kUdp && !packet.fragment &&
         read(packet.packet->data + packet.payload, packet.payload_length(), Side::external, stamp);
}

bool LoadFrames::read(const uint8_t* udp, size_t length, Side sent_to, LoadStamp& stamp) const {
  if (length < kUdpHeader + kStamp) return false;
  const uint8_t* payload = udp + kUdpHeader;
  const uint16_t run = run_ | (sent_to == Side::internal ? kSideBit : 0);
  if (load16(payload + kMarkAt) != kMark || load16(payload + kRunAt) != run) return false;
  stamp.sequence = load48(payload + kSequenceAt);
  stamp.sent = load64(payload + kTimeAt);
  return true;
}

}  // namespace lwaftr
