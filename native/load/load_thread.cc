#include "load_thread.h"

#include <poll.h>
#include <sys/prctl.h>
#include <time.h>

#include <algorithm>

#include "core/arp.h"
#include "core/ndp.h"
#include "core/parse.h"
#include "io/monotonic.h"
#include "io/packet_thread.h"

namespace lwaftr {
namespace {

constexpr size_t kSmallPackets = 4096, kLargePackets = 512;
constexpr size_t kReceive = 64;         // frames of a link between two looks at the clock
constexpr size_t kBurst = 32;           // packets of a side at once
constexpr Time kPatience = 10'000'000;  // ns behind: what was not sent by then is not made up for
constexpr Time kMaintenance = 100'000'000;
constexpr Time kWorthSleeping = 30'000;  // ns until the next packet is due
constexpr Time kLongestSleep = 10'000'000;

// Packets due after so many nanoseconds.
uint64_t due_after(Time passed, uint64_t rate) {
  return static_cast<uint64_t>(static_cast<unsigned __int128>(passed) * rate / kSecond);
}

}  // namespace

LoadThread::LoadThread(const Settings& settings, LoadFrames frames,
                       std::array<std::unique_ptr<Device>, kPortCount> devices)
    : settings_(settings),
      on_a_stick_(settings.on_a_stick),
      frames_(std::move(frames)),
      pool_(kSmallPackets, kLargePackets),
      bridge_(pool_, counters_),
      links_{Link(std::move(devices[0])), Link(std::move(devices[1])), Link(std::move(devices[2]))} {
  bridge_.configure(settings_);
}

LoadThread::~LoadThread() { stop(); }

int LoadThread::start(int cpu) {
  return start_packet_thread(thread_, "lwaftr-load", cpu, [this] { run(); });
}

void LoadThread::stop() {
  if (!thread_.joinable()) return;
  stop_.store(true, std::memory_order_release);
  thread_.join();
}

LoadThread::Totals LoadThread::totals() const {
  return {{meters_[0].totals(), meters_[1].totals()},
          unexpected_.load(std::memory_order_relaxed),
          kernel_drops_.load(std::memory_order_relaxed)};
}

void LoadThread::run() {
  prctl(PR_SET_TIMERSLACK, 1);  // wake when a packet is due, not 50 µs later
  while (!stop_.load(std::memory_order_acquire)) {
    const Time now = monotonic_now();
    const size_t moved = receive(now) + send(now);
    if (now - last_maintenance_ >= kMaintenance) maintain(now);
    if (moved == 0) sleep(now);
  }
}

size_t LoadThread::receive(Time now) {
  size_t received = 0;
  for (const Port port : {Port::internal, Port::external, Port::passthru}) {
    Packet* packets[kReceive];
    const size_t count = link(port).receive(pool_, packets, kReceive);
    received_.assign(packets, packets + count);
    bridge_.receive(port, received_);
    received += count;
  }
  if (received == 0) return 0;
  PacketList& external = bridge_.relay(Side::external);
  PacketList& internal = bridge_.relay(Side::internal);
  for (Packet* packet : external) take_from_external(packet, now);
  for (Packet* packet : internal) take_from_internal(packet, now);
  external.clear();
  internal.clear();
  send_others();
  return received;
}

void LoadThread::take_from_external(Packet* packet, Time now) {
  if (is_arp(*packet)) {
    return handle_arp(packet, settings_.external_interface, next_hop_, pool_, counters_, now,
                      answers_[static_cast<size_t>(Side::external)]);
  }
  Ipv4Packet parsed;
  LoadStamp stamp;
  if (parse_ipv4(packet, parsed) != Parse::ok || !frames_.read(parsed, stamp)) return unexpected(packet);
  take_stamp(Side::internal, stamp, *packet, now);
  pool_.free(packet);
}

void LoadThread::take_from_internal(Packet* packet, Time now) {
  Ipv6Packet parsed;
  if (parse_ipv6(packet, parsed) != Parse::ok) return unexpected(packet);
  if (is_ndp(parsed)) {
    return handle_ndp(parsed, settings_.internal_interface, next_hop_, pool_, counters_, now,
                      answers_[static_cast<size_t>(Side::internal)]);
  }
  TunnelPacket tunnel;
  LoadStamp stamp;
  if (parsed.next_header != ip_protocol::kIpv4 || parse_tunnel(parsed, tunnel) != Parse::ok ||
      !frames_.read(tunnel, stamp)) {
    return unexpected(packet);
  }
  take_stamp(Side::external, stamp, *packet, now);
  pool_.free(packet);
}

void LoadThread::take_stamp(Side sent_to, const LoadStamp& stamp, const Packet& packet, Time now) {
  meters_[static_cast<size_t>(sent_to)].received(stamp.sequence, packet.length,
                                                 now > stamp.sent ? now - stamp.sent : 0);
}

void LoadThread::unexpected(Packet* packet) {
  unexpected_.fetch_add(1, std::memory_order_relaxed);
  pool_.free(packet);
}

// What the bridge has for the passthru device and from it, and answers.
void LoadThread::send_others() {
  for (const Side side : {Side::external, Side::internal}) {
    PacketList& answers = answers_[static_cast<size_t>(side)];
    if (!answers.empty()) bridge_.transmit(side, answers);
  }
  for (const Port port : {Port::passthru, Port::internal, Port::external}) flush(port);
}

// As many of each side as are due, in turns.
size_t LoadThread::send(Time now) {
  const uint64_t rate = rate_.load(std::memory_order_relaxed);
  if (rate != paced_rate_) {
    paced_rate_ = rate;
    pace_start_ = now;
    paced_ = 0;
  }
  if (rate == 0) return 0;
  const uint64_t due = due_after(now - pace_start_, rate);
  paced_ = std::max(paced_, due - std::min(due, due_after(kPatience, rate) + kBurst));
  const size_t count = static_cast<size_t>(std::min<uint64_t>(due - paced_, 2 * kBurst));
  paced_ += count;
  if (now - pace_start_ >= kSecond && paced_ >= rate) {
    pace_start_ += kSecond;
    paced_ -= rate;
  }
  // An odd one goes to the side that has had fewer.
  const size_t external = (count + (next_sequence_[0] <= next_sequence_[1] ? 1 : 0)) / 2;
  send(Side::external, external, now);
  send(Side::internal, count - external, now);
  return count;
}

void LoadThread::send(Side side, size_t count, Time now) {
  if (count == 0) return;
  uint64_t& sequence = next_sequence_[static_cast<size_t>(side)];
  for (size_t i = 0; i < count; i++) {
    Packet* packet = pool_.allocate(frames_.length(side, sequence));
    if (!packet) break;
    frames_.write(side, {sequence++, now}, *packet);
    sending_.push_back(packet);
  }
  LoadMeter& meter = meters_[static_cast<size_t>(side)];
  // Before they leave: an answer may be quick.
  meter.sent(sending_.size(), 0);
  bridge_.transmit(side, sending_);
  meter.sent(0, flush(port_of(side)));
}

// Returns how many frames the device did not take.
uint64_t LoadThread::flush(Port port) {
  PacketList& frames = bridge_.output(port);
  if (frames.empty()) return 0;
  const uint64_t before = link(port).statistics().transmit_drops;
  link(port).transmit(frames.data(), frames.size());
  for (Packet* frame : frames) pool_.free(frame);
  frames.clear();
  return link(port).statistics().transmit_drops - before;
}

void LoadThread::maintain(Time now) {
  last_maintenance_ = now;
  uint64_t drops = 0;
  for (Link& link : links_) {
    link.check();
    const DeviceStatistics statistics = link.statistics();
    drops += statistics.kernel_drops + statistics.no_buffer_drops + statistics.oversize_drops;
  }
  kernel_drops_.store(drops, std::memory_order_relaxed);
}

// Until the next packet is due or something comes.
void LoadThread::sleep(Time now) const {
  Time next = kLongestSleep;
  if (paced_rate_ > 0) {
    const Time due = pace_start_ + (paced_ + 1) * kSecond / paced_rate_;
    next = due > now ? std::min(next, due - now) : 0;
  }
  if (next < kWorthSleeping) return;
  pollfd waits[kPortCount];
  for (size_t i = 0; i < kPortCount; i++) waits[i] = {links_[i].wait_fd(), POLLIN, 0};
  const timespec timeout{0, static_cast<long>(next)};
  ppoll(waits, kPortCount, &timeout, nullptr);
}

}  // namespace lwaftr
