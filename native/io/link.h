// A device that may come and go: opened again, without hurry, when it is back. A queue owns links, not devices.
#pragma once
#include <functional>

#include "device.h"

namespace lwaftr {

class Link {
 public:
  using Opener = std::function<std::unique_ptr<Device>(OpenError*)>;

  // `device` may be absent (passthru); then opening is tried as after a loss.
  Link(std::unique_ptr<Device> device, Opener reopen) : device_(std::move(device)), reopen_(std::move(reopen)) {}

  void start(OpenError* error);
  size_t receive(PacketPool& pool, Packet** packets, size_t limit) {
    return device_ ? device_->receive(pool, packets, limit) : 0;
  }
  void transmit(Packet* const* packets, size_t count);
  // Negative while there is no device.
  int wait_fd() const { return device_ ? device_->wait_fd() : -1; }
  // Looks at the device, and tries to open a lost one. `now` in monotonic nanoseconds.
  void maintain(uint64_t now);
  bool up() const { return up_; }
  // Totals over all the devices this link has been.
  DeviceStatistics statistics() const;

 private:
  static constexpr uint64_t kRetry = 200'000'000;  // nanoseconds between attempts: each is one ioctl while absent

  std::unique_ptr<Device> device_;
  Opener reopen_;
  bool up_ = false;
  uint64_t last_attempt_ = 0;
  DeviceStatistics past_;
};

}  // namespace lwaftr
