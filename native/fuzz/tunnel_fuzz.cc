// Out of the tunnel comes what went in: decapsulate(encapsulate(p)) = p but for TTL and checksum, also when the tunnel
// or the packet had to be cut into fragments on the way. The packet's answer makes the way back: the same packet with
// its addresses and ports exchanged.
#include <cstring>
#include <memory>

#include "core/pipeline.h"
#include "frames.h"
#include "network.h"
#include "slow.h"

namespace lwaftr::fuzz {
namespace {

constexpr size_t kEthernet = 14;

void exchange(uint8_t* a, uint8_t* b, size_t length) { std::swap_ranges(a, a + length, b); }

// What the other end would answer; the transport checksums do not mind the order of what they cover.
void turn_round(Bytes& frame, size_t ipv4_at) {
  uint8_t* header = &frame[ipv4_at];
  exchange(header + 12, header + 16, 4);
  uint8_t* payload = header + header_length(header);
  if (header[9] != 1) return exchange(payload, payload + 2, 2);
  // An echo reply's identifier found the softwire; from there a request would have it.
  if (payload[0] == 0 || payload[0] == 8) payload[0] = static_cast<uint8_t>(8 - payload[0]);
}

class Way {
 public:
  Way(uint16_t external_mtu, uint16_t internal_mtu) : pool_(128, 64), pipeline_(pool_, *counters_, state_) {
    Settings settings = golden_settings();
    settings.hairpinning = false;
    settings.external.mtu = external_mtu;
    settings.internal.mtu = internal_mtu;
    settings.external.reassembly.max_fragments_per_packet = settings.internal.reassembly.max_fragments_per_packet = 200;
    pipeline_.configure(settings, 0);
    pipeline_.set_table(&binding_table());
  }

  std::vector<Bytes> cross(Port from, Port to, const std::vector<Bytes>& frames) {
    for (const Bytes& frame : frames) {
      Packet* packet = pool_.allocate(frame.size());
      PROMISE(packet, "pool empty");
      std::copy(frame.begin(), frame.end(), packet->data);
      packet->length = static_cast<uint32_t>(frame.size());
      pipeline_.receive(from, &packet, 1);
    }
    pipeline_.process(0);
    std::vector<Bytes> sent;
    for (const Port port : {Port::external, Port::internal}) {
      const PacketSpan span = pipeline_.output(port);
      for (size_t i = 0; i < span.count; i++) {
        const Packet* packet = span.packets[i];
        if (port == to) sent.emplace_back(packet->data, packet->data + packet->length);
        pool_.free(span.packets[i]);
      }
      pipeline_.clear_output(port);
    }
    return sent;
  }

