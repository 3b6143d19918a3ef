// One thread of load: the internet and the B4s on one side, a meter on the other, all on the links of a relay.
//
//   ┌► receive: bridge ─► ARP, NDP: answered │ stamped packets: meter │ passthru device ─┐
//   └── nothing due? poll() ◄── transmit ◄── packets that are due by the rate ◄──────────┘
//
// The bridge is the relay's own (core/bridge.h), with the tester's stations in place of the relay's: so the tester has
// a passthru of its own, through which the other end of the relay's is reached while the load goes on.
#pragma once
#include <array>
#include <atomic>
#include <memory>
#include <thread>

#include "core/bridge.h"
#include "core/next_hop.h"
#include "io/link.h"
#include "load_frames.h"
#include "load_meter.h"

namespace lwaftr {

class LoadThread {
 public:
  struct Totals {
    std::array<LoadMeter::Totals, kSideCount> sides;  // by the side that they were sent to
    uint64_t unexpected;                              // packets for us that are none of the test: ICMP errors
    uint64_t kernel_drops;                            // frames that our own device had no room for
  };

  // `settings` are the tester's (load_frames.h): interfaces' ips are the addresses that it answers for. Started
  // devices, by Port; on a stick none is external.
  LoadThread(const Settings& settings, LoadFrames frames, std::array<std::unique_ptr<Device>, kPortCount> devices);
  ~LoadThread();

  // `cpu` negative: not pinned. Returns an errno when it cannot be.
  int start(int cpu);
  // Packets a second from now on, both sides together; 0: none. From any thread.
  void set_rate(uint64_t rate) { rate_.store(rate, std::memory_order_relaxed); }
  Totals totals() const;
  const LatencyHistogram& latency(Side sent_to) const { return meters_[static_cast<size_t>(sent_to)].latency(); }
  void stop();

 private:
  void run();
  size_t receive(Time now);
  void take_from_external(Packet* packet, Time now);
  void take_from_internal(Packet* packet, Time now);
  void take_stamp(Side sent_to, const LoadStamp& stamp, const Packet& packet, Time now);
  void unexpected(Packet* packet);
  size_t send(Time now);
  void send(Side side, size_t count, Time now);
  void send_others();
  uint64_t flush(Port port);
  void maintain(Time now);
  void sleep(Time now) const;
  Link& link(Port port) { return links_[static_cast<size_t>(port)]; }
  Port port_of(Side side) const { return on_a_stick_ || side == Side::internal ? Port::internal : Port::external; }

  Settings settings_;
  bool on_a_stick_;
  LoadFrames frames_;
  PacketPool pool_;
  Counters counters_{};  // of the rooms that are the relay's
  Bridge bridge_;
  std::array<Link, kPortCount> links_;
  std::array<LoadMeter, kSideCount> meters_;
  PacketList received_, sending_;               // scratch
  std::array<PacketList, kSideCount> answers_;  // ARP and NDP
  NextHop next_hop_;                            // of nobody: we ask nothing
  std::atomic<uint64_t> unexpected_{0}, kernel_drops_{0};

  std::atomic<uint64_t> rate_{0};
  uint64_t paced_rate_ = 0;  // the rate of this pace
  Time pace_start_ = 0;
  uint64_t paced_ = 0;  // packets since
  std::array<uint64_t, kSideCount> next_sequence_{};
  Time last_maintenance_ = 0;

  std::thread thread_;
  std::atomic<bool> stop_{false};
};

}  // namespace lwaftr
