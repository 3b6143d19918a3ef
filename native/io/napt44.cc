#include "napt44.h"

#include <algorithm>

#include "core/checksum.h"
#include "core/wire.h"

namespace lwaftr {

namespace {

constexpr uint8_t kTcp = 6, kUdp = 17, kIcmp = 1;
constexpr uint64_t kSecond = 1'000'000'000;
constexpr uint64_t kFragmentLife = 30 * kSecond;

// RFC 4787 s4.3, RFC 5382 s5 and RFC 5508 s3.2. Connections are not followed: TCP keeps its established time.
uint64_t lifetime(uint8_t protocol) {
  return protocol == kTcp ? 7440 * kSecond : protocol == kUdp ? 300 * kSecond : 60 * kSecond;
}

// Where an IPv4 packet's parts are; nothing outside [0, length) is touched through it.
struct View {
  size_t header = 0;
  size_t end = 0;  // of the packet, as its header says
  uint8_t protocol = 0;
  bool first = true;  // has the transport header
  bool fragmented = false;
};

// A quoted packet (`whole` false) may be cut short.
bool read(const uint8_t* ip, size_t length, bool whole, View* view) {
  if (length < ipv4::kHeader || ip[0] >> 4 != 4) return false;
  view->header = static_cast<size_t>(ip[0] & 0xf) * 4;
  size_t total = load16(ip + ipv4::kTotalLength);
  if (view->header < ipv4::kHeader || total < view->header || view->header > length) return false;
  if (whole && total > length) return false;
  view->end = std::min(total, length);
  view->protocol = ip[ipv4::kProtocol];
  uint16_t fragment = load16(ip + ipv4::kFragment);
  view->first = (fragment & ipv4::kOffsetMask) == 0;
  view->fragmented = (fragment & (ipv4::kOffsetMask | ipv4::kMoreFragments)) != 0;
  return true;
}

// Offset of the checksum in a transport header, or 0 when it cannot be rewritten.
size_t checksum_offset(uint8_t protocol) { return protocol == kTcp ? 16 : protocol == kUdp ? 6 : 2; }

void replace16(uint8_t* at, uint16_t value, uint8_t* checksum) {
  if (checksum) update_checksum(checksum, load16(at), value);
  store16(at, value);
}

// `transport` may be null: its checksum does not cover the addresses (ICMP), is absent, or out of reach.
void replace_address(uint8_t* ip, size_t offset, uint32_t address, uint8_t* transport) {
  for (size_t i = 0; i < 4; i += 2) {
    auto word = static_cast<uint16_t>(i == 0 ? address >> 16 : address);
    if (transport) update_checksum(transport, load16(ip + offset + i), word);
    replace16(ip + offset + i, word, ip + ipv4::kChecksum);
  }
}

bool is_echo(uint8_t type) { return type == icmp::kEchoRequest4 || type == icmp::kEchoReply4; }
bool is_error(uint8_t type) { return type == icmp::kUnreachable4 || type == icmp::kTimeExceeded4 || type == 12; }

}  // namespace

// The field of a packet that a mapping is about: a port or an echo identifier.
struct Napt44::Flow {
  uint8_t protocol;
  uint8_t* port;
  uint8_t* checksum;      // null when there is none to keep right
  bool covers_addresses;  // by the pseudo-header

