// A physical link as a queue receives it: two rings, so that a flood of softwire packets fills only its own. By AF_XDP,
// most of the flood never comes to the kernel; what does is in the same rings: frames of hardware queues that no thread
// has, at this moment or at all, and for MACs that are another queue's than the card thought.
//
//   card ──► XDP ──► AF_XDP, where it is used ─────► half of every batch at least
//             └────► kernel ──► urgent, AF_PACKET ─► first, a small share of every batch
//                           └─► bulk, AF_PACKET ───► the rest
#pragma once
#include "af_packet.h"
#include "bpf.h"

namespace lwaftr {

class SplitLink final : public Device {
 public:
  // Opens both rings beside `fast`, if there is one: then it sends.
  static std::unique_ptr<SplitLink> open(const std::string& interface, const FrameShare& share,
                                         std::unique_ptr<Device> fast, OpenError* error);

  void start(OpenError* error) override;
  size_t receive(PacketPool& pool, Packet** packets, size_t limit) override;
  void transmit(Packet* const* packets, size_t count) override;
  int wait_fd() const override { return epoll_.get(); }
  LinkStatus check() override;
  int widen(const LinkPart& next) override;
  int narrow(const LinkPart& next) override;
  void abandon() override;

 private:
  SplitLink(std::unique_ptr<AfPacket> urgent, std::unique_ptr<AfPacket> bulk, std::unique_ptr<Device> fast)
      : urgent_(std::move(urgent)), bulk_(std::move(bulk)), fast_(std::move(fast)) {}
  Device& sender() { return fast_ ? *fast_ : *bulk_; }

  std::unique_ptr<AfPacket> urgent_, bulk_;
  std::unique_ptr<Device> fast_;  // perhaps none
  Fd epoll_;
};

}  // namespace lwaftr
