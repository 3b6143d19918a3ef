#include "slow.h"

namespace lwaftr::fuzz {
namespace {

constexpr uint8_t kIcmp = 1, kIpv4 = 4, kTcp = 6, kUdp = 17, kFragment = 44, kIcmpv6 = 58, kOptions = 60;

Bytes pseudo(const uint8_t* addresses, size_t address_length, uint8_t protocol, const uint8_t* packet, size_t length) {
  Bytes covered(addresses, addresses + 2 * address_length);
  for (const size_t value : {length >> 24, length >> 16, length >> 8, length, size_t{0}, size_t{0}, size_t{0}}) {
    covered.push_back(static_cast<uint8_t>(value));
  }
  covered.push_back(protocol);
  covered.insert(covered.end(), packet, packet + length);
  return covered;
}

void mend_upper(uint8_t* field, const uint8_t* addresses, size_t address_length, uint8_t protocol,
                const uint8_t* packet, size_t length) {
  put16(field, 0);
  put16(field, 0xffff - ones_sum(pseudo(addresses, address_length, protocol, packet, length)));
}

// `end` is where the packet's bytes end; a header that says less makes it end earlier.
void mend_ipv4(uint8_t* header, size_t length, Mend what) {
  if (length < 20 || header_length(header) < 20 || header_length(header) > length) return;
  if (what == Mend::lengths_and_checksums) put16(header + 2, length);
  const size_t hl = header_length(header);
  const size_t total = std::min<size_t>(get16(header + 2), length);
  put16(header + 10, 0);
  put16(header + 10, 0xffff - ones_sum(Bytes(header, header + hl)));
  if (get16(header + 6) % 0x4000 || total < hl) return;  // a piece of something
  uint8_t* payload = header + hl;
  const size_t size = total - hl;
  if (header[9] == kIcmp && size >= 8) {
    put16(payload + 2, 0);
    put16(payload + 2, 0xffff - ones_sum(Bytes(payload, payload + size)));
  } else if (header[9] == kTcp && size >= 20) {
    mend_upper(payload + 16, header + 12, 4, kTcp, payload, size);
  } else if (header[9] == kUdp && size >= 8) {
    if (what == Mend::lengths_and_checksums) put16(payload + 4, size);
    mend_upper(payload + 6, header + 12, 4, kUdp, payload, size);
  }
}

void mend_ipv6(uint8_t* header, size_t length, Mend what) {
  if (length < 40) return;
  if (what == Mend::lengths_and_checksums) put16(header + 4, length - 40);
  const size_t end = std::min<size_t>(40 + get16(header + 4), length);
  uint8_t next = header[6];
  size_t at = 40;
  if (next == kFragment && end >= at + 8) {
    if (get16(header + at + 2) & 0xfff9) return;
    next = header[at];
    at += 8;
  }
  if (next == kOptions && end >= at + 8) {
    next = header[at];
    at += 8 + 8 * header[at + 1];
  }
  if (at > end) return;
  if (next == kIpv4) mend_ipv4(header + at, end - at, what);
  if (next == kIcmpv6 && end - at >= 8) {
    mend_upper(header + at + 2, header + 8, 16, kIcmpv6, header + at, end - at);
  }
}

}  // namespace

uint16_t ones_sum(const Bytes& bytes) {
  uint32_t sum = 0;
  for (size_t i = 0; i < bytes.size(); i++) sum += i % 2 ? bytes[i] : bytes[i] * 256u;
  while (sum > 0xffff) sum = sum % 0x10000 + sum / 0x10000;
  return static_cast<uint16_t>(sum);
}

bool ipv4_header_is_right(const uint8_t* header) {
  return ones_sum(Bytes(header, header + header_length(header))) == 0xffff;
}

bool icmp_is_right(const uint8_t* message, size_t length) {
  return ones_sum(Bytes(message, message + length)) == 0xffff;
}

bool upper_is_right(const uint8_t* addresses, size_t address_length, uint8_t protocol, const uint8_t* packet,
                    size_t length) {
  return ones_sum(pseudo(addresses, address_length, protocol, packet, length)) == 0xffff;
}

void mend(Bytes& frame, Mend what) {
  if (what == Mend::nothing || frame.size() < 14) return;
  size_t at = 14;
  if (get16(&frame[12]) == 0x8100 && frame.size() >= 18) at = 18;
  const uint16_t type = get16(&frame[at - 2]);
  if (type == 0x0800) mend_ipv4(frame.data() + at, frame.size() - at, what);
  if (type == 0x86dd) mend_ipv6(frame.data() + at, frame.size() - at, what);
}

int slow_port(const uint8_t* ipv4, size_t length, bool of_destination) {
  const size_t at = header_length(ipv4);
  if (ipv4[9] != kIcmp) {
    const size_t field = at + (of_destination ? 2 : 0);
    return field + 2 <= length ? get16(ipv4 + field) : -1;
  }
  if (at + 8 > length) return -1;
  const uint8_t type = ipv4[at];
  if (type == 0) return of_destination ? get16(ipv4 + at + 4) : 0;
  if (type == 8) return of_destination ? 0 : get16(ipv4 + at + 4);
  const size_t quote = at + 8;
  if (quote >= length) return -1;
  const size_t port = quote + header_length(ipv4 + quote);
  return port + 2 <= length ? get16(ipv4 + port) : -1;
}

int slow_psid(int port, int reserved_bits, int psid_length) {
  int psid = 0, reserved = 0;
  for (int bit = 0; bit < 16; bit++) {
    const int value = port >> (15 - bit) & 1;
    if (bit < reserved_bits) reserved += value;
    if (bit >= reserved_bits && bit < reserved_bits + psid_length) psid = psid * 2 + value;
  }
  return reserved_bits > 0 && reserved == 0 ? -1 : psid;
}

}  // namespace lwaftr::fuzz
