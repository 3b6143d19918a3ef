// How long each stage of the packet path takes, for `lwaftr bench --stages`. The stages tell the probe when they are
// done with a batch. Without a probe that is a branch never taken, a dozen for a batch of two hundred packets: less
// than can be measured, and the code measured is the code that runs.
#pragma once
#include <cstddef>
#include <cstdint>

namespace lwaftr {

enum class Stage : uint8_t {
#define LWAFTR_STAGE(name, text, meaning) name,
#include "stages.def"
#undef LWAFTR_STAGE
  kCount
};
inline constexpr size_t kStageCount = static_cast<size_t>(Stage::kCount);

// Time is an argument here too: whoever measures brings the clock.
struct StageProbe {
  uint64_t (*ticks)() = nullptr;
  uint64_t last = 0;
  uint64_t spent[kStageCount] = {};  // ticks

  // Since the mark before, `stage` was at work.
  void mark(Stage stage) {
    const uint64_t now = ticks();
    spent[static_cast<size_t>(stage)] += now - last;
    last = now;
  }
};

inline void mark(StageProbe* probe, Stage stage) {
  if (__builtin_expect(probe != nullptr, 0)) probe->mark(stage);
}

}  // namespace lwaftr
