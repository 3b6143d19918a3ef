#include "queue_thread.h"

#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>

namespace lwaftr {

namespace {

constexpr size_t kSmallPackets = 16384;  // full receive batches, frames held for next hops, reassembly
constexpr size_t kLargePackets = 512;
constexpr size_t kPassthruShare = 32;         // frames of the passthru device in each pass
constexpr Time kMaintenance = 100'000'000;    // ns between looks at the devices
constexpr int kSleep = 50;                    // ms: timers of the pipeline are seconds, packets wake us
constexpr int kEmptyPasses = 64;              // before sleeping: a burst's next frame is often on its way
constexpr std::chrono::seconds kPatience(5);  // for a thread that does not reach its batch boundary

Time monotonic_now() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<Time>(now.tv_sec) * 1'000'000'000 + static_cast<Time>(now.tv_nsec);
}

}  // namespace

QueueThread::QueueThread(Links links, QueueMemory& memory)
    : pool_(kSmallPackets, kLargePackets),
      links_(std::move(links)),
      memory_(memory),
      pipeline_(pool_, memory.counters, memory.state),
      wake_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}

QueueThread::~QueueThread() {
  stop();
  links_ = {};  // they give packets back to the pool
  close(wake_);
}

void QueueThread::start(int cpu, const std::string& name, OpenError* error) {
  for (Link* link : {links_.internal.get(), links_.external.get(), links_.passthru.get()}) {
    if (link && !error->number) link->start(error);
  }
  if (error->number) return;
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);  // signals are for the thread that runs JavaScript
  thread_ = std::thread([this] { run(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  pthread_setname_np(thread_.native_handle(), name.substr(0, 15).c_str());
  if (cpu < 0) return;
  cpu_set_t cpus;
  CPU_ZERO(&cpus);
  CPU_SET(cpu, &cpus);
  int problem = pthread_setaffinity_np(thread_.native_handle(), sizeof cpus, &cpus);
  if (problem) error->set(problem, name, "cannot pin the thread to its CPU");
}

void QueueThread::stop() {
  if (!thread_.joinable()) return;
  stop_.store(true, std::memory_order_release);
  eventfd_write(wake_, 1);
  thread_.join();
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
    pipeline_.configure(*update.settings, now);
    memory_.state.settings_revision.store(update.settings_revision, std::memory_order_release);
  }
  if (update.replace_passthru) {
    links_.passthru.swap(update.passthru);
    published_passthru_ = {};
    if (links_.passthru) links_.passthru->maintain(now);
  }
}

void QueueThread::run() {
  int empty = 0;
  Time last_process = 0;
  while (!stop_.load(std::memory_order_acquire)) {
    if (waiting_.load(std::memory_order_acquire)) take_update();
    size_t received = receive(Port::internal, links_.internal.get(), Pipeline::kBatch) +
                      receive(Port::external, links_.external.get(), Pipeline::kBatch) +
                      receive(Port::passthru, links_.passthru.get(), kPassthruShare);
    memory_.state.batches.fetch_add(1, std::memory_order_release);
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

size_t QueueThread::receive(Port port, Link* link, size_t limit) {
  if (!link) return 0;
  Packet* packets[Pipeline::kBatch];
  size_t count = link->receive(pool_, packets, limit);
  if (count > 0) pipeline_.receive(port, packets, count);
  return count;
}

void QueueThread::transmit() {
  Link* const links[] = {links_.external.get(), links_.internal.get(), links_.passthru.get()};
  static_assert(static_cast<int>(Port::external) == 0 && static_cast<int>(Port::passthru) == 2);
  for (size_t i = 0; i < kPortCount; i++) {
    Port port = static_cast<Port>(i);
    PacketSpan output = pipeline_.output(port);
    if (output.count == 0) continue;
    Link* link = links[i] || port == Port::passthru ? links[i] : links_.internal.get();
    if (link) link->transmit(output.packets, output.count);
    for (size_t k = 0; k < output.count; k++) pool_.free(output.packets[k]);
    pipeline_.clear_output(port);
  }
}

void QueueThread::maintain(Time now) {
  last_maintenance_ = now;
  attention_ = false;
  for (Link* link : {links_.internal.get(), links_.external.get(), links_.passthru.get()}) {
    if (link) link->maintain(now);
  }
  const Link* external = links_.external ? links_.external.get() : links_.internal.get();
  QueueState& state = memory_.state;
  state.internal_link_up.store(links_.internal->up(), std::memory_order_relaxed);
  state.external_link_up.store(external->up(), std::memory_order_relaxed);
  state.passthru_link_up.store(links_.passthru && links_.passthru->up(), std::memory_order_relaxed);
  publish_drops();
}

// What the devices lost, as counters: the increase since the last time.
void QueueThread::publish_drops() {
  DeviceStatistics links = links_.internal->statistics();
  if (links_.external) links += links_.external->statistics();
  DeviceStatistics increase = links - published_links_;
  published_links_ = links;
  Counters& counters = memory_.counters;
  counters.add(Counter::ingress_packet_drops, increase.kernel_drops);
  counters.add(Counter::drop_link_oversize_packets, increase.oversize_drops);
  counters.add(Counter::drop_link_no_buffer_packets, increase.no_buffer_drops);
  counters.add(Counter::drop_link_transmit_packets, increase.transmit_drops);
  if (!links_.passthru) return;
  DeviceStatistics passthru = links_.passthru->statistics();
  increase = passthru - published_passthru_;
  published_passthru_ = passthru;
  counters.add(Counter::drop_passthru_device_receive_packets,
               increase.kernel_drops + increase.oversize_drops + increase.no_buffer_drops);
  counters.add(Counter::drop_passthru_device_transmit_packets, increase.transmit_drops);
}

void QueueThread::sleep() {
  pollfd waits[] = {{wake_, POLLIN, 0},
                    {links_.internal->wait_fd(), POLLIN, 0},
                    {links_.external ? links_.external->wait_fd() : -1, POLLIN, 0},
                    {links_.passthru ? links_.passthru->wait_fd() : -1, POLLIN, 0}};
  if (poll(waits, 4, kSleep) <= 0) return;
  if (waits[0].revents) {
    eventfd_t count;
    eventfd_read(wake_, &count);
  }
  for (size_t i = 1; i < 4; i++) attention_ = attention_ || (waits[i].revents & (POLLERR | POLLHUP | POLLNVAL));
}

}  // namespace lwaftr
