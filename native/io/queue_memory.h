// A queue's counters and state as a file of shared memory: the queue's thread writes, the leader reads. It outlives the
// worker, so a restarted one goes on counting where the dead one stopped.
#pragma once
#include <string>

#include "core/counters.h"
#include "core/queue_state.h"

namespace lwaftr {

struct alignas(64) QueueMemory {
  uint64_t magic;   // "lwaftrQ" and the version of this struct
  uint64_t layout;  // hash of the counters' names: another build's file is not continued
  uint64_t since;   // when the counters began: milliseconds since 1970
  Counters counters;
  QueueState state;
};

// Equal in builds that may share memory: what `layout` says, and the binding table's magic.
uint64_t shared_memory_layout();

// Maps the file, for the writer: an existing one of the same layout goes on, anything else is replaced by zeros. Pages
// are allocated here, so that a full /dev/shm is an error now and not a signal later. Null: `*problem` is an errno.
QueueMemory* map_queue_memory(const std::string& path, int* problem);
// For a reader. Null also when it is no file of this layout.
const QueueMemory* map_queue_memory_readonly(const std::string& path, int* problem);
void unmap_queue_memory(const QueueMemory* memory);

}  // namespace lwaftr
