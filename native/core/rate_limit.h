// The reference's limit on generated errors: a fixed window, opened by the first request after it
// ended.
#pragma once
#include <cstdint>

#include "clock.h"
#include "settings.h"

namespace lwaftr {

class RateLimit {
 public:
  bool allow(const ErrorRateLimiting& limit, Time now) {
    if (!started_ || now - start_ >= limit.period * kSecond) {
      started_ = true;
      start_ = now;
      count_ = 0;
    }
    if (count_ >= limit.packets) return false;
    count_++;
    return true;
  }

 private:
  bool started_ = false;
  Time start_ = 0;
  uint32_t count_ = 0;
};

}  // namespace lwaftr
