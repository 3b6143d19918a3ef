// A port of a queue: a device that may go away, and another in its place later. Looking whether it is there costs an
// ioctl and happens on the packet thread; opening one takes locks of the kernel and never does (queue_thread.h).
#pragma once
#include <atomic>
#include <memory>

#include "device.h"

namespace lwaftr {

class Link {
 public:
  // A device that was started, or none.
  explicit Link(std::unique_ptr<Device> device) : device_(std::move(device)), present_(device_ != nullptr) {}

  size_t receive(PacketPool& pool, Packet** packets, size_t limit) {
    return present() ? device_->receive(pool, packets, limit) : 0;
  }
  void transmit(Packet* const* packets, size_t count);
  // Negative while there is no device.
  int wait_fd() const { return present() ? device_->wait_fd() : -1; }
  // Looks at the device.
  void check();
  // Have the device, if there is one, receive another part of the link's frames (device.h). Not while it is exchanged.
  int widen(const LinkPart& next) { return device_ ? device_->widen(next) : 0; }
  int narrow(const LinkPart& next) { return device_ ? device_->narrow(next) : 0; }
  // Puts a started device in place of the one that went; `device` leaves with the old one.
  void exchange(std::unique_ptr<Device>& device);
  // Asked from other threads too: false when a device is missed.
  bool present() const { return present_.load(std::memory_order_relaxed); }
  bool up() const { return up_; }
  // Totals over all the devices this link has been.
  DeviceStatistics statistics() const;

 private:
  std::unique_ptr<Device> device_;
  std::atomic<bool> present_;
  bool up_ = false;
  DeviceStatistics past_;
};

}  // namespace lwaftr
