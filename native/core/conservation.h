// The conservation law: no frame disappears without a name.
//
//   received + originated = sent + passed through + dropped + consumed + held
//
//   received        on both links and from the passthru device
//   originated      made here: questions and answers, errors, fragments, reassembled packets, copies
//   sent            given to the links (frames from the passthru device among them)
//   passed through  given to the passthru device
//   dropped         ended by a drop counter
//   consumed        served their purpose: answered, learned from, relayed as another packet, fragmented, merged
//   held            waiting for a next hop or for their other fragments (Pipeline::held())
//
// Every frame counts with exactly one of the left-hand counters when it comes into being and with exactly one of the
// right-hand ones when it ends. Drops in the core all count in drop-all-*; the counters that give their reasons are
// parts of these, and do not appear here.
#pragma once
#include <cstdint>

#include "counters.h"

namespace lwaftr {

struct Balance {
  uint64_t received = 0, originated = 0;
  uint64_t sent = 0, passed_through = 0, dropped = 0, consumed = 0;

  uint64_t in() const { return received + originated; }
  uint64_t out() const { return sent + passed_through + dropped + consumed; }
  bool holds(uint64_t held) const { return in() == out() + held; }
};

Balance balance(const Counters& counters);

}  // namespace lwaftr
