// The order of the rooms: what happens to a frame between the link, the tunnel and the passthru device.
// No device, no clock, no allocation in here: frames, table and time come in, frames go out.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>

#include "binding_table.h"
#include "bridge.h"
#include "capture.h"
#include "clock.h"
#include "counters.h"
#include "filter.h"
#include "next_hop.h"
#include "packet.h"
#include "queue_state.h"
#include "settings.h"
#include "stages.h"

namespace lwaftr {

struct PacketSpan {
  Packet* const* packets;
  size_t count;
};

class Pipeline {
 public:
  static constexpr size_t kBatch = 102;  // frames received from one port per process(), as the reference's batches

  // `counters` and `state` outlive the pipeline (shared memory). Throws nothing; storage is allocated here and in
  // configure().
  Pipeline(PacketPool& pool, Counters& counters, QueueState& state);
  ~Pipeline();

  // Shares what is known of next hops with the other queues of a device (next_hop.h): an ARP or NDP answer reaches only
  // one of them. Before the configure() that names these next hops; the cells outlive the pipeline. nullptr: not
  // shared.
  void share_next_hops(NextHopCell* external, NextHopCell* internal);
  // Takes new settings at a batch boundary: reassembly, next hops and held packets that the change does not touch go
  // on.
  void configure(const Settings& settings, Time now);
  // The same with the filters of `settings` compiled already; what they replace comes back.
  void configure(const Settings& settings, Filters& filters, Time now);
  // Forgets which MACs the next hops have, but for configured ones; packets wait until they are known again.
  void purge_next_hops();
  // The table to look softwires up in; the caller keeps it alive until the next set_table() has returned.
  void set_table(const BindingTable* table);
  // Measures the stages of every process() from now on; nullptr: no longer.
  void set_probe(StageProbe* probe);
  // Captures from now on; nullptr: no longer. The caller keeps it alive until the next set_capture() has returned.
  void set_capture(Capture* capture);

  // Hands over at most kBatch frames received on `port` (tagged as on the wire). The pipeline owns them from now on.
  void receive(Port port, Packet* const* packets, size_t count);
  // Takes what was received through all stages, and does what time asks for (ARP, NDP, reassembly expiry).
  // Call it also when nothing was received, at least every 100 ms.
  void process(Time now);
  // Frames to transmit on `port`, in order, tagged as on the wire. Valid until the next process(); the caller frees
  // them to the pool after clear_output().
  PacketSpan output(Port port) const;
  void clear_output(Port port);
  // First fragment identifications: random by default; `check` sets 0x4243 and 0x42424243.
  void seed_fragment_ids(uint16_t ipv4, uint32_t ipv6);
  // Packets held for an unresolved next hop or in reassembly now: the "held" of the conservation law.
  size_t held() const;

 private:
  struct Rooms;
  std::unique_ptr<Rooms> rooms_;
};

}  // namespace lwaftr
