// The cheapest clock there is, in units of its own, and what `bench --stages` calls its stages.
#pragma once
#include <chrono>
#include <cstdint>
#if defined(__x86_64__)
#include <x86intrin.h>
#endif

#include "core/stages.h"

namespace lwaftr {

inline uint64_t ticks() {
#if defined(__x86_64__)
  return __rdtsc();
#elif defined(__aarch64__)
  uint64_t count;
  asm volatile("mrs %0, cntvct_el0" : "=r"(count));
  return count;
#else
  return std::chrono::steady_clock::now().time_since_epoch().count();
#endif
}

struct StageInfo {
  const char* name;
  const char* meaning;
};
inline const StageInfo& stage_info(Stage stage) {
  static constexpr StageInfo kStages[] = {
#define LWAFTR_STAGE(name, text, meaning) {text, meaning},
#include "core/stages.def"
#undef LWAFTR_STAGE
  };
  return kStages[static_cast<size_t>(stage)];
}

}  // namespace lwaftr
