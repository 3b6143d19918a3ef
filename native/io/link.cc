#include "link.h"

namespace lwaftr {

void Link::transmit(Packet* const* packets, size_t count) {
  if (present()) {
    device_->transmit(packets, count);
  } else {
    past_.transmit_drops += count;
  }
}

void Link::check() {
  // Also one that is gone: an interface that was renamed comes back as itself, and its sockets are still good.
  LinkStatus status = device_ ? device_->check() : LinkStatus::gone;
  up_ = status == LinkStatus::up;
  present_.store(status != LinkStatus::gone, std::memory_order_relaxed);
}

void Link::exchange(std::unique_ptr<Device>& device) {
  if (device_) {
    device_->abandon();
    past_ += device_->statistics();
  }
  device_.swap(device);
  present_.store(device_ != nullptr, std::memory_order_relaxed);
  check();
}

DeviceStatistics Link::statistics() const {
  DeviceStatistics sum = past_;
  if (device_) sum += device_->statistics();
  return sum;
}

}  // namespace lwaftr
