#include "queue_memory.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>

#include "core/binding_table_layout.h"

namespace lwaftr {

namespace {

constexpr uint64_t kMagic = 0x01'51'72'74'66'61'77'6c;  // "lwaftrQ" in memory, then version 1

// FNV-1a over the names, in order.
uint64_t layout() {
  uint64_t hash = 0xcbf29ce484222325;
  for (size_t i = 0; i < kCounterCount; i++) {
    for (const char* c = counter_info(static_cast<Counter>(i)).name;; c++) {
      hash = (hash ^ static_cast<uint8_t>(*c)) * 0x100000001b3;
      if (!*c) break;
    }
  }
  return (hash ^ sizeof(QueueMemory)) * 0x100000001b3;
}

QueueMemory* map(int fd, int protection, int* problem) {
  void* memory = mmap(nullptr, sizeof(QueueMemory), protection, MAP_SHARED, fd, 0);
  *problem = memory == MAP_FAILED ? errno : 0;
  close(fd);
  return memory == MAP_FAILED ? nullptr : static_cast<QueueMemory*>(memory);
}

// A descriptor of a file that holds a QueueMemory of this layout, or negative.
int open_existing(const std::string& path, int flags, int* problem) {
  int fd = ::open(path.c_str(), flags | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) {
    *problem = errno;
    return -1;
  }
  uint64_t head[2] = {};
  struct stat file {};
  if (fstat(fd, &file) == 0 && file.st_size == sizeof(QueueMemory) && pread(fd, head, sizeof head, 0) == sizeof head &&
      head[0] == kMagic && head[1] == layout()) {
    return fd;
  }
  close(fd);
  *problem = EINVAL;
  return -1;
}

}  // namespace

uint64_t shared_memory_layout() { return layout() ^ kMagic ^ table::Header::kMagic; }

QueueMemory* map_queue_memory(const std::string& path, int* problem) {
  int fd = open_existing(path, O_RDWR, problem);
  if (fd >= 0) return map(fd, PROT_READ | PROT_WRITE, problem);
  unlink(path.c_str());
  fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) {
    *problem = errno;
    return nullptr;
  }
  do {
    *problem = posix_fallocate(fd, 0, sizeof(QueueMemory));
  } while (*problem == EINTR);
  if (*problem) {
    close(fd);
    unlink(path.c_str());
    return nullptr;
  }
  QueueMemory* memory = map(fd, PROT_READ | PROT_WRITE, problem);
  if (!memory) return nullptr;
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  memory->since = static_cast<uint64_t>(now.tv_sec) * 1000 + static_cast<uint64_t>(now.tv_nsec) / 1'000'000;
  memory->layout = layout();
  memory->magic = kMagic;
  return memory;
}

const QueueMemory* map_queue_memory_readonly(const std::string& path, int* problem) {
  int fd = open_existing(path, O_RDONLY, problem);
  return fd < 0 ? nullptr : map(fd, PROT_READ, problem);
}

void unmap_queue_memory(const QueueMemory* memory) {
  if (memory) munmap(const_cast<QueueMemory*>(memory), sizeof(QueueMemory));
}

}  // namespace lwaftr
