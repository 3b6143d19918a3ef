// Edits and reloads of the binding table while one thread forwards at full load, and an oracle that knows of every
// packet which tunnels were legal for it at that moment.
//
//   forwarding thread   │ batch │ batch │ swap, batch │ batch │ ...
//   editing thread      edit k: mark ─ edit k: back ─ edit ... ─ build a table beside ─ wait for the swap ─ edit ...
//
// Edits come in pairs: a softwire of the traffic gets a marked B4 address, then its own again. Each reload is a whole
// new table in which one softwire in 64 is marked. What the internet sends must leave to the B4 that the softwire had
// some time between the batch's begin and its end; what the softwire's own B4 sends must come through exactly while its
// address is the unmarked one.
#pragma once
#include <cstdint>
#include <string>

#include "core/softwire_record.h"
#include "forwarder.h"

namespace lwaftr {

struct LiveOptions {
  size_t edits = 0;
  size_t reloads = 0;
  double seconds = 0;  // they are spread over it
  bool check = false;  // by the oracle, which takes its time: rates are then not worth comparing
};

struct LiveResult {
  double seconds = 0, cpu_seconds = 0;
  uint64_t received = 0;  // packets
  uint64_t edits = 0, reloads = 0;
  double reload_seconds = 0;  // building and swapping, all of them
  uint64_t wrong = 0;         // packets that left by no legal tunnel, or did not leave, or should not have
  uint64_t marked = 0;        // packets that met a marked softwire: what the oracle had to tell apart
};

// `records`: the softwires, in any order. The captures must be traffic of these softwires alone: an error otherwise.
std::string run_live(const Settings& settings, const SoftwireRecord* records, size_t count, FrameLoop& ipv4,
                     FrameLoop& ipv6, const LiveOptions& options, LiveResult& result);

}  // namespace lwaftr
