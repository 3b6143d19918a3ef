// The clock that packet threads read: they hand its time down, and core never asks.
#pragma once
#include <time.h>

#include "core/clock.h"

namespace lwaftr {

inline Time time_of(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<Time>(now.tv_sec) * kSecond + static_cast<Time>(now.tv_nsec);
}

inline Time monotonic_now() { return time_of(CLOCK_MONOTONIC); }

}  // namespace lwaftr
