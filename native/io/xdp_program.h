// The XDP program: which frames of an interface are taken past the kernel. Only what comes in floods is: IP for the
// relay's own MACs on their VLANs, to the socket of the hardware queue it came in by. All else is passed to the kernel,
// where an AF_PACKET socket takes what is ours of it (split_link.h) and the host what is its own: ARP, neighbour
// discovery, broadcast, multicast, passthru.
//
//   frame ─► (rx queue, destination MAC, VLAN) known? ─► IPv4, IPv6 without NDP? ─► XSKMAP[rx queue] ─► AF_XDP socket
//                          └─ no ────────────────────────────── no ┴──────────────── none ┴────────────► kernel
//
// What each hardware queue takes is a map, so that it changes under a running program, and for one queue alone.
#pragma once
#include <set>
#include <utility>
#include <vector>

#include "bpf.h"
#include "core/settings.h"

namespace lwaftr {

// What the program looks up: a MAC of the relay and the tag of its frames as on the wire, with kTagged set unless they
// have none (VLAN 0 is not untagged).
struct XdpStation {
  static constexpr uint16_t kTagged = 0x1000;
  MacAddress mac{};
  uint8_t tag[2]{};

  XdpStation() = default;
  XdpStation(const MacAddress& mac, VlanTag vlan);
  bool tagged() const { return tag[0] != 0; }
  bool operator<(const XdpStation& other) const {
    return std::pair(mac, tag[0] << 8 | tag[1]) < std::pair(other.mac, other.tag[0] << 8 | other.tag[1]);
  }
};
static_assert(sizeof(XdpStation) == 8);
using XdpStations = std::set<XdpStation>;

// Frames of a hardware queue for a station.
struct XdpFrames {
  XdpStation station;
  uint32_t queue = 0;

  bool operator<(const XdpFrames& other) const {
    return queue != other.queue ? queue < other.queue : station < other.station;
  }
};
static_assert(sizeof(XdpFrames) == 12);

// The program over a hash of XdpFrames and an XSKMAP.
std::vector<bpf_insn> xdp_program(const Fd& taken, const Fd& sockets);

}  // namespace lwaftr
