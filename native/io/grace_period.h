// When a change of what the kernel does with frames is in force.
#pragma once
#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace lwaftr {

// Returns when no CPU is still at a frame whose reception it began before the call: all those have met the filters and
// maps of before and lie in their rings. Some tens of milliseconds.
inline void wait_for_receivers() {
  // It waits for RCU's grace period, and receiving is one critical section from the driver to the ring.
  if (syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0) == 0) return;
  usleep(50'000);  // on a kernel without it, or with CPUs that it must leave alone (nohz_full)
}

}  // namespace lwaftr
