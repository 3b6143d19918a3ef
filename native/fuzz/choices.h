// A fuzzer's bytes, read as choices. Where they end, every further choice is 0.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

namespace lwaftr::fuzz {

using Bytes = std::vector<uint8_t>;

class Choices {
 public:
  Choices(const uint8_t* data, size_t size) : data_(data), left_(size) {}

  bool empty() const { return left_ == 0; }
  uint8_t byte() {
    if (left_ == 0) return 0;
    left_--;
    return *data_++;
  }
  bool flip() { return byte() & 1; }
  uint16_t word() {
    const uint16_t high = byte();
    return static_cast<uint16_t>(high << 8 | byte());
  }
  template <typename T, size_t N>
  const T& of(const T (&list)[N]) {
    return list[byte() % N];
  }
  // As many bytes as are left, `length` at most.
  Bytes bytes(size_t length) {
    const size_t n = std::min(length, left_);
    Bytes taken(data_, data_ + n);
    data_ += n;
    left_ -= n;
    return taken;
  }

 private:
  const uint8_t* data_;
  size_t left_;
};

}  // namespace lwaftr::fuzz

// What must hold; a broken promise ends the run, and libFuzzer keeps the input.
#define PROMISE(holds, ...)                                                    \
  do {                                                                         \
    if (!(holds)) {                                                            \
      std::fprintf(stderr, "%s:%d: broken: %s: ", __FILE__, __LINE__, #holds); \
      std::fprintf(stderr, __VA_ARGS__);                                       \
      std::fputc('\n', stderr);                                                \
      std::abort();                                                            \
    }                                                                          \
  } while (0)
