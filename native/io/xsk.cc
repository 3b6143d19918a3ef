#include "xsk.h"

#include <sys/mman.h>
#include <sys/socket.h>

#include <cerrno>

namespace lwaftr {

namespace {

constexpr size_t kMemoryBytes = size_t{Xsk::kReceiveFrames + Xsk::kTransmitFrames} * Xsk::kFrameBytes;
constexpr int kSendBytes = 8 << 20;    // of packets on their way through the kernel
constexpr int kMaxTransmitBudget = 9;  // XDP_MAX_TX_SKB_BUDGET of Linux 6.17, not in older headers
constexpr int kTransmitBudget = 512;   // packets a system call may send by copying; the default is 32

bool set(int fd, int option, const void* value, socklen_t size) {
  return setsockopt(fd, SOL_XDP, option, value, size) == 0;
}
bool set(int fd, int option, uint32_t value) { return set(fd, option, &value, sizeof value); }

}  // namespace

template <typename Entry>
bool XskRing<Entry>::map(int fd, const xdp_ring_offset& offsets, uint64_t page_offset, uint32_t entries) {
  bytes_ = offsets.desc + entries * sizeof(Entry);
  void* memory =
      mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, static_cast<off_t>(page_offset));
  if (memory == MAP_FAILED) return false;
  memory_ = memory;
  auto* base = static_cast<uint8_t*>(memory);
  producer_ = reinterpret_cast<uint32_t*>(base + offsets.producer);
  consumer_ = reinterpret_cast<uint32_t*>(base + offsets.consumer);
  flags_ = reinterpret_cast<uint32_t*>(base + offsets.flags);
  entries_ = reinterpret_cast<Entry*>(base + offsets.desc);
  mask_ = entries - 1;
  return true;
}

template <typename Entry>
void XskRing<Entry>::unmap() {
  if (memory_) munmap(memory_, bytes_);
  memory_ = nullptr;
}

Xsk::~Xsk() {
  fd = Fd();  // first, so that the kernel uses neither rings nor memory any more
  fill.unmap();
  completion.unmap();
  receive.unmap();
  transmit.unmap();
  if (memory) munmap(memory, kMemoryBytes);
}

int Xsk::create() {
  fd = Fd(socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0));
  if (!fd.open()) return errno;
  void* pages = mmap(nullptr, kMemoryBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
  if (pages == MAP_FAILED) return errno;
  memory = static_cast<uint8_t*>(pages);
  const xdp_umem_reg umem{.addr = reinterpret_cast<uintptr_t>(memory), .len = kMemoryBytes, .chunk_size = kFrameBytes};
  xdp_mmap_offsets offsets{};
  socklen_t size = sizeof offsets;
  const int s = fd.get();
  if (!set(s, XDP_UMEM_REG, &umem, sizeof umem) || !set(s, XDP_UMEM_FILL_RING, kReceiveFrames) ||
      !set(s, XDP_UMEM_COMPLETION_RING, kTransmitFrames) || !set(s, XDP_RX_RING, kReceiveFrames) ||
      !set(s, XDP_TX_RING, kTransmitFrames) || getsockopt(s, SOL_XDP, XDP_MMAP_OFFSETS, &offsets, &size) != 0 ||
      !fill.map(s, offsets.fr, XDP_UMEM_PGOFF_FILL_RING, kReceiveFrames) ||
      !completion.map(s, offsets.cr, XDP_UMEM_PGOFF_COMPLETION_RING, kTransmitFrames) ||
      !receive.map(s, offsets.rx, XDP_PGOFF_RX_RING, kReceiveFrames) ||
      !transmit.map(s, offsets.tx, XDP_PGOFF_TX_RING, kTransmitFrames)) {
    return errno;
  }
  setsockopt(s, SOL_SOCKET, SO_SNDBUFFORCE, &kSendBytes, sizeof kSendBytes);
  set(s, kMaxTransmitBudget, kTransmitBudget);  // where the kernel does not know it, transmit calls more often
  for (uint32_t i = 0; i < kReceiveFrames; i++) fill[i] = uint64_t{i} * kFrameBytes;
  fill.produce(kReceiveFrames);
  for (uint32_t i = 0; i < kTransmitFrames; i++) free_frames.push_back(uint64_t{kReceiveFrames + i} * kFrameBytes);
  return 0;
}

int Xsk::bind(int interface, uint32_t queue, uint16_t flags) {
  sockaddr_xdp address{};
  address.sxdp_family = AF_XDP;
  address.sxdp_flags = flags;
  address.sxdp_ifindex = static_cast<uint32_t>(interface);
  address.sxdp_queue_id = queue;
  return ::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 ? 0 : errno;
}

template class XskRing<uint64_t>;
template class XskRing<xdp_desc>;

}  // namespace lwaftr
