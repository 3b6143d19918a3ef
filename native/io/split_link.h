// A physical link as a queue receives it: two rings, so that a flood of softwire packets fills only its own.
//
//   kernel ──► urgent ring, AF_PACKET ──────────► first, a small share of every batch
//          └─► bulk ring, AF_PACKET or AF_XDP ──► the rest of it
#pragma once
#include "af_packet.h"
#include "frame_share.h"

namespace lwaftr {

class SplitLink final : public Device {
 public:
  // Opens the urgent ring beside `bulk`, which also sends.
  static std::unique_ptr<SplitLink> open(const std::string& interface, const FrameShare& share,
                                         std::unique_ptr<Device> bulk, OpenError* error);
  ~SplitLink() override;

  void start(OpenError* error) override;
  size_t receive(PacketPool& pool, Packet** packets, size_t limit) override;
  void transmit(Packet* const* packets, size_t count) override;
  int wait_fd() const override { return epoll_; }
  LinkStatus check() override;
  int share(const FrameShare& share) override;
  void abandon() override;

 private:
  SplitLink(std::unique_ptr<AfPacket> urgent, std::unique_ptr<Device> bulk, int epoll)
      : urgent_(std::move(urgent)), bulk_(std::move(bulk)), epoll_(epoll) {}

  std::unique_ptr<AfPacket> urgent_;
  std::unique_ptr<Device> bulk_;
  int epoll_;
};

}  // namespace lwaftr
