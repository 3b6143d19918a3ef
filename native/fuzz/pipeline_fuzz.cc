// The whole packet path under any configuration, any frames, any pace. After every step: the conservation law, no
// buffer lost or freed twice (the pool poisons free ones), a reason for every drop, and the judge's verdict on all that
// was sent. scripts/fuzz/seeds.mjs writes the same format.
//
//   settings (10 bytes) | size of the pool, and whether a capture runs (1 byte) | operations
//   operation: bits 0-2 which, 3-4 by which door, 5-6 how to mend the frame
#include <algorithm>
#include <array>
#include <cstring>
#include <memory>

#include "core/capture.h"
#include "core/conservation.h"
#include "core/pipeline.h"
#include "frames.h"
#include "judge.h"
#include "network.h"
#include "slow.h"

namespace lwaftr::fuzz {
namespace {

enum Operation : uint8_t { kRaw = 0, kStep, kIpv4, kTunnel, kIcmpv6, kArp, kFragments, kOther };

// Waiting fragments are copied out of their buffers; only what waits for a next hop keeps them.
size_t fragments_held(const Counters& counters) {
  const auto kind = [&counters](Counter needed, Counter merged, Counter dropped) {
    return counters.get(needed) - counters.get(merged) - counters.get(dropped);
  };
  return kind(Counter::in_ipv4_frag_needs_reassembly, Counter::in_ipv4_frag_merged, Counter::drop_ipv4_frag_packets) +
         kind(Counter::in_ipv6_frag_needs_reassembly, Counter::in_ipv6_frag_merged, Counter::drop_ipv6_frag_packets) +
         kind(Counter::in_inner_frag_needs_reassembly, Counter::in_inner_frag_merged, Counter::drop_inner_frag_packets);
}

// Why the core drops; beside these counters there are only refinements of them.
constexpr Counter kCoreDrops[] = {Counter::drop_misplaced_not_ipv4_packets,
                                  Counter::drop_misplaced_not_ipv6_packets,
                                  Counter::drop_in_by_policy_icmpv4_packets,
                                  Counter::drop_in_by_policy_icmpv6_packets,
                                  Counter::drop_bad_checksum_icmpv4_packets,
                                  Counter::drop_bad_checksum_icmpv6_packets,
                                  Counter::drop_bad_checksum_ipv4_packets,
                                  Counter::drop_no_port_ipv4_packets,
                                  Counter::drop_no_port_ipv6_packets,
                                  Counter::drop_no_dest_softwire_ipv4_packets,
                                  Counter::drop_no_source_softwire_ipv6_packets,
                                  Counter::drop_ttl_zero_ipv4_packets,
                                  Counter::drop_over_mtu_but_dont_fragment_ipv4_packets,
                                  Counter::drop_over_external_mtu_but_dont_fragment_ipv4_packets,
                                  Counter::drop_malformed_tunnel_ipv6_packets,
                                  Counter::drop_unknown_protocol_ipv6_packets,
                                  Counter::drop_unknown_protocol_icmpv6_packets,
                                  Counter::drop_too_big_type_but_not_code_icmpv6_packets,
                                  Counter::drop_over_time_but_not_hop_limit_icmpv6_packets,
                                  Counter::drop_unverified_icmpv6_packets,
                                  Counter::drop_ipv4_frag_disabled,
                                  Counter::drop_ipv6_frag_disabled};

uint64_t core_drops_by_reason(const Counters& counters) {
  uint64_t drops = 0;
  for (Counter reason : kCoreDrops) drops += counters.get(reason);
  return drops;
}

// A capture of all there is: it sees each frame that is received, once, and knows of each that the core dropped why.
class Watch {
 public:
  Watch() {
    auto ring = std::make_unique<CaptureRing>();
    PROMISE(ring->create("", kRing) == 0, "no memory");
    ring_ = ring.get();
    CaptureOptions options;
    options.snap_length = 128;
    capture_ = std::make_unique<Capture>(std::move(options), std::move(ring), kPortCount * Pipeline::kBatch);
  }
  Capture* capture() { return capture_.get(); }
  void step_ends(size_t received, const Counters& counters);

