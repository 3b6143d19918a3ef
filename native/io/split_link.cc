#include "split_link.h"

#include <sys/epoll.h>

#include <algorithm>
#include <cerrno>

namespace lwaftr {

namespace {

constexpr size_t kUrgentShare = 32;      // frames of each batch
constexpr size_t kUrgentRing = 1 << 20;  // bytes
constexpr size_t kBulkRing = 8 << 20;    // 4096 slots at an MTU of 1500: 10 ms at the kernel's best rate

}  // namespace

std::unique_ptr<SplitLink> SplitLink::open(const std::string& interface, const FrameShare& share,
                                           std::unique_ptr<Device> fast, OpenError* error) {
  auto urgent = AfPacket::open(interface, share, FrameClass::urgent, kUrgentRing, error);
  auto bulk = urgent ? AfPacket::open(interface, share, FrameClass::bulk, kBulkRing, error) : nullptr;
  if (!bulk) return nullptr;
  std::unique_ptr<SplitLink> link(new SplitLink(std::move(urgent), std::move(bulk), std::move(fast)));
  link->epoll_ = Fd(epoll_create1(EPOLL_CLOEXEC));
  epoll_event event{};
  event.events = EPOLLIN;
  for (Device* part :
       {static_cast<Device*>(link->urgent_.get()), static_cast<Device*>(link->bulk_.get()), link->fast_.get()}) {
    if (!part || epoll_ctl(link->epoll_.get(), EPOLL_CTL_ADD, part->wait_fd(), &event) == 0) continue;
    error->set(errno, interface, "cannot wait for packets");
    return nullptr;
  }
  return link;
}

// What XDP takes last, so that there is no moment in which a frame is nobody's.
void SplitLink::start(OpenError* error) {
  urgent_->start(error);
  if (!error->number) bulk_->start(error);
  if (!error->number && fast_) fast_->start(error);
}

size_t SplitLink::receive(PacketPool& pool, Packet** packets, size_t limit) {
  size_t count = urgent_->receive(pool, packets, std::min(limit, kUrgentShare));
  count += bulk_->receive(pool, packets + count, fast_ ? (limit - count) / 2 : limit - count);
  return fast_ ? count + fast_->receive(pool, packets + count, limit - count) : count;
}

void SplitLink::transmit(Packet* const* packets, size_t count) {
  sender().transmit(packets, count);
  statistics_.transmit_drops = sender().statistics().transmit_drops;
}

LinkStatus SplitLink::check() {
  urgent_->check();
  LinkStatus status = bulk_->check();
  if (fast_) status = fast_->check();
  statistics_ = urgent_->statistics();
  statistics_ += bulk_->statistics();
  if (fast_) statistics_ += fast_->statistics();
  return status;
}

// First what takes more, then what takes less.
int SplitLink::widen(const LinkPart& next) {
  int problem = urgent_->widen(next);
  if (!problem) problem = bulk_->widen(next);
  return problem || !fast_ ? problem : fast_->widen(next);
}

int SplitLink::narrow(const LinkPart& next) {
  int problem = fast_ ? fast_->narrow(next) : 0;
  if (!problem) problem = urgent_->narrow(next);
  return problem ? problem : bulk_->narrow(next);
}

void SplitLink::abandon() {
  urgent_->abandon();
  bulk_->abandon();
}

}  // namespace lwaftr
