// The clock that packet threads read: they hand its time down, and core never asks.
#pragma once
#include <time.h>

#include "core/clock.h"

namespace lwaftr {

inline Time monotonic_now() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<Time>(now.tv_sec) * kSecond + static_cast<Time>(now.tv_nsec);
}

}  // namespace lwaftr
