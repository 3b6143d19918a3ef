// Two captures through the packet path and out again: what `lwaftr check` and the golden tests run.
//
// Batches are the reference's: at most 102 frames of each input a step. Time comes from the records. It moves in steps
// of a tenth of a second or more: records closer to the clock's last step belong to that step, so that captures taken
// at line rate are batched as the reference batches them, and tests can let timers of seconds pass. The two files
// share one clock, unless they begin more than ten minutes apart: then they were taken on different occasions, and both
// begin at 0. Where a file leaps by more than a day either way, no time passes: it was put together from several
// captures. While time passes the pipeline is called each second, for the first two minutes of every gap.
#pragma once
#include <string>

#include "binding_table.h"
#include "counters.h"
#include "settings.h"

namespace lwaftr {

struct ReplayFiles {
  std::string ipv4_in, ipv6_in;
  std::string ipv4_out, ipv6_out;
};

// `settings` as for a queue; what has no place here (passthru, the MAC filter, a VLAN of the internal side's own) is
// left out: both sides are tagged as the external one. With on_a_stick both inputs meet on one link and are told apart
// by EtherType, and so are the outputs. `counters` is all zeros before. Returns an error for the user, or nothing.
std::string replay(const Settings& settings, const BindingTable& table, bool on_a_stick, const ReplayFiles& files,
                   Counters& counters);

}  // namespace lwaftr
