// The three-port bridge of a queue: its link, the relay itself, the passthru device.
//
//                 ┌── relay: external MAC on its VLAN ──► relay[0]
//   link ◄──►  bridge
//                 └── relay: internal MAC on its VLAN ──► relay[1]
//                 │
//   passthru device (its MAC, broadcast and multicast, on its VLAN; untagged towards the device)
//
// On a stick there is one link. With two devices each has its side of the relay, and passthru is on one of them.
// Unicast goes where its destination is, broadcast and multicast to the other two. Of those the relay wants only ARP
// and neighbour discovery: a router does not forward what came as link-layer broadcast (RFC 1812 s5.3.4).
#pragma once
#include <array>

#include "counters.h"
#include "packet.h"
#include "settings.h"

namespace lwaftr {

// The relay's two sides, in the order of their ports.
enum class Side : uint8_t { external = 0, internal = 1 };
inline constexpr size_t kSideCount = 2;

class Bridge {
 public:
  Bridge(PacketPool& pool, Counters& counters) : pool_(pool), counters_(counters) {}
  void configure(const Settings& settings);

  // Sorts frames received on `from`, into relay() without their tag, or into output().
  void receive(Port from, const PacketList& frames);
  // Sends what leaves one side of the relay, untagged and complete; `frames` is empty then.
  void transmit(Side side, PacketList& frames);

  // Sends a frame of the relay's own to the passthru device.
  void to_device(Packet* frame);

  PacketList& relay(Side side) { return relay_[static_cast<size_t>(side)]; }
  PacketList& output(Port port) { return output_[static_cast<size_t>(port)]; }
  const std::array<PacketList, kPortCount>& outputs() const { return output_; }
  const PacketList& output(Port port) const { return output_[static_cast<size_t>(port)]; }

 private:
  static constexpr int kUntagged = -1, kNoVlan = -2;  // kNoVlan: a tag cut off
  struct Station {
    uint64_t mac = 0;
    int vlan = kUntagged;
    Port link = Port::external;
  };
  // One in `rate` packets.
  struct Sampler {
    uint32_t rate = 0, left = 0;
    bool take() {
      if (rate == 0 || --left) return false;
      left = rate;
      return true;
    }
  };

  int side_expected(Port link, const Packet& frame) const;
  int side_of(Port link, int vlan, uint16_t ethertype) const;
  bool relay_wants(int side, const Packet& frame, size_t tag) const;
  bool on_vlan(const Station& station, int vlan) const;
  void receive_from_link(Port link, Packet* frame);
  void receive_from_device(Packet* frame);
  void to_link(Port link, int vlan, Packet* frame);
  Packet* copy(const Packet& frame, Counter counter);
  void sample(Sampler& sampler, const Packet& frame);
  void drop(Packet* frame, Counter reason);

  PacketPool& pool_;
  Counters& counters_;
  std::array<Station, kSideCount> sides_;
  Station device_;
  bool has_device_ = false;
  bool promiscuous_ = false;
  bool filter_mac_ = true;
  bool on_a_stick_ = true;
  uint32_t device_limit_ = 0;  // bytes of an untagged frame
  std::array<bool, kSideCount> transparent_{};
  Sampler received_, sent_;
  std::array<PacketList, kSideCount> relay_;
  std::array<PacketList, kPortCount> output_;
};

}  // namespace lwaftr