 private:
  // For what a step may send, each buffer of the pool once, beside what it receives.
  static constexpr size_t kRing = 1 << 19;

  CaptureRing* ring_;
  std::unique_ptr<Capture> capture_;
  std::array<uint64_t, kCounterCount> dropped_{};
};

void Watch::step_ends(size_t received, const Counters& counters) {
  const Bytes records = ring_->read(kRing);
  size_t seen = 0;
  for (size_t at = 0; at < records.size();) {
    CaptureRecord record;
    std::memcpy(&record, records.data() + at, sizeof record);
    PROMISE(record.captured == std::min(record.length, 128u), "%u of %u bytes", record.captured, record.length);
    if (record.direction == Direction::received) seen++;
    if (record.fate == Fate::dropped) {
      PROMISE(record.reason < kCounterCount, "reason %u", record.reason);
      dropped_[record.reason]++;
    }
    at += record.size;
  }
  PROMISE(seen == received && ring_->lost() == 0, "%zu of %zu frames received, %lu lost", seen, received,
          ring_->lost());
  for (Counter reason : kCoreDrops) {
    const uint64_t count = dropped_[static_cast<size_t>(reason)];
    PROMISE(count == counters.get(reason), "%lu dropped for %s, %lu counted", count, counter_info(reason).name,
            counters.get(reason));
  }
}

// Fragments sent that did not leave: not made, or larger than the router behind passthru takes.
uint64_t fragments_lost(const Counters& counters) {
  return counters.get(Counter::drop_no_buffer_packets) + counters.get(Counter::drop_passthru_over_mtu_packets);
}

bool is_ipv4_side(const Bytes& frame) {
  const size_t at = frame.size() >= 18 && get16(&frame[12]) == 0x8100 ? 16 : 12;
  return frame.size() >= 14 && (get16(&frame[at]) == 0x0800 || get16(&frame[at]) == 0x0806);
}

class Relay {
 public:
  explicit Relay(Choices& choices) {
    settings_ = choose_settings(choices);
    const uint8_t choice = choices.byte();
    size_ = choice % 3;
    if (choice / 3 % 2) watch_ = std::make_unique<Watch>();
    pool_ = std::make_unique<PacketPool>(kSmall[size_], kLarge[size_]);
    pipeline_ = std::make_unique<Pipeline>(*pool_, *counters_, state_);
    pipeline_->seed_fragment_ids(0x4243, 0x42424243);
    pipeline_->set_table(&binding_table());
    if (watch_) pipeline_->set_capture(watch_->capture());
    configure(settings_);
  }

  void configure(const Settings& settings) {
    settings_ = settings;
    judge_.configured(settings);
    pipeline_->configure(settings, now_);
  }
  const Settings& settings() const { return settings_; }
  // By which door: 0 that of the frame's family, 1 external, 2 internal, 3 passthru.
  void receive(int door, const Bytes& frame);
  void step(Time pause);
  // A minute later nothing waits for its other fragments, nor uses memory.
  void end();

 private:
  // The usual pool, one that is soon empty, and one that outlasts the queue of a next hop.
  static constexpr size_t kSmall[] = {192, 6, 1300}, kLarge[] = {64, 2, 64};

