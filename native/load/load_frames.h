// The frames of a load test: what the internet and the B4s of some softwires would send, each with a stamp in its
// payload by which it is known again on the other side of the relay.
//
//   to the external side:  Ethernet | IPv4 host → subscriber | UDP | stamp | zeros
//   to the internal side:  Ethernet | IPv6 B4 → BR | IPv4 subscriber → host | UDP | stamp | zeros
//
//   stamp (18 bytes, network byte order):  mark 2 | run 2 | sequence number 6 | time sent 8
//
// Softwires take turns; each uses the ports of its port set one after the other.
#pragma once
#include <array>
#include <cstdint>
#include <vector>

#include "core/bridge.h"
#include "core/clock.h"
#include "core/packet.h"
#include "core/parse.h"
#include "core/settings.h"
#include "core/softwire_record.h"

namespace lwaftr {

struct LoadStamp {
  uint64_t sequence = 0;
  Time sent = 0;
};

class LoadFrames {
 public:
  // Ethernet header to stamp of the IPv4 frames; tunnelled ones are kTunnel longer.
  static constexpr uint32_t kSmallest = 60, kTunnel = 40;

  // `settings` are the tester's: its interfaces' MACs are the sources, their next hops' MACs the destinations.
  // `sizes`, used in turn, are bytes of the IPv4 frames without tag and FCS, kSmallest at least. `run` tells the
  // stamps of this test from another's; its lowest bit is not used. At least one softwire and one size.
  LoadFrames(const Settings& settings, const Ipv4Address& host, const std::vector<SoftwireRecord>& softwires,
             const std::vector<uint32_t>& sizes, uint16_t run);

  // Bytes of the frame of this number towards a side.
  uint32_t length(Side side, uint64_t sequence) const { return frame_of(side, sequence).size(); }
  // Fills a packet that has room for it.
  void write(Side side, const LoadStamp& stamp, Packet& packet) const;

  // Whether a packet that the relay sent on one side is what we sent it on the other.
  bool read(const Ipv4Packet& packet, LoadStamp& stamp) const;
  bool read(const TunnelPacket& packet, LoadStamp& stamp) const;

 private:
  struct Flow {
    Ipv6Address b4, br;
    Ipv4Address ipv4;
    uint16_t first_port;
    uint32_t ports;  // in a row
  };
  using Frame = std::vector<uint8_t>;

  static Flow flow_of(const SoftwireRecord& softwire);
  const Frame& frame_of(Side side, uint64_t sequence) const {
    const std::vector<Frame>& frames = frames_[static_cast<size_t>(side)];
    return frames[sequence % frames.size()];
  }
  bool read(const uint8_t* udp, size_t length, Side sent_to, LoadStamp& stamp) const;

  std::vector<Flow> flows_;
  std::array<std::vector<Frame>, kSideCount> frames_;  // by size, to be completed
  Ipv4Address host_;
  uint16_t run_;
};

}  // namespace lwaftr
