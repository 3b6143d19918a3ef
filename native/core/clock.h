// Time as the packet path knows it: nanoseconds of a monotonic clock, always given by the caller.
#pragma once
#include <cstdint>

namespace lwaftr {

using Time = uint64_t;
constexpr Time kSecond = 1000000000;

}  // namespace lwaftr
