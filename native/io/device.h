// A device: where a queue's frames come from and go to. One thread owns it; nothing here blocks.
//
// Frames are whole Ethernet frames as on the wire: 802.1Q tag in place, checksums complete, no FCS.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "core/packet.h"

namespace lwaftr {

struct LinkPart;

// Why a device could not be opened: errno and one line that names the interface.
struct OpenError {
  int number = 0;
  std::string message;

  void set(int error_number, const std::string& interface, const char* doing);
};

// Totals since the device was opened.
struct DeviceStatistics {
  uint64_t kernel_drops = 0;     // frames that the kernel received and had no room for
  uint64_t oversize_drops = 0;   // received frames larger than any buffer, that could not be cut
  uint64_t no_buffer_drops = 0;  // received frames for which the pool had no packet
  uint64_t transmit_drops = 0;   // frames that the device did not take: queue full, too long, device down

  DeviceStatistics& operator+=(const DeviceStatistics& more) {
    kernel_drops += more.kernel_drops;
    oversize_drops += more.oversize_drops;
    no_buffer_drops += more.no_buffer_drops;
    transmit_drops += more.transmit_drops;
    return *this;
  }
  DeviceStatistics operator-(const DeviceStatistics& less) const {
    return {kernel_drops - less.kernel_drops, oversize_drops - less.oversize_drops,
            no_buffer_drops - less.no_buffer_drops, transmit_drops - less.transmit_drops};
  }
};

enum class LinkStatus : uint8_t { up, down, gone };

class Device {
 public:
  virtual ~Device() = default;

  // From now on frames are received: what came between opening and start is not for us.
  virtual void start(OpenError* error) = 0;
  // Receives at most `limit` frames. More may come than were on the wire: a frame merged by the sender's offloads is
  // cut into the packets it stands for.
  virtual size_t receive(PacketPool& pool, Packet** packets, size_t limit) = 0;
  // Sends frames in order; what the device does not take is dropped and counted. The caller keeps the packets.
  virtual void transmit(Packet* const* packets, size_t count) = 0;
  // Readable (poll) when there is something to receive.
  virtual int wait_fd() const = 0;
  // Asks the kernel, and samples its drop counters: call it some ten times a second.
  virtual LinkStatus check() = 0;

  // Another part of the link's frames, in two steps that any thread may take while another one receives. After the
  // first, frames of both parts are received, so that none is missed while it passes from one queue to another; after
  // the second, those of the next alone. Both return an errno if that cannot be.
  virtual int widen(const LinkPart&) { return 0; }
  virtual int narrow(const LinkPart&) { return 0; }

  // Gives packets that it still holds back to their pool: before it leaves the pool's thread.
  virtual void abandon() {}

  // Closing it shall delete the interface, if it is one that we created.
  virtual void remove_when_closed() {}

  const DeviceStatistics& statistics() const { return statistics_; }

 protected:
  DeviceStatistics statistics_;
};

}  // namespace lwaftr
