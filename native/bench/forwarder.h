// Two captures round and round through one pipeline, in memory: what the packet path can do when I/O costs nothing but
// a copy into a fresh buffer.
#pragma once
#include <chrono>
#include <ctime>
#include <memory>

#include "core/pipeline.h"
#include "frame_loop.h"

namespace lwaftr {

// What left on one side.
struct Sent {
  uint64_t packets = 0;
  uint64_t bytes = 0;  // of Ethernet frames without FCS
};

// Time that passed, and what of it this thread had a CPU for: on a machine with other things to do they differ.
class Stopwatch {
 public:
  double seconds() const { return std::chrono::duration<double>(Clock::now() - start_).count(); }
  double cpu_seconds() const { return cpu_now() - cpu_start_; }

 private:
  using Clock = std::chrono::steady_clock;
  static double cpu_now() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
  }
  Clock::time_point start_ = Clock::now();
  double cpu_start_ = cpu_now();
};

class Forwarder {
 public:
  // The loops outlive it.
  Forwarder(const Settings& settings, const BindingTable& table, FrameLoop& ipv4, FrameLoop& ipv6);

  void set_table(const BindingTable& table) { pipeline_.set_table(&table); }
  void set_probe(StageProbe* probe);
  // A batch of each capture through the pipeline, and out of the world.
  void pass() { pass(Unwatched()); }
  // The same; `watch(from_internet, from_b4s)` sees what is about to be freed.
  template <class Watch>
  void pass(Watch&& watch) {
    deal(ipv4_, Port::external);
    deal(ipv6_, Port::internal);
    lwaftr::mark(probe_, Stage::copy);
    // A clock read now and then is near enough: its timers are seconds.
    if (passes_++ % kPassesPerLook == 0) now_ = monotonic_now();
    pipeline_.process(now_);
    watch(pipeline_.output(Port::internal), pipeline_.output(Port::external));
    release(Port::internal, encap);
    release(Port::external, decap);
    Sent ignored;
    release(Port::passthru, ignored);
    lwaftr::mark(probe_, Stage::release);
  }
  // Passes for so long.
  void run(double seconds);

  uint64_t received = 0;  // packets
  Sent encap, decap;

 private:
  struct Unwatched {
    void operator()(PacketSpan, PacketSpan) const {}
  };
  static constexpr size_t kPassesPerLook = 16;
  static Time monotonic_now();
  void deal(FrameLoop& loop, Port port);
  void release(Port port, Sent& sent);

  FrameLoop& ipv4_;
  FrameLoop& ipv6_;
  PacketPool pool_;
  std::unique_ptr<Counters> counters_ = std::make_unique<Counters>();
  std::unique_ptr<QueueState> state_ = std::make_unique<QueueState>();
  Pipeline pipeline_;
  StageProbe* probe_ = nullptr;
  size_t passes_ = 0;
  Time now_;
};

// The bare copy, for comparison: frames into fresh buffers and nothing else. Packets copied of both captures.
uint64_t copy_frames(FrameLoop& ipv4, FrameLoop& ipv6, double seconds);

}  // namespace lwaftr
