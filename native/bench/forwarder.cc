#include "forwarder.h"

namespace lwaftr {
namespace {

constexpr size_t kSmallPackets = 8192, kLargePackets = 512;
constexpr size_t kPassesPerClock = 16;

}  // namespace

Forwarder::Forwarder(const Settings& settings, const BindingTable& table, FrameLoop& ipv4, FrameLoop& ipv6)
    : ipv4_(ipv4),
      ipv6_(ipv6),
      pool_(kSmallPackets, kLargePackets),
      pipeline_(pool_, *counters_, *state_),
      now_(monotonic_now()) {
  pipeline_.configure(settings, now_);
  pipeline_.set_table(&table);
}

void Forwarder::set_probe(StageProbe* probe) {
  probe_ = probe;
  pipeline_.set_probe(probe);
}

void Forwarder::run(double seconds) {
  const Stopwatch watch;
  do {
    for (size_t i = 0; i < kPassesPerClock; i++) pass();
  } while (watch.seconds() < seconds);
}

Time Forwarder::monotonic_now() {
  return std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch()).count();
}

void Forwarder::deal(FrameLoop& loop, Port port) {
  Packet* batch[Pipeline::kBatch];
  const size_t count = loop.deal(pool_, batch, Pipeline::kBatch);
  pipeline_.receive(port, batch, count);
  received += count;
}

void Forwarder::release(Port port, Sent& sent) {
  const PacketSpan frames = pipeline_.output(port);
  sent.packets += frames.count;
  for (size_t i = 0; i < frames.count; i++) {
    sent.bytes += frames.packets[i]->length;
    pool_.free(frames.packets[i]);
  }
  pipeline_.clear_output(port);
}

uint64_t copy_frames(FrameLoop& ipv4, FrameLoop& ipv6, double seconds) {
  PacketPool pool(kSmallPackets, kLargePackets);
  Packet* batch[2 * Pipeline::kBatch];
  uint64_t copied = 0;
  const Stopwatch watch;
  do {
    for (size_t i = 0; i < kPassesPerClock; i++) {
      size_t count = ipv4.deal(pool, batch, Pipeline::kBatch);
      count += ipv6.deal(pool, batch + count, Pipeline::kBatch);
      for (size_t j = 0; j < count; j++) pool.free(batch[j]);
      copied += count;
    }
  } while (watch.seconds() < seconds);
  return copied;
}

}  // namespace lwaftr
