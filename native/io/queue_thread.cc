#include "queue_thread.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>

#include "monotonic.h"
#include "packet_thread.h"
#include "seccomp.h"

namespace lwaftr {

namespace {

constexpr size_t kSmallPackets = 16384;  // full receive batches, frames held for next hops, reassembly
constexpr size_t kLargePackets = 512;
constexpr size_t kPassthruShare = 32;         // frames of the passthru device in each pass
constexpr Time kMaintenance = 100'000'000;    // ns between looks at the devices
constexpr int kSleep = 50;                    // ms: timers of the pipeline are seconds, packets wake us
constexpr Time kDrain = 200'000'000;          // ns
constexpr int kEmptyPasses = 64;              // before sleeping: a burst's next frame is often on its way
constexpr std::chrono::seconds kPatience(5);  // for a thread that does not reach its batch boundary

}  // namespace

QueueThread::QueueThread(bool on_a_stick, QueueMemory& memory)
    : pool_(kSmallPackets, kLargePackets),
      on_a_stick_(on_a_stick),
      links_{Link(nullptr), Link(nullptr), Link(nullptr)},
      memory_(memory),
      pipeline_(pool_, memory.counters, memory.state),
      wake_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}

QueueThread::~QueueThread() {
  stop();
  close(wake_);
}

int QueueThread::start(int cpu, const std::string& name) {
  return start_packet_thread(thread_, name, cpu, [this] { run(); });
}

int QueueThread::pin(int cpu) { return pin_packet_thread(thread_, cpu); }

void QueueThread::stop() {
  if (!thread_.joinable()) return;
  stop_.store(true, std::memory_order_release);
  eventfd_write(wake_, 1);
  thread_.join();
  publish_drops();
  for (auto* up : {&memory_.state.internal_link_up, &memory_.state.external_link_up, &memory_.state.passthru_link_up}) {
    up->store(0, std::memory_order_relaxed);
  }
}

bool QueueThread::apply(Update& update) {
  if (!thread_.joinable()) {
    exchange(update);
    return true;
  }
  std::unique_lock<std::mutex> lock(mutex_);
  waiting_.store(&update, std::memory_order_release);
  eventfd_write(wake_, 1);
  auto taken = [this] { return waiting_.load(std::memory_order_relaxed) == nullptr; };
  if (taken_.wait_for(lock, kPatience, taken)) return true;
  waiting_.store(nullptr, std::memory_order_relaxed);
  return false;
}

int QueueThread::widen(const LinkPart& next) { return change(&Link::widen, next); }
int QueueThread::narrow(const LinkPart& next) { return change(&Link::narrow, next); }

int QueueThread::change(int (Link::*step)(const LinkPart&), const LinkPart& next) {
  int problem = 0;
  for (const Port port : {Port::internal, Port::external}) {
    const int failure = (link(port).*step)(next);
    // One that is away has its part when it is opened anew.
    if (failure && link(port).present()) problem = failure;
  }
  return problem;
}

void QueueThread::drain() {
  // The first may have begun before. What a full ring holds takes a thread that has its CPU some milliseconds.
  const uint64_t enough = empty_passes_.load(std::memory_order_acquire) + 2;
  const Time end = monotonic_now() + kDrain;
  while (thread_.joinable() && empty_passes_.load(std::memory_order_acquire) < enough && monotonic_now() < end) {
    eventfd_write(wake_, 1);
    usleep(100);
  }
}

void QueueThread::take_update() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    Update* update = waiting_.load(std::memory_order_relaxed);
    if (!update) return;
    exchange(*update);
    waiting_.store(nullptr, std::memory_order_relaxed);
  }
  taken_.notify_one();
}

void QueueThread::exchange(Update& update) {
  Time now = monotonic_now();
  if (update.table) {
    pipeline_.set_table(update.table.get());
    table_.swap(update.table);
    memory_.state.table_generation.store(update.table_generation, std::memory_order_release);
  }
  if (update.settings) {
    pipeline_.share_next_hops(update.external_next_hop, update.internal_next_hop);
    pipeline_.configure(*update.settings, update.filters, now);
    memory_.state.settings_revision.store(update.settings_revision, std::memory_order_release);
  }
  if (update.purge_next_hops) pipeline_.purge_next_hops();
  if (update.exchange_capture) {
    pipeline_.set_capture(update.capture.get());
    capture_.swap(update.capture);
  }
  bool exchanged = false;
  for (size_t i = 0; i < kPortCount; i++) {
    if (!update.exchange[i]) continue;
    links_[i].exchange(update.devices[i]);
    exchanged = true;
  }
  if (exchanged) maintain(now);
}

