#include "shared_memory.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22  // Linux 5.14; older kernels answer EINVAL and fault later
#endif
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25  // Linux 6.1; older kernels answer EINVAL and keep the pages they have
#endif

namespace lwaftr {

namespace {
// Of x86 and of arm64 with pages of 4 KB. Elsewhere collapse() finds nothing to do, or the kernel declines.
constexpr size_t kHugePage = size_t{2} << 20;
}  // namespace

int SharedMemory::create(const std::string& path, size_t size, Writers writers) {
  close();
  if (path.empty()) {
    fd_ = memfd_create("lwaftr", MFD_CLOEXEC);
  } else {
    ::unlink(path.c_str());
    fd_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, writers == Writers::maker ? 0400 : 0600);
  }
  if (fd_ < 0) return errno;
  int failure = ::ftruncate(fd_, static_cast<off_t>(size)) ? errno : 0;
  size_ = size;
  if (!failure) failure = map(PROT_READ | PROT_WRITE);
  if (failure) {
    close();
    if (!path.empty()) ::unlink(path.c_str());
  }
  return failure;
}

int SharedMemory::open(const std::string& path, size_t least, bool writable) {
  close();
  fd_ = ::open(path.c_str(), (writable ? O_RDWR : O_RDONLY) | O_CLOEXEC);
  if (fd_ < 0) return errno;
  struct stat status;
  int failure = ::fstat(fd_, &status) ? errno : 0;
  if (!failure && (!S_ISREG(status.st_mode) || static_cast<size_t>(status.st_size) < least)) failure = EINVAL;
  if (!failure) {
    size_ = static_cast<size_t>(status.st_size);
    failure = map(writable ? PROT_READ | PROT_WRITE : PROT_READ);
  }
  if (failure) close();
  return failure;
}

// Where huge pages of the file can be huge pages of the process: kernels before 6.7 would not look for such a place.
int SharedMemory::map(int protection) {
  void* room = ::mmap(nullptr, size_ + kHugePage, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (room == MAP_FAILED) return errno;
  const size_t before = -reinterpret_cast<uintptr_t>(room) % kHugePage;
  uint8_t* place = static_cast<uint8_t*>(room) + before;
  void* address = ::mmap(place, size_, protection, MAP_SHARED | MAP_NORESERVE | MAP_FIXED, fd_, 0);
  if (address == MAP_FAILED) {
    const int failure = errno;
    ::munmap(room, size_ + kHugePage);
    return failure;
  }
  if (before) ::munmap(room, before);
  const size_t page = static_cast<size_t>(::sysconf(_SC_PAGESIZE));
  uint8_t* behind = place + (size_ + page - 1) / page * page;
  uint8_t* end = static_cast<uint8_t*>(room) + size_ + kHugePage;
  if (behind < end) ::munmap(behind, static_cast<size_t>(end - behind));
  data_ = place;
  ::madvise(address, size_, MADV_DONTDUMP);  // a core dump would fill every hole
  return 0;
}

int SharedMemory::allocate(size_t offset, size_t length) {
  int failure;
  do {
    failure = ::posix_fallocate(fd_, static_cast<off_t>(offset), static_cast<off_t>(length));
  } while (failure == EINTR);
  return failure;
}

void SharedMemory::release(size_t offset, size_t length) {
  if (length)
    ::fallocate(fd_, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(offset),
                static_cast<off_t>(length));
}

void SharedMemory::prefault(size_t offset, size_t length) const {
  size_t page = static_cast<size_t>(::sysconf(_SC_PAGESIZE));
  size_t first = offset / page * page;
  if (length) ::madvise(data_ + first, offset + length - first, MADV_POPULATE_READ);
}

void SharedMemory::collapse(size_t offset, size_t length) {
  const size_t first = (offset + kHugePage - 1) / kHugePage * kHugePage;
  const size_t end = (offset + length) / kHugePage * kHugePage;
  if (first < end) ::madvise(data_ + first, end - first, MADV_COLLAPSE);
}

size_t SharedMemory::allocated_bytes() const {
  struct stat status;
  return fd_ >= 0 && ::fstat(fd_, &status) == 0 ? static_cast<size_t>(status.st_blocks) * 512 : 0;
}

void SharedMemory::close() {
  if (data_) ::munmap(data_, size_);
  if (fd_ >= 0) ::close(fd_);
  data_ = nullptr;
  size_ = 0;
  fd_ = -1;
}

}  // namespace lwaftr
