#include "capture.h"

#include <algorithm>
#include <cstring>

#include "parse.h"
#include "port.h"
#include "vlan.h"

namespace lwaftr {
namespace {

size_t slot_of(const Packet* packet) {
  return static_cast<size_t>(reinterpret_cast<uintptr_t>(packet) * 0x9e3779b97f4a7c15u >> 54);
}

// Bytes of an IPv4 packet, as far as they were captured.
struct Ipv4Bytes {
  const uint8_t* header;
  size_t length;
};

// Where the IPv4 packet of a frame begins, behind a tag and a tunnel header.
std::optional<Ipv4Bytes> ipv4_of(const uint8_t* frame, size_t length, bool& tunnel) {
  size_t at = ethernet::kHeader;
  if (length < at) return {};
  uint16_t type = load16(frame + ethernet::kType);
  if (type == ethernet::kVlan && length >= at + ethernet::kTag) {
    type = load16(frame + ethernet::kType + ethernet::kTag);
    at += ethernet::kTag;
  }
  tunnel = type == ethernet::kIpv6;
  if (tunnel) {
    if (length < at + ipv6::kHeader) return {};
    const uint8_t next_header = frame[at + ipv6::kNextHeader];
    at += ipv6::kHeader;
    // The tunnel encapsulation limit (RFC 2473 s4.1.1) is 8 bytes, and so is all that Linux puts there.
    if (next_header == ip_protocol::kDestinationOptions) at += 8;
    if (next_header != ip_protocol::kIpv4 && next_header != ip_protocol::kDestinationOptions) return {};
  } else if (type != ethernet::kIpv4) {
    return {};
  }
  if (length < at + ipv4::kHeader || frame[at] >> 4 != 4) return {};
  return Ipv4Bytes{frame + at, length - at};
}

// The softwire that the data plane would find for it now. Of a packet towards the B4 its destination decides, of one
// that came from there its source.
void name_softwire(const BindingTable& table, CaptureRecord& record, const uint8_t* frame) {
  bool tunnel = false;
  const auto packet = ipv4_of(frame, record.captured, tunnel);
  if (!packet) return;
  const uint8_t* header = packet->header;
  const size_t header_length = (header[0] & 15) * 4u;
  if (load16(header + ipv4::kFragment) & ipv4::kOffsetMask || packet->length < header_length) return;
  const bool from_b4 = tunnel == (record.direction == Direction::received);
  const uint32_t address = load32(header + (from_b4 ? ipv4::kSource : ipv4::kDestination));
  const uint8_t* payload = header + header_length;
  const size_t payload_length = packet->length - header_length;
  const uint8_t protocol = header[ipv4::kProtocol];
  const int port =
      from_b4 ? port_from_b4(protocol, payload, payload_length) : port_towards_b4(protocol, payload, payload_length);
  const auto port_set = table.port_set(address);
  if (port == kNoPort || !port_set) return;
  const LookupKey key{address, static_cast<uint16_t>(port)};
  LookupResult result;
  table.lookup(&key, 1, &result);
  if (!result.found) return;
  store32(record.ipv4.data(), address);
  record.psid = port_set->psid(key.port);
}

}  // namespace

Capture::Capture(CaptureOptions options, std::unique_ptr<CaptureRing> ring, size_t most)
    : options_(std::move(options)),
      snap_length_(std::min<uint32_t>(options_.snap_length, Packet::kMaxFrame + ethernet::kTag)),
      stages_(options_.where & ~CaptureOptions::kOut),
      ring_(std::move(ring)),
      staged_(std::min(most, kSlots / 2)),
      bytes_(staged_.size() * snap_length_) {}

void Capture::received(const std::array<PacketList, kPortCount>& frames, const BindingTable* table, Time now) {
  table_ = table;
  now_ = now;
  if (!stages_) return;
  for (Port port : {Port::passthru, Port::external, Port::internal}) {
    for (const Packet* packet : frames[static_cast<size_t>(port)]) {
      if (accepts(*packet)) stage(port, *packet);
    }
  }
}

void Capture::stage(Port port, const Packet& packet) {
  if (count_ == staged_.size()) return ring_->lose();
  Staged& staged = staged_[count_];
  staged = {&packet, {}};
  CaptureRecord& record = staged.record;
  record.length = packet.length;
  record.captured = std::min(packet.length, snap_length_);
  record.port = static_cast<uint8_t>(port);
  record.time = now_;
  std::memcpy(bytes(count_), packet.data, record.captured);
  size_t slot = slot_of(&packet);
  while (slots_[slot]) slot = (slot + 1) % kSlots;
  slots_[slot] = static_cast<uint16_t>(++count_);
}

Capture::Staged* Capture::find(const Packet& packet) {
  for (size_t slot = slot_of(&packet); slots_[slot]; slot = (slot + 1) % kSlots) {
    Staged& staged = staged_[slots_[slot] - 1u];
    if (staged.packet == &packet) return &staged;
  }
  return nullptr;
}

void Capture::dropped(const Packet& packet, Counter reason) {
  if (Staged* staged = find(packet)) {
    staged->packet = nullptr;
    staged->record.fate = Fate::dropped;
    staged->record.reason = static_cast<uint16_t>(reason);
    return;
  }
  if (!(options_.where & CaptureOptions::kDrop) || (options_.reason && *options_.reason != reason)) return;
  if (!accepts(packet)) return;
  CaptureRecord record;
  record.length = packet.length;
  record.captured = std::min(packet.length, snap_length_);
  record.port = static_cast<uint8_t>(ethertype_of(packet) == ethernet::kIpv6 ? Port::internal : Port::external);
  record.direction = Direction::inside;
  record.fate = Fate::dropped;
  record.reason = static_cast<uint16_t>(reason);
  record.time = now_;
  write(record, packet.data);
}

void Capture::used(const Packet& packet, Use use) {
  Staged* staged = find(packet);
  if (!staged) return;
  staged->packet = nullptr;
  staged->record.fate = use == Use::own ? Fate::own : use == Use::merged ? Fate::merged : Fate::fragmented;
}

bool Capture::wants(const Staged& staged) const {
  const CaptureRecord& record = staged.record;
  const bool is_dropped = record.fate == Fate::dropped;
  if (options_.reason) return is_dropped && record.reason == static_cast<uint16_t>(*options_.reason);
  const bool from_device = record.port == static_cast<uint8_t>(Port::passthru);
  return options_.where & (from_device ? CaptureOptions::kPassthru : CaptureOptions::kIn) ||
         (is_dropped && options_.where & CaptureOptions::kDrop);
}

void Capture::sent(const std::array<PacketList, kPortCount>& frames) {
  for (size_t port = 0; port < kPortCount; port++) {
    for (const Packet* packet : frames[port]) {
      Staged* staged = find(*packet);
      if (!staged) continue;
      staged->record.fate = Fate::sent;
      staged->record.out_port = static_cast<uint8_t>(port);
    }
  }
  for (size_t i = 0; i < count_; i++) {
    if (wants(staged_[i])) write(staged_[i].record, bytes(i));
  }
  count_ = 0;
  slots_.fill(0);
  if (options_.reason) return;
  for (Port port : {Port::passthru, Port::external, Port::internal}) {
    if (!(options_.where & (port == Port::passthru ? CaptureOptions::kPassthru : CaptureOptions::kOut))) continue;
    for (const Packet* packet : frames[static_cast<size_t>(port)]) {
      if (!accepts(*packet)) continue;
      CaptureRecord record;
      record.length = packet->length;
      record.captured = std::min(packet->length, snap_length_);
      record.port = record.out_port = static_cast<uint8_t>(port);
      record.direction = Direction::sent;
      record.fate = Fate::sent;
      record.time = now_;
      write(record, packet->data);
    }
  }
}

// A filter looks behind the tag: the addresses are moved up to where it ends, and back.
bool Capture::accepts(const Packet& packet) const {
  if (!options_.filter.active()) return true;
  constexpr size_t kAddresses = ethernet::kType;
  if (packet.length < ethernet::kHeader + ethernet::kTag || ethertype_of(packet) != ethernet::kVlan) {
    return options_.filter.accepts(packet);
  }
  uint8_t before[kAddresses + ethernet::kTag];
  std::memcpy(before, packet.data, sizeof before);
  std::memcpy(packet.data + ethernet::kTag, before, kAddresses);
  const bool accepted = options_.filter.accepts(packet.data + ethernet::kTag, packet.length - ethernet::kTag);
  std::memcpy(packet.data, before, sizeof before);
  return accepted;
}

void Capture::write(CaptureRecord record, const uint8_t* frame) {
  if (table_) name_softwire(*table_, record, frame);
  ring_->write(record, frame);
}

}  // namespace lwaftr
