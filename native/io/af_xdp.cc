#include "af_xdp.h"

#include <linux/if_ether.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iterator>

#include "checksum_offload.h"
#include "ethtool.h"
#include "interface.h"
#include "patience.h"

namespace lwaftr {

namespace {

// Of Linux 6.6, not in older headers: frames that span buffers.
constexpr uint16_t kUseFragments = 1 << 4;  // XDP_USE_SG, a flag of bind()
constexpr uint32_t kContinued = 1 << 0;     // XDP_PKT_CONTD, an option of a descriptor
constexpr uint32_t kMtuOfOneBuffer = 3498;  // native XDP keeps a frame, its headroom and its tail in one page
constexpr int kMostWakeups = 128;           // in a row: each sends 32 packets at least

}  // namespace

std::unique_ptr<AfXdp> AfXdp::open(const XdpRequest& request, OpenError* error) {
  auto interface = XdpInterface::share(request, error);
  if (!interface) return nullptr;
  std::unique_ptr<AfXdp> device(new AfXdp(request, std::move(interface)));
  AfXdp& d = *device;
  int problem = d.xsk_.create();
  // The queue that this one follows may still hold it: then start() is its turn.
  if (problem == 0 && d.interface_->claim(d.queue_)) {
    d.claimed_ = true;
    problem = d.bind();
  }
  if (problem == 0) return device;
  error->number = problem;
  error->message = request.interface + ": cannot use queue " + std::to_string(d.queue_) + " by AF_XDP: " +
                   (problem == EMSGSIZE ? "its MTU is above " + std::to_string(kMtuOfOneBuffer) +
                                              ", and this kernel has no AF_XDP frames of several buffers"
                                        : std::string(strerror(problem)));
  return nullptr;
}

AfXdp::~AfXdp() {
  if (claimed_) interface_->release(queue_);
}

int AfXdp::bind() {
  // The kernel tries zero-copy and falls back to copying by itself; below a generic program it may only copy.
  const uint16_t copy = interface_->mode() == XdpMode::generic ? XDP_COPY : 0;
  const auto flags = static_cast<uint16_t>(XDP_USE_NEED_WAKEUP | copy);
  const auto try_flags = [this](int flags) {
    return while_busy([&] { return xsk_.bind(interface_->index(), queue_, static_cast<uint16_t>(flags)); });
  };
  int problem = interface_->has_fragments() ? try_flags(flags | kUseFragments) : EINVAL;
  fragments_ = problem == 0;
  if (problem == EINVAL) {
    const auto info = interface_info(name_);
    if (info && info->mtu > kMtuOfOneBuffer) return EMSGSIZE;
    problem = try_flags(flags);
  }
  bound_ = problem == 0;
  xdp_options options{};
  socklen_t size = sizeof options;
  zero_copy_ = bound_ && getsockopt(xsk_.fd.get(), SOL_XDP, XDP_OPTIONS, &options, &size) == 0 &&
               (options.flags & XDP_OPTIONS_ZEROCOPY);
  return problem;
}

void AfXdp::start(OpenError* error) {
  if (!bound_) {
    claimed_ = claimed_ || interface_->claim(queue_);
    const int problem = claimed_ ? bind() : EBUSY;
    if (problem) return error->set(problem, name_, "cannot receive by AF_XDP");
  }
  const int problem = interface_->receive(queue_, xsk_.fd) ? narrow(part_) : errno;
  if (problem) error->set(problem, name_, "cannot receive by AF_XDP");
}

int AfXdp::widen(const LinkPart& next) {
  XdpStations both;
  std::set_intersection(part_.stations.begin(), part_.stations.end(), next.stations.begin(), next.stations.end(),
                        std::inserter(both, both.end()));
  return interface_->take(queue_, both) ? 0 : errno;
}

int AfXdp::narrow(const LinkPart& next) {
  part_ = next;
  // Where the card has no such table, frames of other hardware queues are the kernel's.
  steer_to_queues(name_, part_.hardware_queues);
  return interface_->take(queue_, part_.stations) ? 0 : errno;
}

std::string AfXdp::description() const {
  const uint32_t count = receive_queues(name_);
  const bool alone = part_.hardware_queues.size() < count && !spreads_hashes(name_);
  const std::string others = alone ? ", and by AF_PACKET what comes by other hardware queues than " +
                                         std::to_string(part_.hardware_queues.size()) + " of " + std::to_string(count)
                                   : "";
  return std::string("AF_XDP, ") + (interface_->mode() == XdpMode::native ? "native" : "generic") + " mode, " +
         (zero_copy_ ? "zero-copy" : "copying") + others;
}

size_t AfXdp::receive(PacketPool& pool, Packet** packets, size_t limit) {
  const uint32_t available = xsk_.receive.available();
  if (available == 0) return 0;
  size_t count = 0;
  uint32_t done = 0;
  while (done < available && count < limit) {
    uint32_t end = done;  // the frame's last descriptor
    size_t length = xsk_.receive[end].len;
    while (end + 1 < available && xsk_.receive[end].options & kContinued) length += xsk_.receive[++end].len;
    if (xsk_.receive[end].options & kContinued) break;  // its rest is still to come
    if (Packet* packet = take(pool, done, length)) packets[count++] = packet;
    done = end + 1;
  }
  for (uint32_t i = 0; i < done; i++) {
    xsk_.fill[i] = xsk_.receive[i].addr & ~uint64_t{Xsk::kFrameBytes - 1};
  }
  xsk_.receive.consume(done);
  xsk_.fill.produce(done);
  wake_receiver();
  return count;
}

// A driver with zero-copy that ran out of buffers sleeps until it is told of new ones.
void AfXdp::wake_receiver() {
  if (xsk_.fill.needs_wakeup()) recvfrom(xsk_.fd.get(), nullptr, 0, MSG_DONTWAIT, nullptr, nullptr);
}

Packet* AfXdp::take(PacketPool& pool, uint32_t descriptor, size_t length) {
  if (length < ETH_HLEN || length > Packet::kMaxFrame) {
    statistics_.oversize_drops++;
    return nullptr;
  }
  Packet* packet = pool.allocate(length);
  if (!packet) {
    statistics_.no_buffer_drops++;
    return nullptr;
  }
  while (packet->length < length) {
    const xdp_desc& piece = xsk_.receive[descriptor++];
    memcpy(packet->data + packet->length, xsk_.frame(piece.addr), piece.len);
    packet->length += piece.len;
  }
  if (interface_->is_virtual()) complete_unmarked_checksum(packet->data, length);
  return packet;
}

void AfXdp::transmit(Packet* const* packets, size_t count) {
  if (!up_) {  // they would wait in the ring, and leave stale when the link is back
    statistics_.transmit_drops += count;
    return;
  }
  reclaim();
  uint32_t queued = 0;
  for (size_t i = 0; i < count; i++) {
    if (queue_frame(*packets[i], queued, &queued)) continue;
    // Full: the kernel may be quicker than we thought.
    xsk_.transmit.produce(queued);
    queued = 0;
    wake_transmitter();
    reclaim();
    if (!queue_frame(*packets[i], queued, &queued)) statistics_.transmit_drops++;
  }
  xsk_.transmit.produce(queued);
  wake_transmitter();
}

// False when there is no room.
bool AfXdp::queue_frame(const Packet& packet, uint32_t at, uint32_t* descriptors) {
  const uint32_t pieces = (packet.length + Xsk::kFrameBytes - 1) / Xsk::kFrameBytes;
  if (xsk_.free_frames.size() < pieces || xsk_.transmit.room() < at + pieces) return false;
  if (pieces > 1 && !fragments_) return false;
  for (uint32_t i = 0; i < pieces; i++) {
    const uint32_t offset = i * Xsk::kFrameBytes;
    const uint32_t length = std::min(packet.length - offset, Xsk::kFrameBytes);
    const uint64_t address = xsk_.free_frames.back();
    xsk_.free_frames.pop_back();
    memcpy(xsk_.frame(address), packet.data + offset, length);
    xsk_.transmit[at + i] = {address, length, i + 1 < pieces ? kContinued : 0};
  }
  *descriptors = at + pieces;
  return true;
}

void AfXdp::reclaim() {
  const uint32_t done = xsk_.completion.available();
  for (uint32_t i = 0; i < done; i++) xsk_.free_frames.push_back(xsk_.completion[i]);
  xsk_.completion.consume(done);
}

// By copying, the call itself sends; a driver with zero-copy is only woken, where it sleeps.
void AfXdp::wake_transmitter() {
  for (int i = 0; i < kMostWakeups; i++) {
    const uint32_t pending = xsk_.transmit.pending();
    if (pending == 0 || !xsk_.transmit.needs_wakeup()) return;
    if (sendto(xsk_.fd.get(), nullptr, 0, MSG_DONTWAIT, nullptr, 0) >= 0) return;
    if (errno == EBUSY) {  // the interface dropped the last one it was given
      statistics_.transmit_drops++;
    } else if (errno != EAGAIN) {
      return;
    }
    if (xsk_.transmit.pending() == pending) return;  // it takes no more now: poll() and check() go on
  }
}

LinkStatus AfXdp::check() {
  xdp_statistics seen{};
  socklen_t size = sizeof seen;
  if (getsockopt(xsk_.fd.get(), SOL_XDP, XDP_STATISTICS, &seen, &size) == 0) {
    const uint64_t drops = seen.rx_dropped + seen.rx_ring_full;
    statistics_.kernel_drops += drops - kernel_drops_;
    statistics_.transmit_drops += seen.tx_invalid_descs - invalid_;
    kernel_drops_ = drops;
    invalid_ = seen.tx_invalid_descs;
  }
  wake_receiver();
  wake_transmitter();
  const auto info = interface_info(name_);
  if (!info || info->index != interface_->index()) return LinkStatus::gone;
  up_ = info->running;
  return up_ ? LinkStatus::up : LinkStatus::down;
}

}  // namespace lwaftr