  // The flow of a packet with its transport header at `transport`; false when it has none that we know.
  static bool of(uint8_t* transport, size_t length, uint8_t protocol, Side side, Flow* flow) {
    bool ports = protocol == kTcp || protocol == kUdp;
    if (length < 8 || (!ports && !(protocol == kIcmp && is_echo(transport[icmp::kType])))) return false;
    flow->protocol = protocol;
    flow->port = transport + (ports ? (side == Side::source ? 0 : 2) : icmp::kIdentifier);
    size_t offset = checksum_offset(protocol);
    bool present = offset + 2 <= length && !(protocol == kUdp && load16(transport + offset) == 0);
    flow->checksum = present ? transport + offset : nullptr;
    flow->covers_addresses = ports;
    return true;
  }
  void rewrite(uint8_t* ip, size_t address_offset, uint32_t address, uint16_t new_port) const {
    replace_address(ip, address_offset, address, covers_addresses ? checksum : nullptr);
    replace16(port, new_port, checksum);
    if (protocol == kUdp && checksum && load16(checksum) == 0) store16(checksum, 0xffff);
  }
};

Napt44::Napt44(Ipv4Address public_ipv4, PortSet port_set, uint16_t psid)
    : public_ipv4_(load32(public_ipv4.data())), port_set_(port_set), psid_(psid) {
  // Well-known ports last: only a set that has nothing else uses them.
  for (bool well_known : {false, true}) {
    for (uint32_t port = 1; port < 65536; port++) {
      auto p = static_cast<uint16_t>(port);
      if ((p < 1024) == well_known && port_set.usable(p) && port_set.psid(p) == psid) ports_.push_back(p);
    }
    if (!ports_.empty()) break;
  }
}

uint64_t Napt44::inside_key(uint8_t protocol, uint32_t address, uint16_t port) {
  return uint64_t{protocol} << 48 | uint64_t{address} << 16 | port;
}
uint32_t Napt44::outside_key(uint8_t protocol, uint16_t port) { return uint32_t{protocol} << 16 | port; }

// Datagrams are told apart by peer, protocol and identification; the public address is one.
uint64_t Napt44::fragment_key(const uint8_t* ip) {
  return uint64_t{load32(ip + ipv4::kSource)} << 32 | uint64_t{ip[ipv4::kProtocol]} << 16 | load16(ip + ipv4::kId);
}

bool Napt44::free_port(uint8_t protocol, uint16_t wanted, uint16_t* port) {
  if (wanted != 0 && port_set_.usable(wanted) && port_set_.psid(wanted) == psid_ &&
      !by_outside_.count(outside_key(protocol, wanted))) {
    *port = wanted;
    return true;
  }
  for (size_t tried = 0; tried < ports_.size(); tried++) {
    uint16_t candidate = ports_[next_port_];
    next_port_ = next_port_ + 1 == ports_.size() ? 0 : next_port_ + 1;
    if (by_outside_.count(outside_key(protocol, candidate))) continue;
    *port = candidate;
    return true;
  }
  return false;
}

Napt44::Mapping* Napt44::map_outbound(uint8_t protocol, uint32_t address, uint16_t port, uint64_t now) {
  uint64_t key = inside_key(protocol, address, port);
  auto found = by_inside_.find(key);
  if (found == by_inside_.end()) {
    uint16_t outside_port = 0;
    if (!free_port(protocol, port, &outside_port)) {
      statistics_.no_port++;
      return nullptr;
    }
    found = by_inside_.emplace(key, Mapping{protocol, address, port, outside_port, now}).first;
    by_outside_.emplace(outside_key(protocol, outside_port), key);
  }
  found->second.last_used = now;
  return &found->second;
}

Napt44::Mapping* Napt44::find_inbound(uint8_t protocol, uint16_t port, uint64_t now) {
  auto found = by_outside_.find(outside_key(protocol, port));
  if (found == by_outside_.end()) {
    statistics_.no_mapping++;
    return nullptr;
  }
  Mapping& mapping = by_inside_.find(found->second)->second;
  mapping.last_used = now;
  return &mapping;
}

void Napt44::expire(uint64_t now) {
  if (now - last_expiry_ < 10 * kSecond) return;
  last_expiry_ = now;
  for (auto it = by_inside_.begin(); it != by_inside_.end();) {
    const Mapping& mapping = it->second;
    bool old = now - mapping.last_used > lifetime(mapping.protocol);
    if (old) by_outside_.erase(outside_key(mapping.protocol, mapping.outside_port));
    it = old ? by_inside_.erase(it) : std::next(it);
  }
  for (auto it = fragments_.begin(); it != fragments_.end();) {
    it = now - it->second.seen > kFragmentLife ? fragments_.erase(it) : std::next(it);
  }
}

bool Napt44::outbound(uint8_t* packet, size_t length, uint64_t now) {
  expire(now);
  View view;
  Flow flow;
  if (!read(packet, length, true, &view)) {
    statistics_.unsupported++;
    return false;
  }
  if (!view.first) {  // only the address changes, and there is one to change it to
    replace_address(packet, ipv4::kSource, public_ipv4_, nullptr);
    return true;
  }
  uint8_t* transport = packet + view.header;
  size_t size = view.end - view.header;
  if (view.protocol == kIcmp && size >= icmp::kHeader && is_error(transport[icmp::kType])) {
    return translate_error(packet, view.end, true, now);
  }
  if (!Flow::of(transport, size, view.protocol, Side::source, &flow)) {
    statistics_.unsupported++;
    return false;
  }
  Mapping* mapping = map_outbound(flow.protocol, load32(packet + ipv4::kSource), load16(flow.port), now);
  if (!mapping) return false;
  flow.rewrite(packet, ipv4::kSource, public_ipv4_, mapping->outside_port);
  return true;
}

bool Napt44::inbound(uint8_t* packet, size_t length, uint64_t now) {
  expire(now);
  View view;
  Flow flow;
  if (!read(packet, length, true, &view) || load32(packet + ipv4::kDestination) != public_ipv4_) {
    statistics_.unsupported++;
    return false;
  }
  if (!view.first) {
    auto found = fragments_.find(fragment_key(packet));
    if (found == fragments_.end()) {
      statistics_.no_mapping++;
      return false;
    }
    replace_address(packet, ipv4::kDestination, found->second.address, nullptr);
    return true;
  }
  uint8_t* transport = packet + view.header;
  size_t size = view.end - view.header;
  if (view.protocol == kIcmp && size >= icmp::kHeader && is_error(transport[icmp::kType])) {
    return translate_error(packet, view.end, false, now);
  }
  if (!Flow::of(transport, size, view.protocol, Side::destination, &flow)) {
    statistics_.unsupported++;
    return false;
  }
  Mapping* mapping = find_inbound(flow.protocol, load16(flow.port), now);
  if (!mapping) return false;
  if (view.fragmented) fragments_[fragment_key(packet)] = {mapping->address, now};
  flow.rewrite(packet, ipv4::kDestination, mapping->address, mapping->port);
  return true;
}

// RFC 5508 s4: the quoted packet went the other way, so its source is what the error's destination is. The ICMP
// checksum covers the quote and is computed anew.
bool Napt44::translate_error(uint8_t* packet, size_t length, bool out, uint64_t now) {
  View outer, quoted;
  Flow flow;
  read(packet, length, true, &outer);
  uint8_t* message = packet + outer.header;
  size_t size = length - outer.header;
  uint8_t* quote = message + icmp::kHeader;
  Side side = out ? Side::destination : Side::source;
  if (!read(quote, size - icmp::kHeader, false, &quoted) || !quoted.first ||
      !Flow::of(quote + quoted.header, quoted.end - quoted.header, quoted.protocol, side, &flow)) {
    statistics_.unsupported++;
    return false;
  }
  // Nobody checks a quoted transport checksum whose packet is cut; it is kept right all the same where it is there.
  if (out) {
    Mapping* mapping = map_outbound(flow.protocol, load32(quote + ipv4::kDestination), load16(flow.port), now);
    if (!mapping) return false;
    flow.rewrite(quote, ipv4::kDestination, public_ipv4_, mapping->outside_port);
    replace_address(packet, ipv4::kSource, public_ipv4_, nullptr);
  } else {
    Mapping* mapping = find_inbound(flow.protocol, load16(flow.port), now);
    if (!mapping) return false;
    flow.rewrite(quote, ipv4::kSource, mapping->address, mapping->port);
    replace_address(packet, ipv4::kDestination, mapping->address, nullptr);
  }
  store16(message + icmp::kChecksum, 0);
  store_checksum(message + icmp::kChecksum, add_to_sum(0, message, size));
  return true;
}

}  // namespace lwaftr
