// One thread, one queue: frames from the links and the passthru device through the pipeline and out again.
//
//   ┌► receive: each link a batch, passthru its own share ─► pipeline.process(now) ─► transmit ─┐
//   └── take an update, if one waits ◄── batches++ ◄── nothing for a while? poll() ◄────────────┘
//
// Settings, table and devices change between two passes only: the batch boundary. What was replaced goes back
// to the thread that asked, which frees it, so that the packet path never pays for it.
#pragma once
#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "core/binding_table.h"
#include "core/pipeline.h"
#include "link.h"
#include "queue_memory.h"

namespace lwaftr {

class QueueThread {
 public:
  // What to change at the next batch boundary; absent parts stay as they are. It comes back with what was replaced.
  struct Update {
    std::optional<Settings> settings;
    Filters filters;  // of the settings
    uint64_t settings_revision = 0;
    NextHopCell* external_next_hop = nullptr;  // with the settings: where their next hops are kept (shared_next_hops.h)
    NextHopCell* internal_next_hop = nullptr;
    bool purge_next_hops = false;
    std::unique_ptr<BindingTable> table;
    uint64_t table_generation = 0;
    bool exchange_capture = false;  // for this one, or for none
    std::unique_ptr<Capture> capture;
    // Started devices, by Port. To take passthru's away, exchange it for none.
    bool exchange[kPortCount] = {};
    std::unique_ptr<Device> devices[kPortCount];
  };

  // `memory` outlives the thread. On a stick there is no external link.
  QueueThread(bool on_a_stick, QueueMemory& memory);
  ~QueueThread();

  // `cpu` negative: not pinned. Returns an errno when it cannot be.
  int start(int cpu, const std::string& name);
  // The same for a thread that runs.
  int pin(int cpu);
  // Also before start(). Returns when the thread forwards by it; false: it did not answer in time.
  bool apply(Update& update);
  // Another part of the links' frames (device.h): asked from the thread that also calls apply(). Return an errno.
  int widen(const LinkPart& next);
  int narrow(const LinkPart& next);
  // Returns when all that lay in the links' rings has been forwarded, but soon also when more and more comes.
  void drain();
  // Asked from any thread: true when the port's device is not there.
  bool misses(Port port) const { return !links_[static_cast<size_t>(port)].present(); }
  void stop();

 private:
  int change(int (Link::*step)(const LinkPart&), const LinkPart& next);
  void run();
  void take_update();
  void exchange(Update& update);
  size_t receive();
  void transmit();
  void maintain(Time now);
  void publish_drops();
  void sleep();
  Link& link(Port port) { return links_[static_cast<size_t>(port)]; }

  PacketPool pool_;
  const bool on_a_stick_;
  Link links_[kPortCount];                  // by Port
  DeviceStatistics published_[kPortCount];  // what the counters have of each link's statistics
  QueueMemory& memory_;
  Pipeline pipeline_;
  std::unique_ptr<BindingTable> table_;
  std::unique_ptr<Capture> capture_;
  std::thread thread_;
  std::atomic<bool> stop_{false};
  std::atomic<uint64_t> empty_passes_{0};
  int wake_;  // eventfd: an update or the end waits
  Time last_maintenance_ = 0;
  bool attention_ = false;  // poll() saw an error on a device

  std::mutex mutex_;
  std::condition_variable taken_;
  std::atomic<Update*> waiting_{nullptr};
};

}  // namespace lwaftr
