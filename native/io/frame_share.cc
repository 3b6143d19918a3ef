#include "frame_share.h"

#include "core/wire.h"

namespace lwaftr {

namespace {

constexpr uint32_t kAccept = 0x40000;  // bytes: all of any frame
constexpr uint32_t kDrop = 0;
constexpr uint32_t kMix = 0x9e3779b1;  // Knuth's multiplicative hash
constexpr uint32_t kIp = ethernet::kHeader;

using Program = std::vector<sock_filter>;

void add(Program* program, uint16_t code, uint32_t k, size_t if_true = 0, size_t if_false = 0) {
  program->push_back({code, static_cast<uint8_t>(if_true), static_cast<uint8_t>(if_false), k});
}
void load(Program* program, uint16_t size, uint32_t offset) { add(program, BPF_LD | BPF_ABS | size, offset); }
void ret(Program* program, uint32_t length) { add(program, BPF_RET | BPF_K, length); }

// Runs `body`, which ends with a return, when the frame is on that VLAN. The kernel has its tag beside it.
Program when_vlan(const FrameShare::Vlan& vlan, const Program& body) {
  if (!vlan) return body;
  const auto beside = [](int what) { return static_cast<uint32_t>(SKF_AD_OFF + what); };
  Program program;
  load(&program, BPF_B, beside(SKF_AD_VLAN_TAG_PRESENT));
  if (*vlan) {
    add(&program, BPF_JMP | BPF_JEQ | BPF_K, 0, 3 + body.size(), 0);
    load(&program, BPF_H, beside(SKF_AD_VLAN_TAG));
    add(&program, BPF_ALU | BPF_AND | BPF_K, 0xfff);
    add(&program, BPF_JMP | BPF_JEQ | BPF_K, **vlan, 0, body.size());
  } else {
    add(&program, BPF_JMP | BPF_JEQ | BPF_K, 0, 0, body.size());
  }
  program.insert(program.end(), body.begin(), body.end());
  return program;
}

// Runs `body`, which ends with a return, when the destination is `mac`.
void when_destination(Program* program, const MacAddress& mac, const Program& body) {
  load(program, BPF_W, 0);
  add(program, BPF_JMP | BPF_JEQ | BPF_K, load32(mac.data()), 0, 2 + body.size());
  load(program, BPF_H, 4);
  add(program, BPF_JMP | BPF_JEQ | BPF_K, load16(mac.data() + 4), 0, body.size());
  program->insert(program->end(), body.begin(), body.end());
}

// A = the exclusive or of words; then whether their hash is this queue's. Alone, it has them all.
Program hashed(const FrameShare::Station& station, uint32_t first, uint32_t words) {
  Program program;
  if (station.of == 1) {
    ret(&program, kAccept);
    return program;
  }
  load(&program, BPF_W, first);
  for (uint32_t i = 1; i < words; i++) {
    add(&program, BPF_MISC | BPF_TAX, 0);
    load(&program, BPF_W, first + 4 * i);
    add(&program, BPF_ALU | BPF_XOR | BPF_X, 0);
  }
  add(&program, BPF_ALU | BPF_MUL | BPF_K, kMix);
  add(&program, BPF_ALU | BPF_RSH | BPF_K, 16);
  add(&program, BPF_ALU | BPF_MOD | BPF_K, station.of);
  add(&program, BPF_JMP | BPF_JEQ | BPF_K, station.position, 0, 1);
  ret(&program, kAccept);
  ret(&program, kDrop);
  return program;
}

Program just(uint32_t length) {
  Program program;
  ret(&program, length);
  return program;
}

// For frames to a MAC of the relay: neighbour discovery and what is not IP goes to all queues that have it.
Program relay(const FrameShare::Station& station, FrameClass wanted) {
  bool bulk = wanted == FrameClass::bulk;
  Program four = bulk ? hashed(station, kIp + ipv4::kSource, 2) : just(kDrop);
  Program six;
  load(&six, BPF_B, kIp + ipv6::kNextHeader);
  add(&six, BPF_JMP | BPF_JEQ | BPF_K, ip_protocol::kIcmpv6, 0, 4);
  load(&six, BPF_B, kIp + ipv6::kHeader + icmp::kType);
  add(&six, BPF_JMP | BPF_JGE | BPF_K, icmp::kRouterSolicitation, 0, 2);
  add(&six, BPF_JMP | BPF_JGT | BPF_K, icmp::kRedirect, 1, 0);
  ret(&six, bulk ? kDrop : kAccept);
  Program addresses = bulk ? hashed(station, kIp + ipv6::kSource, 8) : just(kDrop);
  six.insert(six.end(), addresses.begin(), addresses.end());

  Program program;
  load(&program, BPF_H, ethernet::kType);
  add(&program, BPF_JMP | BPF_JEQ | BPF_K, ethernet::kIpv4, 0, four.size());
  program.insert(program.end(), four.begin(), four.end());
  add(&program, BPF_JMP | BPF_JEQ | BPF_K, ethernet::kIpv6, 0, six.size());
  program.insert(program.end(), six.begin(), six.end());
  ret(&program, bulk ? kDrop : kAccept);
  return program;
}

// For frames to a router behind passthru: all of them, where queues have it in common the first one's.
Program router(const FrameShare::Station& station, FrameClass wanted) {
  return just(wanted == FrameClass::urgent && station.position == 0 ? kAccept : kDrop);
}

}  // namespace

std::vector<sock_filter> frame_filter(const FrameShare& share, FrameClass wanted) {
  bool urgent = wanted == FrameClass::urgent;
  Program program;
  load(&program, BPF_B, 0);
  add(&program, BPF_JMP | BPF_JSET | BPF_K, 1, 0, 1);  // broadcast and multicast
  ret(&program, urgent ? kAccept : kDrop);
  for (const bool has_vlan : {true, false}) {  // the others of a MAC come after
    for (const FrameShare::Station& station : share.stations) {
      if (station.vlan.has_value() != has_vlan) continue;
      const Program body = station.passthru ? router(station, wanted) : relay(station, wanted);
      when_destination(&program, station.mac, when_vlan(station.vlan, body));
    }
    for (const FrameShare::Other& other : share.others) {
      if (other.vlan.has_value() != has_vlan) continue;
      when_destination(&program, other.mac, when_vlan(other.vlan, just(kDrop)));
    }
  }
  ret(&program, urgent && share.rest ? kAccept : kDrop);
  return program;
}

// Where the first would drop, the second is asked.
std::vector<sock_filter> either_filter(std::vector<sock_filter> one, const std::vector<sock_filter>& other) {
  for (size_t i = 0; i < one.size(); i++) {
    if (one[i].code != (BPF_RET | BPF_K) || one[i].k != kDrop) continue;
    one[i] = {BPF_JMP | BPF_JA, 0, 0, static_cast<uint32_t>(one.size() - i - 1)};
  }
  one.insert(one.end(), other.begin(), other.end());
  return one;
}

}  // namespace lwaftr
