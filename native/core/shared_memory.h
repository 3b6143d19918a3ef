// A file of shared memory: large, sparse, mapped whole. Address space is free, pages are not, so the writer asks for
// pages with allocate() before it touches them; a full /dev/shm is then an error in a place that can handle it, never
// a SIGBUS in one that cannot. Reading a hole through a mapping would allocate a page as well: do not.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>

namespace lwaftr {

class SharedMemory {
 public:
  // Who may open the file to write: nobody but the process that made it, which has it open, or others of its user.
  enum class Writers : uint8_t { maker, user };

  SharedMemory() = default;
  ~SharedMemory() { close(); }
  SharedMemory(const SharedMemory&) = delete;
  SharedMemory& operator=(const SharedMemory&) = delete;

  // All return 0 or an errno.
  // A new file of `size` bytes, for its owner only. One that exists is unlinked, never truncated: a process that still
  // maps it would die of SIGBUS. An empty path makes an anonymous file.
  int create(const std::string& path, size_t size, Writers writers = Writers::maker);
  // An existing file, whole, read-only unless `writable`. EINVAL when it is smaller than `least` bytes.
  int open(const std::string& path, size_t least, bool writable = false);
  // Real pages for [offset, offset + length). They read as zero. ENOSPC or ENOMEM when there are none.
  int allocate(size_t offset, size_t length);
  // Gives whole pages back; they must not be touched until allocated again.
  void release(size_t offset, size_t length);
  // Maps existing pages of [offset, offset + length) now instead of at the first touch. Best effort.
  void prefault(size_t offset, size_t length) const;
  // Makes huge pages of the existing pages of [offset, offset + length), as far as whole ones lie there. Best effort,
  // on Linux 6.1 and later, whatever /dev/shm is mounted with; takes a second for 2 GB.
  void collapse(size_t offset, size_t length);
  size_t allocated_bytes() const;
  void close();

  uint8_t* data() const { return data_; }
  size_t size() const { return size_; }

 private:
  int map(int protection);

  int fd_ = -1;
  uint8_t* data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace lwaftr
