// What a closed socket or a killed process held is freed by the kernel a moment later, in the background.
#pragma once
#include <unistd.h>

#include <cerrno>

namespace lwaftr {

// Tries `attempt`, which returns an errno or 0, again while it is EBUSY.
template <typename Attempt>
int while_busy(Attempt attempt) {
  constexpr int kTries = 150;
  constexpr useconds_t kPause = 20'000;  // µs
  int problem = attempt();
  for (int i = 0; i < kTries && problem == EBUSY; i++) {
    usleep(kPause);
    problem = attempt();
  }
  return problem;
}

}  // namespace lwaftr