void QueueThread::run() {
  // Where the kernel cannot, the worker has said so of itself before (addon/guard.cc).
  confine_packet_thread();
  int empty = 0;
  Time last_process = 0;
  uint64_t batches = memory_.state.batches.load(std::memory_order_relaxed);
  while (!stop_.load(std::memory_order_acquire)) {
    if (waiting_.load(std::memory_order_acquire)) take_update();
    size_t received = receive();
    memory_.state.batches.store(++batches, std::memory_order_release);
    if (received == 0)
      empty_passes_.store(empty_passes_.load(std::memory_order_relaxed) + 1, std::memory_order_release);
    if (received == 0 && ++empty < kEmptyPasses) continue;
    Time now = monotonic_now();
    if (received > 0 || now - last_process >= static_cast<Time>(kSleep) * 1'000'000 / 2) {
      pipeline_.process(now);
      transmit();
      last_process = now;
    }
    if (attention_ || now - last_maintenance_ >= kMaintenance) maintain(now);
    if (received > 0) {
      empty = 0;
    } else {
      sleep();
      empty = kEmptyPasses - 2;  // woken for one frame, go back to sleep soon after it
    }
  }
}

size_t QueueThread::receive() {
  size_t received = 0;
  for (Port port : {Port::internal, Port::external, Port::passthru}) {
    Packet* packets[Pipeline::kBatch];
    size_t count = link(port).receive(pool_, packets, port == Port::passthru ? kPassthruShare : Pipeline::kBatch);
    if (count > 0) pipeline_.receive(port, packets, count);
    received += count;
  }
  return received;
}

// Passthru first: it is little and in a hurry.
void QueueThread::transmit() {
  for (Port port : {Port::passthru, Port::internal, Port::external}) {
    PacketSpan output = pipeline_.output(port);
    if (output.count == 0) continue;
    link(port).transmit(output.packets, output.count);
    pipeline_.clear_output(port);
    for (size_t i = 0; i < output.count; i++) pool_.free(output.packets[i]);
  }
}

void QueueThread::maintain(Time now) {
  last_maintenance_ = now;
  attention_ = false;
  for (Link& link : links_) link.check();
  QueueState& state = memory_.state;
  state.internal_link_up.store(link(Port::internal).up(), std::memory_order_relaxed);
  state.external_link_up.store(link(on_a_stick_ ? Port::internal : Port::external).up(), std::memory_order_relaxed);
  state.passthru_link_up.store(link(Port::passthru).up(), std::memory_order_relaxed);
  state.cpu_time.store(time_of(CLOCK_THREAD_CPUTIME_ID), std::memory_order_relaxed);
  publish_drops();
}

// What the devices lost, as counters: the increase since the last time. Frames that never reached the pipeline for want
// of a buffer are, to an operator, frames that the card dropped.
void QueueThread::publish_drops() {
  Counters& counters = memory_.counters;
  for (Port port : {Port::internal, Port::external, Port::passthru}) {
    DeviceStatistics& published = published_[static_cast<size_t>(port)];
    DeviceStatistics increase = link(port).statistics() - published;
    published += increase;
    if (port == Port::passthru) {
      counters.add(Counter::drop_passthru_receive_packets,
                   increase.kernel_drops + increase.oversize_drops + increase.no_buffer_drops);
      counters.add(Counter::drop_passthru_transmit_packets, increase.transmit_drops);
      continue;
    }
    counters.add(Counter::ingress_packet_drops, increase.kernel_drops + increase.no_buffer_drops);
    // They were received, though the pipeline never saw them: the conservation law counts them on both sides.
    counters.add(port == Port::internal ? Counter::in_internal_packets : Counter::in_external_packets,
                 increase.oversize_drops);
    counters.add(Counter::drop_oversize_packets, increase.oversize_drops);
    counters.add(
        port == Port::internal ? Counter::drop_internal_transmit_packets : Counter::drop_external_transmit_packets,
        increase.transmit_drops);
  }
}

void QueueThread::sleep() {
  pollfd waits[1 + kPortCount] = {{wake_, POLLIN, 0}};
  for (size_t i = 0; i < kPortCount; i++) waits[1 + i] = {links_[i].wait_fd(), POLLIN, 0};
  if (poll(waits, 1 + kPortCount, kSleep) <= 0) return;
  if (waits[0].revents) {
    eventfd_t count;
    eventfd_read(wake_, &count);
  }
  for (size_t i = 1; i <= kPortCount; i++) {
    attention_ = attention_ || (waits[i].revents & (POLLERR | POLLHUP | POLLNVAL));
  }
}

}  // namespace lwaftr
