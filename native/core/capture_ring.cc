#include "capture_ring.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace lwaftr {
namespace {

constexpr uint64_t kMagic = 0x01'43'72'74'66'61'77'6c;  // "lwaftrC" in memory, then version 1

// Where a record does not fit before the end of the ring: the bytes up to there.
struct Filler {
  uint32_t size;
  uint32_t mark = kMark;
  static constexpr uint32_t kMark = UINT32_MAX;
};
static_assert(sizeof(Filler) == 8 && offsetof(CaptureRecord, captured) == offsetof(Filler, mark));

}  // namespace

int CaptureRing::create(const std::string& path, size_t size) {
  if (int failure = memory_.create(path, sizeof(Header) + size, SharedMemory::Writers::user)) return failure;
  if (int failure = memory_.allocate(0, memory_.size())) {
    ::unlink(path.c_str());
    return failure;
  }
  size_ = size;
  header()->size = size;
  header()->magic = kMagic;
  return 0;
}

int CaptureRing::open(const std::string& path) {
  if (int failure = memory_.open(path, sizeof(Header), true)) return failure;
  size_ = header()->size;
  const bool right = header()->magic == kMagic && size_ && !(size_ & (size_ - 1));
  return right && memory_.size() == sizeof(Header) + size_ ? 0 : EINVAL;
}

void CaptureRing::write(CaptureRecord record, const uint8_t* frame) {
  record.size = (sizeof record + record.captured + 7) & ~uint32_t{7};
  uint64_t head = header()->head.load(std::memory_order_relaxed);
  const uint64_t to_end = size_ - (head & (size_ - 1));
  const uint64_t skipped = record.size > to_end ? to_end : 0;
  const uint64_t used = head - header()->tail.load(std::memory_order_acquire);
  if (used + skipped + record.size > size_) return lose();
  if (skipped) {
    const Filler filler{static_cast<uint32_t>(skipped)};
    std::memcpy(at(head), &filler, sizeof filler);
    head += skipped;
  }
  std::memcpy(at(head), &record, sizeof record);
  std::memcpy(at(head) + sizeof record, frame, record.captured);
  header()->head.store(head + record.size, std::memory_order_release);
}

// What another process writes is not trusted to be right, nor to stay as it was when it was looked at.
std::vector<uint8_t> CaptureRing::read(size_t most) {
  std::vector<uint8_t> records;
  const uint64_t head = header()->head.load(std::memory_order_acquire);
  if (head - tail_ > size_) tail_ = head;
  while (tail_ != head && records.size() < most) {
    Filler start{};
    std::memcpy(&start, at(tail_), sizeof start);
    const uint64_t to_end = size_ - (tail_ & (size_ - 1));
    if (start.size == 0 || start.size % 8 || start.size > to_end || start.size > head - tail_) {
      tail_ = head;
      break;
    }
    const bool whole = start.size >= sizeof(CaptureRecord) && start.mark <= start.size - sizeof(CaptureRecord);
    if (whole) {
      records.insert(records.end(), at(tail_), at(tail_) + start.size);
      std::memcpy(records.data() + records.size() - start.size, &start, sizeof start);
    }
    tail_ += start.size;
  }
  header()->tail.store(tail_, std::memory_order_release);
  return records;
}

}  // namespace lwaftr
