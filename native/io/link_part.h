// What a queue has of a physical link, whichever driver brings it.
#pragma once
#include <cstdint>
#include <vector>

#include "frame_share.h"
#include "xdp_program.h"

namespace lwaftr {

struct LinkPart {
  FrameShare share;
  // With AF_XDP: its hardware receive queue, those of all the instance's queues, and the relay's MACs with their VLANs.
  uint32_t hardware_queue = 0;
  std::vector<uint32_t> hardware_queues;
  XdpStations stations;
  bool own_macs = false;  // the queues' MACs differ: a card, which deals by hash, does not find the right one
  bool beside = false;    // other queues of the instance are open already
};

}  // namespace lwaftr
