// Things of one size, named by number. Memory comes by slabs as it is needed, and goes back when it is not: what an
// attack took, the machine has again after it.
//
// A slab is memory straight from the kernel, because the heap would keep it. It is given back when it lay empty for
// kIdle, a few slabs at a time: giving back is a system call, and two hundred megabytes at once would be a gap in
// traffic.
#pragma once
#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <vector>

#include "clock.h"

namespace lwaftr {

template <typename T>
class Slabs {
  static_assert(std::is_trivial_v<T> && sizeof(T) >= sizeof(uint32_t));  // a free one holds the number of the next

 public:
  static constexpr uint32_t kNone = UINT32_MAX;
  static constexpr uint32_t kItems = 128;  // of a slab
  static constexpr Time kIdle = 5 * kSecond;

  Slabs() = default;
  Slabs(const Slabs&) = delete;
  Slabs& operator=(const Slabs&) = delete;
  ~Slabs() {
    for (Slab& slab : slabs_) {
      if (slab.items) munmap(slab.items, kBytes);
    }
  }

  T& operator[](uint32_t index) { return slabs_[index / kItems].items[index % kItems]; }
  size_t used() const { return used_; }

  // One whose content is anything, or kNone when the machine has no memory.
  uint32_t take() {
    if (roomy_ == kNone && !grow()) return kNone;
    const uint32_t number = roomy_;
    Slab& slab = slabs_[number];
    uint32_t item = slab.free;
    if (item == kNone) {
      item = slab.fresh++;
    } else {
      std::memcpy(&slab.free, &slab.items[item], sizeof slab.free);
    }
    slab.touched = true;
    used_++;
    if (++slab.used == kItems) unlink(number);
    return number * kItems + item;
  }

  void give(uint32_t index) {
    const uint32_t number = index / kItems, item = index % kItems;
    Slab& slab = slabs_[number];
    std::memcpy(&slab.items[item], &slab.free, sizeof slab.free);
    slab.free = item;
    slab.touched = true;
    used_--;
    if (slab.used-- == kItems) link(number);
  }

  // Called at every occasion. A round looks at each slab, and gives back the empty ones that nobody touched since
  // the round before.
  void trim(Time now) {
    if (now < next_trim_ || slabs_.size() == vacancies_) return;
    next_trim_ = now + kPause;
    for (uint32_t i = 0; i < kStep; i++) {
      Slab& slab = slabs_[cursor_];
      if (slab.items && slab.used == 0 && !slab.touched) release(cursor_);
      slab.touched = false;
      if (++cursor_ < slabs_.size()) continue;
      cursor_ = 0;
      next_trim_ = now + kIdle;
      return;
    }
  }

 private:
  static constexpr size_t kBytes = (sizeof(T) * kItems + 4095) / 4096 * 4096;
  static constexpr uint32_t kStep = 8;       // slabs looked at by a call of trim
  static constexpr Time kPause = 1'000'000;  // ns between such calls

  struct Slab {
    T* items = nullptr;     // nullptr: given back, a vacancy for the next one
    uint32_t free = kNone;  // first of those given
    uint32_t fresh = 0;     // from here on none was ever taken
    uint32_t used = 0;
    uint32_t next = kNone, previous = kNone;  // among those with room; vacancies have a list of their own
    bool touched = false;                     // since it was last looked at
  };

  bool grow() {
    void* memory = mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return false;
    uint32_t number = vacant_;
    if (number == kNone) {
      number = static_cast<uint32_t>(slabs_.size());
      slabs_.emplace_back();
    } else {
      vacant_ = slabs_[number].next;
      vacancies_--;
      slabs_[number] = Slab();
    }
    slabs_[number].items = static_cast<T*>(memory);
    link(number);
    return true;
  }

  void release(uint32_t number) {
    Slab& slab = slabs_[number];
    munmap(slab.items, kBytes);
    unlink(number);
    slab.items = nullptr;
    slab.next = vacant_;
    vacant_ = number;
    vacancies_++;
  }

  void link(uint32_t number) {
    slabs_[number].next = roomy_;
    slabs_[number].previous = kNone;
    if (roomy_ != kNone) slabs_[roomy_].previous = number;
    roomy_ = number;
  }

  void unlink(uint32_t number) {
    const Slab& slab = slabs_[number];
    (slab.previous == kNone ? roomy_ : slabs_[slab.previous].next) = slab.next;
    if (slab.next != kNone) slabs_[slab.next].previous = slab.previous;
  }

  std::vector<Slab> slabs_;
  uint32_t roomy_ = kNone, vacant_ = kNone;  // first of each list
  size_t vacancies_ = 0;
  size_t used_ = 0;
  uint32_t cursor_ = 0;  // the slab that trim looks at next
  Time next_trim_ = 0;
};

}  // namespace lwaftr
