// What a local sender leaves to the card, with any header about it: nothing beyond the frame is touched, no buffer is
// lost, and the packets that a segmentation frame is cut into have right lengths and checksums.
//
//   flags | gso_type | gso_size (2) | checksum_start | checksum_offset | frame
#include "io/offload.h"

#include <memory>

#include "slow.h"

namespace lwaftr::fuzz {
namespace {

constexpr size_t kSmall = 32, kLarge = 8;

void check_segment(const Packet& packet, const OffloadHeader& header) {
  const uint8_t* frame = packet.data;
  const size_t transport = header.checksum_start;
  const size_t size = packet.length - transport;
  const bool udp = (header.gso_type & ~OffloadHeader::kEcn) == OffloadHeader::kUdp;
  if (udp) PROMISE(get16(frame + transport + 4) == size, "UDP length");
  const size_t ip = get16(frame + 12) == 0x8100 ? 18 : 14;
  // Tunnels are looked at from outside.
  if (frame[ip] >> 4 == 4) {
    PROMISE(get16(frame + ip + 2) == packet.length - ip, "IPv4 length");
    PROMISE(ipv4_header_is_right(frame + ip), "IPv4 header checksum");
    if (ip + header_length(frame + ip) != transport) return;
    PROMISE(upper_is_right(frame + ip + 12, 4, udp ? 17 : 6, frame + transport, size), "checksum above IPv4");
  } else if (frame[ip] >> 4 == 6) {
    PROMISE(get16(frame + ip + 4) + 40u == packet.length - ip, "IPv6 length");
    if (ip + 40 != transport) return;
    PROMISE(upper_is_right(frame + ip + 8, 16, udp ? 17 : 6, frame + transport, size), "checksum above IPv6");
  }
}

}  // namespace
}  // namespace lwaftr::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace lwaftr;
  using namespace lwaftr::fuzz;
  Choices choices(data, size);
  OffloadHeader header{};
  header.flags = choices.byte();
  header.gso_type = choices.byte();
  header.gso_size = choices.word();
  header.checksum_start = choices.byte();
  header.checksum_offset = choices.byte();
  const Bytes frame = choices.bytes(65550);

  std::unique_ptr<uint8_t[]> exact(new uint8_t[frame.size()]);
  std::copy(frame.begin(), frame.end(), exact.get());
  if (complete_checksum(exact.get(), frame.size(), header)) {
    PROMISE(header.checksum_start + header.checksum_offset + 2u <= frame.size(), "beyond the frame");
  }

  std::copy(frame.begin(), frame.end(), exact.get());
  PacketPool pool(kSmall, kLarge);
  Packet* packets[kSmall + kLarge];
  uint64_t lost = 0;
  const size_t count = segment(exact.get(), frame.size(), header, pool, packets, std::size(packets), &lost);
  PROMISE(count <= std::size(packets), "%zu packets", count);
  PROMISE(count > 0 || lost > 0, "gone without a count");
  size_t payload = 0;
  for (size_t i = 0; i < count; i++) {
    check_segment(*packets[i], header);
    payload += packets[i]->length;
    pool.free(packets[i]);
  }
  PROMISE(pool.available_small() + pool.available_large() == kSmall + kLarge, "a buffer lost");
  PROMISE(lost > 0 || payload >= frame.size(), "bytes lost: %zu of %zu", payload, frame.size());
  return 0;
}
