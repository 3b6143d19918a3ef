// TCP MSS clamping: off unless a side's tcp-mss is set.
#pragma once
#include <cstddef>
#include <cstdint>

#include "counters.h"

namespace lwaftr {

// Lowers the maximum segment size that a SYN announces to at most `mss`. `segment` is the TCP header and what follows.
void clamp_tcp_mss(Counters& counters, uint8_t* segment, size_t length, uint16_t mss);

}  // namespace lwaftr
