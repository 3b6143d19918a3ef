// The lwB4's NAPT44 between any packets of both directions: nothing beyond a packet is touched, what was right stays
// right, and only ports of its own set show outside.
//
//   any number of: direction and pause (1 byte: bit 0 inbound, 1-2 mend, 3-7 times 10 s) | length (2) | packet
#include "io/napt44.h"

#include <cstring>
#include <memory>

#include "core/clock.h"
#include "slow.h"

namespace lwaftr::fuzz {
namespace {

constexpr Ipv4Address kPublic{198, 51, 100, 2};
constexpr uint8_t kReservedBits = 6, kPsidLength = 6, kPsid = 1;

bool transport_is_right(const uint8_t* packet, size_t length) {
  const size_t at = header_length(packet);
  if (packet[9] == 1) return icmp_is_right(packet + at, length - at);
  if (packet[9] == 17 && length - at >= 8 && get16(packet + at + 6) == 0) return true;
  return upper_is_right(packet + 12, 4, packet[9], packet + at, length - at);
}

void translate(Napt44& napt, bool inbound, Bytes packet, Time now) {
  const size_t length = packet.size();
  std::unique_ptr<uint8_t[]> exact(new uint8_t[length]);
  std::copy(packet.begin(), packet.end(), exact.get());
  uint8_t* after = exact.get();
  if (!(inbound ? napt.inbound(after, length, now) : napt.outbound(after, length, now))) return;
  PROMISE(std::memcmp(after + (inbound ? 16 : 12), inbound ? &packet[0] + 16 : kPublic.data(), inbound ? 0 : 4) == 0,
          "not from the public address");
  if (ipv4_header_is_right(packet.data())) PROMISE(ipv4_header_is_right(after), "header checksum");
  const size_t total = get16(after + 2);
  PROMISE(total == get16(&packet[2]) && after[9] == packet[9], "another length or protocol");
  if (get16(after + 6) & 0x3fff) return;
  if (transport_is_right(packet.data(), total)) PROMISE(transport_is_right(after, total), "checksum above IPv4");
  const size_t at = header_length(after);
  if (!inbound && (after[9] == 6 || after[9] == 17)) {
    PROMISE(slow_psid(get16(after + at), kReservedBits, kPsidLength) == kPsid, "port %d", get16(after + at));
  }
}

}  // namespace
}  // namespace lwaftr::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace lwaftr;
  using namespace lwaftr::fuzz;
  Napt44 napt(kPublic, {kPsidLength, kReservedBits}, kPsid);
  Choices choices(data, size);
  Time now = kSecond;
  for (int n = 0; n < 200 && !choices.empty(); n++) {
    const uint8_t how = choices.byte();
    now += how / 8 * 10 * kSecond;
    Bytes frame(14);
    put16(&frame[12], 0x0800);
    const Bytes packet = choices.bytes(choices.word());
    frame.insert(frame.end(), packet.begin(), packet.end());
    mend(frame, static_cast<Mend>(how / 2 % 3));
    translate(napt, how & 1, Bytes(frame.begin() + 14, frame.end()), now);
  }
  return 0;
}
