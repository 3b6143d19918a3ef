// A grammar of frames: choices in, Ethernet frames out that reach the deep stages because most of them makes sense.
#pragma once
#include "choices.h"
#include "core/settings.h"

namespace lwaftr::fuzz {

enum class FrameKind : uint8_t { ipv4, tunnel, icmpv6, arp };

// Lengths and checksums are for mend() to fill in. The settings say what reaches the relay: its VLANs.
Bytes choose_frame(Choices& choices, FrameKind kind, const Settings& settings);

// The frame's IP packet, cut in pieces as `choices` has it: in any order, with any overlap, of either family. A frame
// with a tunnel is cut outside or inside. Empty when it holds no packet.
std::vector<Bytes> choose_fragments(Choices& choices, const Bytes& frame);

}  // namespace lwaftr::fuzz
