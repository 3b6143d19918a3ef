#include "split_link.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace lwaftr {

namespace {

constexpr size_t kUrgentShare = 32;      // frames of each batch
constexpr size_t kUrgentRing = 1 << 20;  // bytes

}  // namespace

std::unique_ptr<SplitLink> SplitLink::open(const std::string& interface, const FrameShare& share,
                                           std::unique_ptr<Device> bulk, OpenError* error) {
  auto urgent = AfPacket::open(interface, share, FrameClass::urgent, kUrgentRing, error);
  if (!urgent) return nullptr;
  int epoll = epoll_create1(EPOLL_CLOEXEC);
  epoll_event event{};
  event.events = EPOLLIN;
  if (epoll < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, urgent->wait_fd(), &event) != 0 ||
      epoll_ctl(epoll, EPOLL_CTL_ADD, bulk->wait_fd(), &event) != 0) {
    error->set(errno, interface, "cannot wait for packets");
    if (epoll >= 0) close(epoll);
    return nullptr;
  }
  return std::unique_ptr<SplitLink>(new SplitLink(std::move(urgent), std::move(bulk), epoll));
}

SplitLink::~SplitLink() { close(epoll_); }

void SplitLink::start(OpenError* error) {
  urgent_->start(error);
  if (!error->number) bulk_->start(error);
}

size_t SplitLink::receive(PacketPool& pool, Packet** packets, size_t limit) {
  size_t count = urgent_->receive(pool, packets, std::min(limit, kUrgentShare));
  return count + bulk_->receive(pool, packets + count, limit - count);
}

void SplitLink::transmit(Packet* const* packets, size_t count) {
  bulk_->transmit(packets, count);
  statistics_.transmit_drops = bulk_->statistics().transmit_drops;
}

LinkStatus SplitLink::check() {
  urgent_->check();
  LinkStatus status = bulk_->check();
  statistics_ = urgent_->statistics();
  statistics_ += bulk_->statistics();
  return status;
}

// By AF_XDP, bulk is dealt out by the card and has nothing to choose.
int SplitLink::share(const FrameShare& share) {
  const int problem = urgent_->share(share);
  return problem ? problem : bulk_->share(share);
}

void SplitLink::abandon() {
  urgent_->abandon();
  bulk_->abandon();
}

}  // namespace lwaftr
