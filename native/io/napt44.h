// The NAPT44 of an lwB4 (RFC 7596 s5.1): inside addresses and ports to one public IPv4 address and its port set.
// Endpoint-independent mappings (RFC 4787, 5382, 5508): an inside (address, port) has one outside port whoever the peer
// is. Ports are TCP and UDP ports and ICMP echo identifiers; an ICMP error follows the mapping of the packet it quotes.
#pragma once
#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "core/psid.h"
#include "core/settings.h"

namespace lwaftr {

struct NaptStatistics {
  uint64_t no_port = 0;      // outbound, every port of the set is taken
  uint64_t no_mapping = 0;   // inbound, for a port that nobody inside uses
  uint64_t unsupported = 0;  // a protocol without ports, or a packet whose lengths lie
};

class Napt44 {
 public:
  // Without port set parameters for sharing (psid_length 0) the whole address is ours.
  Napt44(Ipv4Address public_ipv4, PortSet port_set, uint16_t psid);

  // Rewrites an IPv4 packet on its way out or in. False: it is to be dropped. `now` in monotonic nanoseconds.
  bool outbound(uint8_t* packet, size_t length, uint64_t now);
  bool inbound(uint8_t* packet, size_t length, uint64_t now);

  size_t ports() const { return ports_.size(); }  // in the port set, 0 left out
  size_t mappings() const { return by_inside_.size(); }
  const NaptStatistics& statistics() const { return statistics_; }

 private:
  struct Mapping {
    uint8_t protocol;
    uint32_t address;  // inside
    uint16_t port;     // inside
    uint16_t outside_port;
    uint64_t last_used;
  };
  enum class Side : uint8_t { source, destination };
  struct Flow;

  static uint64_t inside_key(uint8_t protocol, uint32_t address, uint16_t port);
  static uint32_t outside_key(uint8_t protocol, uint16_t port);
  static uint64_t fragment_key(const uint8_t* ip);
  Mapping* map_outbound(uint8_t protocol, uint32_t address, uint16_t port, uint64_t now);
  Mapping* find_inbound(uint8_t protocol, uint16_t port, uint64_t now);
  bool free_port(uint8_t protocol, uint16_t wanted, uint16_t* port);
  bool translate_error(uint8_t* packet, size_t length, bool out, uint64_t now);
  void expire(uint64_t now);

  uint32_t public_ipv4_;  // host byte order
  PortSet port_set_;
  uint16_t psid_;
  std::vector<uint16_t> ports_;
  size_t next_port_ = 0;  // where the search for a free port goes on
  std::unordered_map<uint64_t, Mapping> by_inside_;
  std::unordered_map<uint32_t, uint64_t> by_outside_;  // to the key in by_inside_
  // Inside address of a datagram whose first fragment came in; the others carry no port.
  struct FirstFragment {
    uint32_t address;
    uint64_t seen;
  };
  std::unordered_map<uint64_t, FirstFragment> fragments_;
  uint64_t last_expiry_ = 0;
  NaptStatistics statistics_;
};

}  // namespace lwaftr
