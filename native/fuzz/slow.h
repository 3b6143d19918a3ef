// The protocols once more, slowly and obviously, sharing no code with native/core: what the relay is compared with.
#pragma once
#include <cstddef>
#include <cstdint>

#include "choices.h"

namespace lwaftr::fuzz {

inline uint16_t get16(const uint8_t* p) { return static_cast<uint16_t>(p[0] * 256 + p[1]); }
inline void put16(uint8_t* p, size_t value) {
  p[0] = static_cast<uint8_t>(value / 256);
  p[1] = static_cast<uint8_t>(value);
}
inline uint32_t get32(const uint8_t* p) { return uint32_t{get16(p)} * 65536 + get16(p + 2); }

// RFC 1071 over bytes: 0xffff where they hold a right checksum.
uint16_t ones_sum(const Bytes& bytes);

inline size_t header_length(const uint8_t* ipv4) { return (ipv4[0] % 16) * 4u; }
bool ipv4_header_is_right(const uint8_t* header);
// Of an ICMPv4 message, and of an upper-layer packet under a pseudo-header (addresses of 4 or 16 bytes).
bool icmp_is_right(const uint8_t* message, size_t length);
bool upper_is_right(const uint8_t* addresses, size_t address_length, uint8_t protocol, const uint8_t* packet,
                    size_t length);

enum class Mend : uint8_t { nothing, checksums, lengths_and_checksums };
// Makes the frame's checksums right, and on demand its lengths first: from the innermost header out, through tunnels.
// What is no header, or does not fit, is left alone.
void mend(Bytes& frame, Mend what);

// The port that finds the softwire of an IPv4 packet, or -1: its destination's, or its source's.
int slow_port(const uint8_t* ipv4, size_t length, bool of_destination);
// RFC 7597 s5.1 bit by bit; -1 for a port that belongs to nobody.
int slow_psid(int port, int reserved_bits, int psid_length);

}  // namespace lwaftr::fuzz
