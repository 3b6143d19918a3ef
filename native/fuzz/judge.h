// Looks at every frame the relay sends, knowing what it was sent: that it stands on the right link with the right tag,
// that it parses, that checksums are right where the relay made them, and that a tunnel is the one of its softwire.
#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "choices.h"
#include "core/bridge.h"
#include "core/settings.h"

namespace lwaftr::fuzz {

class Judge {
 public:
  void configured(const Settings& settings);
  void received(Port port, const Bytes& frame);
  void sent(Port port, const Bytes& frame);
  // After all frames of a step: what left in fragments has left whole. `complete` is false when some of them may
  // not have.
  void step_ends(bool complete);

 private:
  struct Sent {
    Port port;
    Bytes frame;
  };
  // The pieces of a packet sent in fragments: what stands before them, and their payload.
  struct Pieces {
    Bytes head;
    Bytes payload;
    bool ended = false;
  };

  bool from_device(Port port, const Bytes& frame);
  bool for_device(const Bytes& frame) const;
  void relay_sent(Port port, Bytes frame, bool tagged_as_side);
  void ipv4_sent(const Bytes& frame);
  void ipv4_packet_sent(const uint8_t* header, size_t length);
  void own_icmpv4_sent(const uint8_t* header, const uint8_t* message, size_t length);
  void ipv6_sent(const Bytes& frame);
  void ipv6_packet_sent(const uint8_t* header, size_t length);
  void tunnel_sent(const uint8_t* header, size_t length);
  void icmpv6_sent(const uint8_t* header, size_t length);
  void arp_sent(const Bytes& frame);
  void add_piece(const Bytes& key, const Bytes& head, const Bytes& payload, size_t offset, bool more);
  bool was_received(const uint8_t* bytes, size_t length) const;

  Settings settings_;
  bool always_hairpinning_ = true;
  bool any_ipv6_fragment_ = false;
  std::set<uint32_t> flow_labels_;  // of packets that wait for their next hop since an earlier configuration too
  std::vector<Bytes> received_;     // ever
  std::vector<Sent> now_;           // received in this step
  std::vector<Bytes> sent_;         // on the links in this step
  std::vector<Bytes> to_device_;    // in this step, judged when all of sent_ is known
  std::map<Bytes, Pieces> pieces_;  // by family and what else tells packets apart
};

}  // namespace lwaftr::fuzz