  Time now_ = 0;
  size_t size_ = 0;
  Settings settings_;
  std::unique_ptr<Counters> counters_ = std::make_unique<Counters>();
  QueueState state_{};
  std::unique_ptr<PacketPool> pool_;
  std::unique_ptr<Pipeline> pipeline_;
  Judge judge_;
  std::unique_ptr<Watch> watch_;
  std::array<size_t, kPortCount> received_{};
};

void Relay::receive(int door, const Bytes& frame) {
  Port port = static_cast<Port>((door + 2) % 3);
  if (door == 0) port = is_ipv4_side(frame) ? Port::external : Port::internal;
  if (settings_.on_a_stick && settings_.filter_destination_mac && port == Port::external) port = Port::internal;
  if (port == Port::passthru && !settings_.passthru_interface) return;
  size_t& received = received_[static_cast<size_t>(port)];
  if (frame.size() > Packet::kMaxFrame || received == Pipeline::kBatch) return;
  Packet* packet = pool_->allocate(frame.size());
  if (!packet) return;
  received++;
  std::copy(frame.begin(), frame.end(), packet->data);
  packet->length = static_cast<uint32_t>(frame.size());
  judge_.received(port, frame);
  pipeline_->receive(port, &packet, 1);
}

void Relay::step(Time pause) {
  now_ += pause;
  const uint64_t lost = fragments_lost(*counters_);
  pipeline_->process(now_);
  if (watch_) watch_->step_ends(received_[0] + received_[1] + received_[2], *counters_);
  received_ = {};
  for (const Port port : {Port::external, Port::internal, Port::passthru}) {
    const PacketSpan frames = pipeline_->output(port);
    for (size_t i = 0; i < frames.count; i++) {
      Packet* packet = frames.packets[i];
      judge_.sent(port, Bytes(packet->data, packet->data + packet->length));
      pool_->free(packet);
    }
    pipeline_->clear_output(port);
  }
  judge_.step_ends(fragments_lost(*counters_) == lost);

  const size_t held = pipeline_->held();
  const Balance sums = balance(*counters_);
  PROMISE(sums.holds(held), "%lu in, %lu out, %zu held", sums.in(), sums.out(), held);
  const size_t in_use = kSmall[size_] + kLarge[size_] - pool_->available_small() - pool_->available_large();
  PROMISE(in_use == held - fragments_held(*counters_), "%zu buffers in use, %zu of %zu frames held are fragments",
          in_use, fragments_held(*counters_), held);
  const uint64_t dropped =
      counters_->get(Counter::drop_all_ipv4_iface_packets) + counters_->get(Counter::drop_all_ipv6_iface_packets);
  PROMISE(dropped == core_drops_by_reason(*counters_), "%lu dropped, %lu with a reason", dropped,
          core_drops_by_reason(*counters_));
}

void Relay::end() {
  step(0);
  step(61 * kSecond);
  PROMISE(fragments_held(*counters_) == 0, "%zu fragments still wait", fragments_held(*counters_));
  const uint64_t used = counters_->get(Counter::memuse_ipv4_frag_reassembly_buffer) +
                        counters_->get(Counter::memuse_ipv6_frag_reassembly_buffer);
  PROMISE(used == 0, "%lu bytes for fragments that do not wait", used);
}

}  // namespace
}  // namespace lwaftr::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace lwaftr;
  using namespace lwaftr::fuzz;
  static constexpr Time kPauses[] = {0, kSecond / 10, kSecond, 3 * kSecond, 31 * kSecond, 61 * kSecond};
  static constexpr Mend kMends[] = {Mend::lengths_and_checksums, Mend::lengths_and_checksums, Mend::checksums,
                                    Mend::nothing};
  constexpr size_t kMostOperations = 48;
  Choices choices(data, size);
  Relay relay(choices);
  Bytes last;
  for (size_t n = 0; n < kMostOperations && !choices.empty(); n++) {
    const uint8_t operation = choices.byte();
    const int door = operation / 8 % 4;
    switch (operation % 8) {
      case kRaw:
        last = choices.bytes(choices.word());
        break;
      case kStep:
        relay.step(choices.of(kPauses));
        continue;
      case kFragments:
        for (const Bytes& piece : choose_fragments(choices, last)) relay.receive(door, piece);
        continue;
      case kOther:
        if (operation & 128) {
          relay.configure(choose_settings(choices));
        } else {
          for (int i = choices.byte(); i > 0; i--) relay.receive(door, last);
        }
        continue;
      default:
        last = choose_frame(choices, static_cast<FrameKind>(operation % 8 - kIpv4), relay.settings());
    }
    mend(last, kMends[operation / 32 % 4]);
    relay.receive(door, last);
  }
  relay.end();
  return 0;
}