 private:
  std::unique_ptr<Counters> counters_ = std::make_unique<Counters>();
  QueueState state_{};
  PacketPool pool_;
  Pipeline pipeline_;
};

// IPv4 fragments, in the order in which they left, as one packet.
Bytes join(const std::vector<Bytes>& frames) {
  Bytes whole = frames.at(0);
  const size_t head = kEthernet + header_length(&whole[kEthernet]);
  for (size_t i = 0; i < frames.size(); i++) {
    const uint16_t position = get16(&frames[i][kEthernet + 6]);
    const size_t offset = i == 0 ? 0 : whole.size() - head;
    PROMISE((position & 0x1fff) * 8u == offset, "a fragment at %d instead of %zu", (position & 0x1fff) * 8, offset);
    PROMISE(!(position & 0x2000) == (i + 1 == frames.size()), "more fragments or not");
    if (i > 0) whole.insert(whole.end(), frames[i].begin() + static_cast<long>(head), frames[i].end());
  }
  put16(&whole[kEthernet + 6], get16(&whole[kEthernet + 6]) & 0x4000);
  return whole;
}

// A packet that has to come through, or nothing.
Bytes choose_packet(Choices& choices) {
  Bytes frame = choose_frame(choices, FrameKind::ipv4, golden_settings());
  if (get16(&frame[12]) != 0x0800) return {};
  uint8_t* header = &frame[kEthernet];
  const size_t length = frame.size() - kEthernet;
  put16(header + 6, choices.flip() ? 0x4000 : 0);
  if (header[8] < 2) header[8] = 2;
  // The subscriber's side has to be a softwire's, the other one nobody's or anybody's.
  if (!find_softwire(header + 16, slow_port(header, length, true))) std::memcpy(header + 16, kWhole.data(), 4);
  if (slow_port(header, length, true) < 0 || std::memcmp(header + 12, header + 16, 4) == 0) return {};
  mend(frame, Mend::lengths_and_checksums);
  return frame;
}

void there_and_back(Choices& choices) {
  static constexpr uint16_t kMtus4[] = {9500, 1500, 1280, 576, 84, 68}, kMtus6[] = {9600, 1500, 1280, 1281};
  const uint16_t external_mtu = choices.of(kMtus4), internal_mtu = choices.of(kMtus6);
  const uint8_t order = choices.byte();
  const Bytes packet = choose_packet(choices);
  if (packet.empty()) return;
  const size_t length = packet.size() - kEthernet;
  const bool whole = packet[kEthernet + 6] & 0x40;
  if (length > 9400 || (whole && (length > external_mtu || length + 40 > internal_mtu))) return;
  if (length / (std::min<size_t>(external_mtu, 160) - 60) > 60) return;  // more fragments than the pool has buffers

  Way way(external_mtu, internal_mtu);
  std::vector<Bytes> tunnel = way.cross(Port::external, Port::internal, {packet});
  PROMISE(!tunnel.empty(), "%zu bytes did not enter the tunnel", length);
  PROMISE((tunnel.size() > 1) == (length + 40 > internal_mtu), "%zu fragments", tunnel.size());

  // The answer: the B4 puts fragments together, turns the packet round and sends it, cut again, in any order.
  Bytes answer(tunnel[0].begin(), tunnel[0].begin() + kEthernet + 40);
  for (const Bytes& piece : tunnel) {
    const long head = kEthernet + 40 + (tunnel.size() > 1 ? 8 : 0);
    answer.insert(answer.end(), piece.begin() + head, piece.end());
  }
  answer[kEthernet + 6] = 4;
  exchange(&answer[kEthernet + 8], &answer[kEthernet + 24], 16);
  turn_round(answer, kEthernet + 40);
  mend(answer, Mend::lengths_and_checksums);
  std::vector<Bytes> answers{answer};
  if (order & 1) {
    const Bytes cut{static_cast<uint8_t>(order & 4), static_cast<uint8_t>(150 + order / 8)};
    Choices cutting(cut.data(), cut.size());
    answers = choose_fragments(cutting, answer);
  }
  const std::vector<Bytes> sent = way.cross(Port::internal, Port::external, answers);
  PROMISE(!sent.empty(), "%zu bytes did not come out of the tunnel", length);
  PROMISE((sent.size() > 1) == (length > external_mtu), "%zu fragments", sent.size());

  Bytes got = join(sent);
  turn_round(got, kEthernet);
  Bytes wanted = packet;
  wanted[kEthernet + 8]--;
  if (sent.size() > 1)
    std::copy_n(&got[kEthernet + 4], 2, &wanted[kEthernet + 4]);  // fragments have a new identification
  for (Bytes* frame : {&got, &wanted}) {
    std::fill_n(frame->begin(), 12, 0);
    mend(*frame, Mend::lengths_and_checksums);
  }
  PROMISE(got == wanted, "%zu bytes went in, %zu came out", wanted.size(), got.size());
}

}  // namespace
}  // namespace lwaftr::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  lwaftr::fuzz::Choices choices(data, size);
  lwaftr::fuzz::there_and_back(choices);
  return 0;
}
