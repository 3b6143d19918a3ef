// What a capture saw, on its way from a queue's thread to the leader: a ring in shared memory, one writer, one reader.
// The writer never waits: what does not fit is lost and counted.
//
//   header │ record, record, …, filler ┐
//          └───────── wraps ◄──────────┘        head: written so far, tail: read so far (bytes, ever growing)
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "settings.h"
#include "shared_memory.h"

namespace lwaftr {

enum class Direction : uint8_t {
  received,
  sent,
  inside,  // dropped where it waited, or one of the relay's own: as it was then
};

// What became of a frame that was received.
enum class Fate : uint8_t { held, sent, dropped, own, merged, fragmented };

// As src/dataplane/capture-records.ts reads it: little-endian, its frame's bytes right behind it.
struct CaptureRecord {
  static constexpr uint32_t kNoPsid = UINT32_MAX;
  static constexpr uint16_t kNoReason = UINT16_MAX;

  uint32_t size = 0;      // of the record and the bytes behind it, a multiple of 8
  uint32_t captured = 0;  // bytes of the frame that are here
  uint32_t length = 0;    // bytes that it had
  uint8_t port = 0;       // Port: where it came in or left
  Direction direction = Direction::received;
  Fate fate = Fate::held;
  uint8_t out_port = 0;  // where it left, if sent
  uint64_t time = 0;     // Time of its batch
  Ipv4Address ipv4{};    // of its softwire, if it has one
  uint32_t psid = kNoPsid;
  uint16_t reason = kNoReason;  // Counter, if dropped
  uint8_t zero[6] = {};
};
static_assert(sizeof(CaptureRecord) == 40);

class CaptureRing {
 public:
  // Both return 0 or an errno. The reader makes the file; `size`, in bytes, is a power of two.
  int create(const std::string& path, size_t size);
  int open(const std::string& path);

  // The writer's. Sets the record's size.
  void write(CaptureRecord record, const uint8_t* frame);
  void lose() { header()->lost.fetch_add(1, std::memory_order_relaxed); }

  // The reader's: whole records of about `most` bytes in all, at least one if there is any.
  std::vector<uint8_t> read(size_t most);
  uint64_t lost() const { return header()->lost.load(std::memory_order_relaxed); }

 private:
  struct Header {
    uint64_t magic;
    uint64_t size;
    alignas(64) std::atomic<uint64_t> head;
    std::atomic<uint64_t> lost;
    alignas(64) std::atomic<uint64_t> tail;
  };
  Header* header() const { return reinterpret_cast<Header*>(memory_.data()); }
  uint8_t* at(uint64_t position) const { return memory_.data() + sizeof(Header) + (position & (size_ - 1)); }

  SharedMemory memory_;
  size_t size_ = 0;
  uint64_t tail_ = 0;  // the reader's own: the header's is for the writer
};

}  // namespace lwaftr
