// Next hops as the router behind the passthru has them: it is handed the head of a packet that leaves, and forwards it
// by its routes; the frame that comes back has the MAC address of the next hop as its destination.
//
//   core ─► packet ─────────────────────────────────► next hop
//             └ its head, now and then ─► bridge ─► router ─┐
//   next hop's MAC ◄─ taken out, never sent ◄───────────────┘
//
// The head is the packet's IP header, of which the source becomes the relay's own address, and the bytes behind it by
// which routers spread flows: nobody takes it for the packet, should it get away, and what the router has to say about
// it (errors, redirects) it says to the relay. Nothing else comes from the router with that source, so a head is known
// whenever it comes back; the IPv4 identification or IPv6 flow label tells the latest from others.
//
// One side has one next hop: the router should send the destinations of a side the same way. A side takes part when it
// is on the passthru's link and VLAN, where the MAC addresses are that the router sees.
#pragma once
#include <array>

#include "bridge.h"
#include "clock.h"
#include "next_hop.h"

namespace lwaftr {

class AttachedRouter {
 public:
  // Refreshes without an answer after which what it said is no longer believed.
  static constexpr Time kSilences = 3;
  // While it does not answer it is asked this often, or as often as it is to be refreshed if that is more.
  static constexpr Time kRetry = kSecond;

  AttachedRouter(PacketPool& pool, Counters& counters) : pool_(pool), counters_(counters) {}
  void configure(const Settings& settings);
  bool asked(Side side) const { return sides_[static_cast<size_t>(side)].takes_part; }
  bool active() const { return asked(Side::external) || asked(Side::internal); }

  // Hands over the head of one of the packets that leave on a side, if it is time to. They are as the core left them.
  void ask(Side side, const PacketList& leaving, Bridge& bridge, Time now);
  // Takes the heads that came back out of what came from the device, and tells the sides' next hops.
  void take(PacketList& from_device, NextHop& external, NextHop& internal, Time now);

 private:
  struct State {
    bool takes_part = false;
    bool answered = false;  // the last time it was asked
    Time ask_at = 0;
    uint32_t mark = 0;  // of the last head
  };
  Packet* head_ipv4(const Packet& packet, uint32_t mark);
  Packet* head_ipv6(const Packet& packet, uint32_t mark);
  Packet* head_of(const Packet& packet, const MacAddress& source, size_t length);
  // The side that a frame is a head of, or -1.
  int side_of(const Packet& frame) const;
  uint32_t mark_of(Side side, const Packet& frame) const;
  bool is_next_hop(const uint8_t* mac) const;

  PacketPool& pool_;
  Counters& counters_;
  Time interval_ = 0;
  MacAddress router_{};
  ExternalInterface external_;
  InternalInterface internal_;
  std::array<State, kSideCount> sides_;
};

}  // namespace lwaftr
