// Frames of a local sender whose checksum was left to a card that does not exist, where nothing tells which they are.
#pragma once
#include <cstddef>
#include <cstdint>

namespace lwaftr {

// A peer on this machine (veth, a virtual machine) writes only the sum of the pseudo-header into the checksum field of
// TCP and UDP, and a note beside the frame; XDP sees the frame without the note. So a field that holds exactly that
// sum, under a checksum that is wrong, is completed; also in a tunnel. A field that holds it and is right (one in
// 65536) stays. Frames are taken as on the wire, tag in place.
void complete_unmarked_checksum(uint8_t* frame, size_t length);

}  // namespace lwaftr
