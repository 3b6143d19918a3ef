// Which tunnel each packet of a capture may take, while softwires are edited (live_edits.h).
#pragma once
#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "core/packet.h"
#include "core/pipeline.h"
#include "core/softwire_record.h"
#include "frame_loop.h"

namespace lwaftr {

class LiveOracle {
 public:
  LiveOracle(const SoftwireRecord* records, size_t count, const FrameLoop& ipv4, const FrameLoop& ipv6);
  // Finds each frame's softwire: an error when one has none.
  std::string prepare();

  // Step n of the edits, as a record: the same for everybody who asks.
  SoftwireRecord edit(uint64_t step, uint64_t generation) const;
  // A softwire as generation `generation` of the table begins with it.
  SoftwireRecord initial(uint64_t generation, size_t record) const;

  // The editing thread says what it does; before and after each step.
  std::atomic<uint64_t> begun{0}, done{0};

  // The forwarding thread: before and after a batch that began with these frames of the loops.
  void batch_begins(uint64_t generation, size_t ipv4_frame, size_t ipv6_frame);
  void batch_ends(PacketSpan from_internet, PacketSpan from_b4s);

  uint64_t wrong = 0, marked = 0;

 private:
  size_t target(uint64_t step) const;
  template <class Legal>
  bool some_state(size_t record, Legal legal) const;
  bool leaves_rightly(const Packet& packet, size_t record);

  const SoftwireRecord* records_;
  size_t count_;
  const FrameLoop& ipv4_;
  const FrameLoop& ipv6_;
  std::vector<uint32_t> ipv4_record_, ipv6_record_;  // of each frame
  uint64_t generation_ = 0, first_step_ = 0, last_step_ = 0;
  size_t ipv4_frame_ = 0, ipv6_frame_ = 0;
};

}  // namespace lwaftr
