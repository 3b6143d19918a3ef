#include "link.h"

namespace lwaftr {

void Link::start(OpenError* error) {
  if (!device_) return;
  device_->start(error);
  up_ = device_->check() == LinkStatus::up;
}

void Link::transmit(Packet* const* packets, size_t count) {
  if (device_) {
    device_->transmit(packets, count);
  } else {
    past_.transmit_drops += count;
  }
}

void Link::maintain(uint64_t now) {
  if (device_) {
    LinkStatus status = device_->check();
    up_ = status == LinkStatus::up;
    if (status != LinkStatus::gone) return;
    past_ += device_->statistics();
    device_.reset();
  }
  if (now - last_attempt_ < kRetry) return;
  last_attempt_ = now;
  OpenError error;
  device_ = reopen_(&error);
  if (!device_) return;
  start(&error);
  if (error.number) device_.reset();  // it went again meanwhile
}

DeviceStatistics Link::statistics() const {
  DeviceStatistics sum = past_;
  if (device_) sum += device_->statistics();
  return sum;
}

}  // namespace lwaftr
