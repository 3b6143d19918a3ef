// What a local sender left to the network card: the kernel hands such frames over as they are (veth, TAP peers), with
// a header that says what is still to be done. Here it is done.
#pragma once
#include <cstddef>
#include <cstdint>

#include "core/packet.h"

namespace lwaftr {

// struct virtio_net_hdr in host byte order (<linux/virtio_net.h> is not C++): what PACKET_VNET_HDR puts before a frame.
struct OffloadHeader {
  static constexpr uint8_t kNeedsChecksum = 1;                // flags
  static constexpr uint8_t kNone = 0, kUdp = 5, kEcn = 0x80;  // gso_type
  uint8_t flags;
  uint8_t gso_type;
  uint16_t header_length;
  uint16_t gso_size;         // payload bytes of each packet
  uint16_t checksum_start;   // from the frame's first byte
  uint16_t checksum_offset;  // of the field, from checksum_start
};
static_assert(sizeof(OffloadHeader) == 10);

// Completes the checksum of a frame whose field holds the sum of the pseudo-header only. False: the header lies.
bool complete_checksum(uint8_t* frame, size_t length, const OffloadHeader& header);

// Cuts a TCP or UDP segmentation frame (TSO, USO; also below IP-in-IP headers, as an lwB4 in the kernel sends) into
// packets as a network card would: lengths, IPv4 identification, sequence numbers, flags and checksums of each.
// The frame is used up. Returns how many packets were written; the rest of at most `limit` or of an empty pool is lost
// and added to `lost`.
size_t segment(uint8_t* frame, size_t length, const OffloadHeader& header, PacketPool& pool, Packet** packets,
               size_t limit, uint64_t* lost);

}  // namespace lwaftr
