// One thread, one queue: frames from the links and the passthru device through the pipeline and out again.
//
//   ┌► receive: each link a batch, passthru its own share ─► pipeline.process(now) ─► transmit ─┐
//   └── take an update, if one waits ◄── batches++ ◄── nothing for a while? poll() ◄────────────┘
//
// Settings, table and passthru device change between two passes only: the batch boundary. What was replaced goes back
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
  struct Links {
    std::unique_ptr<Link> internal;  // on a stick: the one link
    std::unique_ptr<Link> external;  // null on a stick
    std::unique_ptr<Link> passthru;  // null without passthru-interface
  };
  // What to change at the next batch boundary; absent parts stay as they are.
  struct Update {
    std::optional<Settings> settings;
    uint64_t settings_revision = 0;
    std::unique_ptr<BindingTable> table;
    uint64_t table_generation = 0;
    bool replace_passthru = false;
    std::unique_ptr<Link> passthru;
  };

  // `memory` outlives the thread.
  QueueThread(Links links, QueueMemory& memory);
  ~QueueThread();

  // Starts the links (the first error is told) and the thread. `cpu` negative: not pinned.
  void start(int cpu, const std::string& name, OpenError* error);
  // Before start() and after: returns when the thread forwards by it. False: the thread did not answer in time.
  bool apply(Update& update);
  void stop();

 private:
  void run();
  void take_update();
  void exchange(Update& update);
  size_t receive(Port port, Link* link, size_t limit);
  void transmit();
  void maintain(Time now);
  void publish_drops();
  void sleep();

  PacketPool pool_;
  Links links_;
  QueueMemory& memory_;
  Pipeline pipeline_;
  std::unique_ptr<BindingTable> table_;
  std::thread thread_;
  std::atomic<bool> stop_{false};
  int wake_;  // eventfd: an update or the end waits
  Time last_maintenance_ = 0;
  bool attention_ = false;  // poll() saw an error on a device
  DeviceStatistics published_links_;
  DeviceStatistics published_passthru_;

  std::mutex mutex_;
  std::condition_variable taken_;
  std::atomic<Update*> waiting_{nullptr};
};

}  // namespace lwaftr
