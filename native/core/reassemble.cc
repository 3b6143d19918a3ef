#include "reassemble.h"

#include "checksum.h"

namespace lwaftr {
namespace {

// A fragment is described by its IPv4 header; the key goes on where the caller left it.
void describe_ipv4(Fragment& fragment, size_t key_length, const uint8_t* header, const uint8_t* payload,
                   size_t payload_length) {
  uint8_t* key = fragment.key.data() + key_length;
  std::memcpy(key, header + ipv4::kSource, 8);
  std::memcpy(key + 8, header + ipv4::kId, 2);
  key[10] = header[ipv4::kProtocol];
  const uint16_t position = load16(header + ipv4::kFragment);
  fragment.offset = (position & ipv4::kOffsetMask) * 8u;
  fragment.last = !(position & ipv4::kMoreFragments);
  fragment.data = payload;
  fragment.length = payload_length;
  fragment.next_header = header[ipv4::kProtocol];
}

void mend_ipv4_header(uint8_t* header, size_t header_length, size_t total_length) {
  store16(header + ipv4::kTotalLength, static_cast<uint32_t>(total_length));
  store16(header + ipv4::kFragment, 0);
  write_ipv4_checksum(header, header_length);
}

}  // namespace

bool reassemble_ipv4(Reassembler& reassembler, PacketPool& pool, const Ipv4Packet& packet, Time now,
                     Ipv4Packet& whole) {
  Fragment fragment;
  describe_ipv4(fragment, 0, packet.header(), packet.packet->data + packet.payload, packet.payload_length());
  fragment.head = packet.packet->data;
  fragment.head_length = packet.payload;
  const Reassembled result = reassembler.add(fragment, now);
  pool.use(packet.packet, Use::merged);
  if (!result.packet) return false;
  // The head is that of the first fragment received, which may have had other options than this one.
  uint8_t* header = result.packet->data + ethernet::kHeader;
  const size_t header_length = (header[0] & 15) * 4u;
  store16(header + ipv4::kId, 0);
  mend_ipv4_header(header, header_length, result.packet->length - ethernet::kHeader);
  whole = {result.packet, static_cast<uint16_t>(ethernet::kHeader + header_length), header[ipv4::kProtocol], false};
  return true;
}

bool reassemble_ipv6(Reassembler& reassembler, PacketPool& pool, Counters& counters, const Ipv6Packet& packet, Time now,
                     Ipv6Packet& whole) {
  constexpr size_t kHead = ethernet::kHeader + ipv6::kHeader;
  const uint8_t* header = packet.header();
  const uint8_t* extension = packet.payload();
  if (packet.payload_length() < ipv6::kFragmentHeader) {
    counters.add(Counter::drop_malformed_ipv6_packets);
    pool.drop(packet.packet, Counter::drop_malformed_ipv6_packets);
    return false;
  }
  const uint16_t position = load16(extension + 2);
  Fragment fragment;
  fragment.offset = position & 0xfff8;
  fragment.last = !(position & 1);
  fragment.next_header = extension[0];
  fragment.data = extension + ipv6::kFragmentHeader;
  fragment.length = packet.payload_length() - ipv6::kFragmentHeader;

  if (fragment.offset == 0 && fragment.last) {
    counters.add(Counter::in_ipv6_frag_needs_reassembly);
    counters.add(Counter::in_ipv6_frag_merged);
    counters.add(Counter::in_ipv6_frag_reassembled);
    Packet* bare = packet.packet;
    std::memmove(bare->data + ipv6::kFragmentHeader, bare->data, kHead);
    bare->data += ipv6::kFragmentHeader;
    bare->length -= ipv6::kFragmentHeader;
    whole = {bare, fragment.next_header};
  } else {
    std::memcpy(fragment.key.data(), header + ipv6::kSource, 32);
    std::memcpy(fragment.key.data() + 32, extension + 4, 4);
    fragment.head = packet.packet->data;
    fragment.head_length = kHead;
    const Reassembled result = reassembler.add(fragment, now);
    pool.use(packet.packet, Use::merged);
    if (!result.packet) return false;
    whole = {result.packet, result.next_header};
  }
  whole.header()[ipv6::kNextHeader] = whole.next_header;
  store16(whole.header() + ipv6::kPayloadLength, static_cast<uint32_t>(whole.payload_length()));
  return true;
}

bool reassemble_inner(Reassembler& reassembler, PacketPool& pool, const TunnelPacket& packet, Time now,
                      TunnelPacket& whole) {
  constexpr size_t kOuter = ethernet::kHeader + ipv6::kHeader;
  // Destination options of the tunnel are left out of the head: the whole packet is one that needed none.
  uint8_t head[Reassembler::kMaxHead];
  std::memcpy(head, packet.packet->data, kOuter);
  head[ethernet::kHeader + ipv6::kNextHeader] = ip_protocol::kIpv4;
  std::memcpy(head + kOuter, packet.inner_header(), packet.inner_header_length());

  Fragment fragment;
  std::memcpy(fragment.key.data(), packet.outer_header() + ipv6::kSource, 32);
  describe_ipv4(fragment, 32, packet.inner_header(), packet.packet->data + packet.payload, packet.payload_length());
  fragment.head = head;
  fragment.head_length = kOuter + packet.inner_header_length();
  const Reassembled result = reassembler.add(fragment, now);
  pool.use(packet.packet, Use::merged);
  if (!result.packet) return false;
  uint8_t* inner = result.packet->data + kOuter;
  const size_t inner_length = result.packet->length - kOuter;
  // The identification stays: unlike on the IPv4 side nobody expects 0, and it keeps later fragments apart.
  mend_ipv4_header(inner, (inner[0] & 15) * 4u, inner_length);
  store16(result.packet->data + ethernet::kHeader + ipv6::kPayloadLength, static_cast<uint32_t>(inner_length));
  return parse_inner(result.packet, kOuter, whole) == Parse::ok;
}

}  // namespace lwaftr
