// Every parser alone, on a block of memory that is exactly the frame: a step beyond it is the sanitizer's to see. What
// the parsers say is compared with what the bytes say.
#include <memory>

#include "core/mss_clamp.h"
#include "core/ndp.h"
#include "core/parse.h"
#include "core/port.h"
#include "core/vlan.h"
#include "slow.h"

namespace lwaftr::fuzz {
namespace {

struct Exact {
  explicit Exact(const Bytes& bytes) : block(new uint8_t[bytes.size()]) {
    std::copy(bytes.begin(), bytes.end(), block.get());
    packet.data = block.get();
    packet.length = static_cast<uint32_t>(bytes.size());
  }
  std::unique_ptr<uint8_t[]> block;
  Packet packet;
};

bool holds_ipv4(const uint8_t* header, size_t room) {
  return room >= 20 && header[0] >> 4 == 4 && header_length(header) >= 20 &&
         get16(header + 2) >= header_length(header) && get16(header + 2) <= room;
}

void check_ipv4(const Bytes& frame) {
  Exact exact(frame);
  Ipv4Packet parsed;
  const Parse verdict = parse_ipv4(&exact.packet, parsed);
  const bool right = frame.size() >= 14 && get16(&frame[12]) == 0x0800 && holds_ipv4(&frame[0] + 14, frame.size() - 14);
  PROMISE((verdict == Parse::ok) == right, "IPv4 verdict %d", static_cast<int>(verdict));
  if (!right) return;
  const size_t length = get16(&frame[16]);
  PROMISE(exact.packet.length == 14 + length, "padding of %zu stays", exact.packet.length - 14 - length);
  PROMISE(parsed.payload_length() == length - header_length(&frame[14]), "payload of %zu", parsed.payload_length());
  PROMISE(parsed.fragment == ((get16(&frame[20]) & 0x3fff) != 0), "fragment or not");
  // Behind the packet only poison.
  Exact trimmed(Bytes(frame.begin(), frame.begin() + static_cast<long>(14 + length)));
  const uint8_t* payload = trimmed.packet.data + parsed.payload;
  const int to = port_towards_b4(parsed.protocol, payload, parsed.payload_length());
  const int from = port_from_b4(parsed.protocol, payload, parsed.payload_length());
  if (parsed.protocol != 1 && parsed.payload_length() >= 2) {
    PROMISE(from == slow_port(&frame[14], length, false), "source port %d", from);
  }
  PROMISE(to == kNoPort || to == slow_port(&frame[14], length, true), "destination port %d", to);
}

void check_ipv6(const Bytes& frame) {
  Exact exact(frame);
  Ipv6Packet parsed;
  const Parse verdict = parse_ipv6(&exact.packet, parsed);
  const bool right = frame.size() >= 54 && get16(&frame[12]) == 0x86dd && frame[14] >> 4 == 6 &&
                     get16(&frame[18]) + 54u <= frame.size();
  PROMISE((verdict == Parse::ok) == right, "IPv6 verdict %d", static_cast<int>(verdict));
  if (!right) return;
  Exact trimmed(Bytes(frame.begin(), frame.begin() + exact.packet.length));
  parsed.packet = &trimmed.packet;
  is_ndp(parsed);
  if (parsed.next_header != ip_protocol::kIpv4 && parsed.next_header != ip_protocol::kDestinationOptions) return;
  TunnelPacket tunnel;
  if (parse_tunnel(parsed, tunnel) != Parse::ok) {
    PROMISE(parsed.next_header != 4 || !holds_ipv4(&frame[0] + 54, trimmed.packet.length - 54),
            "a good tunnel refused");
    return;
  }
  PROMISE(holds_ipv4(tunnel.inner_header(), trimmed.packet.length - tunnel.inner), "a bad tunnel accepted");
  PROMISE(tunnel.inner >= 54 && (tunnel.inner - 54) % 8 == 0, "inner header at %d", tunnel.inner);
  PROMISE(tunnel.inner + tunnel.inner_length <= trimmed.packet.length, "inner packet beyond the frame");
  PROMISE(tunnel.payload == tunnel.inner + header_length(tunnel.inner_header()), "payload at %d", tunnel.payload);
}

// Clamping keeps the checksum as right as it was, and changes nothing else than sizes.
void check_mss(const Bytes& bytes) {
  if (bytes.size() < 2) return;
  const uint16_t mss = get16(&bytes[0]);
  Bytes segment(bytes.begin() + 2, bytes.end());
  if (segment.size() >= 20) {
    put16(&segment[16], 0);
    put16(&segment[16], 0xffff - ones_sum(segment));
  }
  Exact exact(segment);
  const auto counters = std::make_unique<Counters>();
  clamp_tcp_mss(*counters, exact.packet.data, segment.size(), mss);
  const Bytes after(exact.packet.data, exact.packet.data + segment.size());
  if (counters->get(Counter::clamped_tcp_mss_packets) == 0) {
    PROMISE(after == segment, "changed but not counted");
  } else {
    PROMISE(ones_sum(after) == 0xffff, "checksum after clamping");
  }
}

void check_vlan(const Bytes& frame) {
  if (frame.size() < 18 || get16(&frame[12]) != 0x8100) return;
  Exact exact(frame);
  const int vlan = vlan_of(exact.packet);
  remove_tag(exact.packet);
  insert_tag(exact.packet, static_cast<uint16_t>(vlan));
  Bytes wanted = frame;
  wanted[14] &= 0x0f;  // priority is not kept
  PROMISE(exact.packet.data == exact.block.get() && std::equal(wanted.begin(), wanted.end(), exact.packet.data),
          "VLAN %d off and on", vlan);
}

}  // namespace
}  // namespace lwaftr::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace lwaftr::fuzz;
  if (size > 10240) return 0;
  Bytes frame(data, data + size);
  check_mss(frame);
  check_vlan(frame);
  check_ipv4(frame);
  check_ipv6(frame);
  // The same as each family, so that no input is for one of them only.
  if (size < 15) return 0;
  for (const uint16_t type : {0x0800, 0x86dd}) {
    put16(&frame[12], type);
    frame[14] = static_cast<uint8_t>(type == 0x0800 ? 0x40 | (frame[14] & 15) : 0x60);
    check_ipv4(frame);
    check_ipv6(frame);
  }
  return 0;
}
