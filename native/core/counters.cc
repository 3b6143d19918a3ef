#include "counters.h"

namespace lwaftr {

const CounterInfo& counter_info(Counter counter) {
  static constexpr CounterInfo kInfo[] = {
#define LWAFTR_COUNTER(name, text, group, stage, meaning) {text, CounterGroup::group, #stage, meaning},
#include "counters.def"
#undef LWAFTR_COUNTER
  };
  return kInfo[static_cast<size_t>(counter)];
}

}  // namespace lwaftr
