// The bpf() system call, as far as an XDP program needs it: maps, programs, links. Everything is a file descriptor and
// goes away with it.
#pragma once
#include <linux/bpf.h>
#include <unistd.h>

#include <cstdint>
#include <utility>
#include <vector>

namespace lwaftr {

// A file descriptor that closes itself.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Fd() {
    if (fd_ >= 0) close(fd_);
  }
  int get() const { return fd_; }
  bool open() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

// Not open on failure: errno says why.
Fd bpf_create_map(bpf_map_type type, uint32_t key_bytes, uint32_t value_bytes, uint32_t entries);
// `flags`: BPF_F_XDP_HAS_FRAGS and the like.
Fd bpf_load_xdp(const std::vector<bpf_insn>& program, uint32_t flags);
// `flags`: XDP_FLAGS_DRV_MODE or XDP_FLAGS_SKB_MODE. The program is detached when the link is closed.
Fd bpf_attach_xdp(const Fd& program, int interface, uint32_t flags);

bool bpf_map_set(const Fd& map, const void* key, const void* value);
bool bpf_map_remove(const Fd& map, const void* key);

}  // namespace lwaftr
