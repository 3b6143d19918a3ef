// A queue of a Linux interface by AF_XDP: the XDP program (xdp_program.h) puts its frames into memory that we share
// with the kernel, and takes ours from there.
//
//   kernel ──► receive ring ──copy──► Packet        Packet ──copy──► transmit ring ──► kernel
//
// While busy, receiving makes no system call; sending makes one a batch where the driver asks to be woken. Frames are
// copied once each way, since packets outlive the ring: held for a next hop, in reassembly. A frame longer than a
// buffer spans several (Linux 6.6).
#pragma once
#include "device.h"
#include "xdp_interface.h"
#include "xsk.h"

namespace lwaftr {

class AfXdp final : public Device {
 public:
  // Opens a hardware queue, without receiving yet.
  static std::unique_ptr<AfXdp> open(const XdpRequest& request, OpenError* error);
  ~AfXdp() override;

  void start(OpenError* error) override;
  size_t receive(PacketPool& pool, Packet** packets, size_t limit) override;
  void transmit(Packet* const* packets, size_t count) override;
  int wait_fd() const override { return xsk_.fd.get(); }
  LinkStatus check() override;
  // Frames for stations that it has no more go to the kernel, where an AF_PACKET ring takes those of both parts.
  int widen(const LinkPart& next) override;
  int narrow(const LinkPart& next) override;
  // How it works, for the operator.
  std::string description() const;

 private:
  AfXdp(const XdpRequest& request, std::shared_ptr<XdpInterface> interface)
      : name_(request.interface),
        queue_(request.part.hardware_queue),
        part_(request.part),
        interface_(std::move(interface)) {}
  int bind();
  Packet* take(PacketPool& pool, uint32_t descriptor, size_t length);
  bool queue_frame(const Packet& packet, uint32_t at, uint32_t* descriptors);
  void reclaim();
  void wake_receiver();
  void wake_transmitter();

  std::string name_;
  uint32_t queue_;
  LinkPart part_;
  std::shared_ptr<XdpInterface> interface_;
  Xsk xsk_;
  bool claimed_ = false;
  bool bound_ = false;
  bool zero_copy_ = false;
  bool fragments_ = false;  // frames may span buffers
  bool up_ = true;
  uint64_t kernel_drops_ = 0, invalid_ = 0;  // of the kernel's totals, what statistics_ has
};

}  // namespace lwaftr
