#include "core/shared_memory.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cerrno>
#include <string>

namespace lwaftr::test {

namespace {

constexpr size_t kMega = size_t{1} << 20;

// A name in /dev/shm that goes with the test.
struct Path {
  std::string name = "/dev/shm/lwaftr-test-" + std::to_string(getpid());
  ~Path() { unlink(name.c_str()); }
};

uint8_t pattern(size_t i) { return static_cast<uint8_t>(i * 2654435761u >> 13); }

}  // namespace

TEST_CASE("huge pages hold what the small ones held, for writer and readers, and take no more memory") {
  Path path;
  SharedMemory writer, before, after;
  REQUIRE(writer.create(path.name, 64 * kMega) == 0);
  REQUIRE(writer.allocate(kMega, 8 * kMega) == 0);
  for (size_t i = kMega; i < 9 * kMega; i++) writer.data()[i] = pattern(i);
  const size_t allocated = writer.allocated_bytes();
  REQUIRE(before.open(path.name, 64 * kMega) == 0);
  before.prefault(kMega, 8 * kMega);
  writer.collapse(kMega, 8 * kMega);  // 2 MB to 8 MB are whole ones
  CHECK(writer.allocated_bytes() == allocated);
  REQUIRE(after.open(path.name, 64 * kMega) == 0);
  after.prefault(kMega, 8 * kMega);
  writer.data()[3 * kMega]++;
  size_t wrong = 0;
  for (size_t i = kMega; i < 9 * kMega; i++) {
    const uint8_t expected = static_cast<uint8_t>(pattern(i) + (i == 3 * kMega));
    wrong += before.data()[i] != expected || after.data()[i] != expected || writer.data()[i] != expected;
  }
  CHECK(wrong == 0);
}

TEST_CASE("less than a huge page stays as it is") {
  SharedMemory memory;
  REQUIRE(memory.create("", 64 * kMega) == 0);
  REQUIRE(memory.allocate(kMega, 2 * kMega) == 0);
  memory.collapse(kMega, 2 * kMega);
  memory.collapse(0, 0);
  CHECK(memory.allocated_bytes() == 2 * kMega);
}

TEST_CASE("memory of any size is mapped where huge pages can be") {
  for (const size_t size : {size_t{1}, size_t{4096}, size_t{5000}, 2 * kMega, 2 * kMega + 1, 7 * kMega}) {
    Path path;
    SharedMemory writer, reader;
    REQUIRE(writer.create(path.name, size) == 0);
    REQUIRE(writer.allocate(0, size) == 0);
    REQUIRE(reader.open(path.name, size) == 0);
    writer.data()[size - 1] = 42;
    CHECK(reader.data()[size - 1] == 42);
    CHECK(reinterpret_cast<uintptr_t>(writer.data()) % (2 * kMega) == 0);
    CHECK(reinterpret_cast<uintptr_t>(reader.data()) % (2 * kMega) == 0);
    CHECK(SharedMemory().open(path.name, size + 1) == EINVAL);
  }
}

}  // namespace lwaftr::test
