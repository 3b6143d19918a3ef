// A Linux interface by AF_PACKET: frames come through a TPACKET_V2 ring shared with the kernel and leave by sendmmsg.
//
//   kernel ──► ring slot [tpacket2_hdr | OffloadHeader | frame without its tag] ──► Packet, tag put back
//          └─► socket queue: frames larger than a slot (a peer's merged TCP), fetched whole and cut (offload.h)
//
// The ring gives one system call a batch at most, none while it is busy. Sending copies: a transmit ring would lend its
// pages to the peer's stack, which on veth copies them as well, and one bad frame would stop the ring.
#pragma once
#include <linux/filter.h>

#include <set>
#include <utility>
#include <vector>

#include "device.h"
#include "frame_share.h"
#include "offload.h"

namespace lwaftr {

class AfPacket final : public Device {
 public:
  // Opens, without receiving yet, all of what comes to `interface`. The ring's size is a multiple of 128 KiB.
  static std::unique_ptr<AfPacket> open(const std::string& interface, size_t ring_bytes, OpenError* error);
  // Opens one class of a queue's share of it. That of the urgent frames has the interface let in those of both.
  static std::unique_ptr<AfPacket> open(const std::string& interface, const FrameShare& share, FrameClass wanted,
                                        size_t ring_bytes, OpenError* error);
  ~AfPacket() override;

  void start(OpenError* error) override;
  size_t receive(PacketPool& pool, Packet** packets, size_t limit) override;
  void transmit(Packet* const* packets, size_t count) override;
  int wait_fd() const override { return receive_fd_; }
  LinkStatus check() override;
  int widen(const LinkPart& next) override;
  int narrow(const LinkPart& next) override;
  void abandon() override;

 private:
  // What the kernel is asked to let in: a PACKET_MR_ type, and for PACKET_MR_UNICAST the address.
  using Memberships = std::set<std::pair<uint16_t, MacAddress>>;

  AfPacket(std::string interface, int index) : interface_(std::move(interface)), index_(index) {}
  static std::unique_ptr<AfPacket> prepare(const std::string& interface, size_t ring_bytes, OpenError* error);
  Memberships wanted_memberships(const FrameShare& share) const;
  // These return an errno.
  int share(const FrameShare& share);
  int choose(const std::vector<sock_filter>& filter);
  int let_in(const Memberships& wanted);
  bool map_ring(uint32_t mtu, size_t bytes);
  bool join(int fd, uint16_t protocol);
  uint8_t* slot(size_t index) const;
  // What the kernel says of a frame beside its bytes.
  struct Notes {
    OffloadHeader offload;
    int tci;  // of the tag taken out of the frame; negative: none
    uint16_t tpid;
  };
  // The frame as a packet of its own, or, when it is several, as cut_.
  Packet* take(PacketPool& pool, uint8_t* frame, size_t length, const Notes& notes);
  Packet* take_large(PacketPool& pool);
  void cut(PacketPool& pool, uint8_t* frame, size_t length, const Notes& notes);

  std::string interface_;
  int index_;
  FrameClass class_ = FrameClass::urgent;
  FrameShare share_;
  Memberships memberships_;
  bool filters_vlans_ = false;
  int receive_fd_ = -1;
  int transmit_fd_ = -1;
  uint8_t* ring_ = nullptr;
  size_t ring_bytes_ = 0;
  size_t slot_bytes_ = 0;
  size_t slots_ = 0;
  size_t next_ = 0;             // slot to look at next
  std::vector<uint8_t> large_;  // a merged frame, before it is cut
  std::vector<Packet*> cut_;    // its pieces that did not fit in the caller's batch
  size_t cut_next_ = 0;
  PacketPool* pool_ = nullptr;  // where cut_ came from
};

}  // namespace lwaftr
