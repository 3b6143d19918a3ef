#include "softwire_text.h"

#include <algorithm>
#include <cstring>
#include <string_view>

namespace yang {
namespace {

using lwaftr::Ipv4Address;
using lwaftr::Ipv6Address;
using lwaftr::SoftwireRecord;

// Leaves and blocks seen in an entry.
enum Seen : unsigned {
  kIpv4 = 1,
  kPsid = 2,
  kPadding = 4,
  kB4 = 8,
  kBr = 16,
  kPsidLength = 32,
  kReserved = 64,
  kPortSet = 128,
  kNeeded = kIpv4 | kPsid | kB4 | kBr | kPsidLength | kPortSet,
};

bool is_space(uint8_t byte) { return byte == ' ' || byte == '\n' || byte == '\t' || byte == '\r'; }
bool is_digit(uint8_t byte) { return byte >= '0' && byte <= '9'; }

// The rules of src/schema/softwire-rules.ts; a test holds both against libyang.

// Not 0.0.0.0/8, multicast or broadcast.
bool is_host(const Ipv4Address& address) {
  if (address[0] == 0 || (address[0] >= 224 && address[0] < 240)) return false;
  return address != Ipv4Address{255, 255, 255, 255};
}
// Not unspecified or multicast.
bool is_host(const Ipv6Address& address) { return address[0] != 0xff && address != Ipv6Address{}; }

bool is_sound(const SoftwireRecord& record) {
  return record.psid_length + record.reserved_ports_bit_count <= 16 && record.psid >> record.psid_length == 0 &&
         is_host(record.ipv4) && is_host(record.b4_ipv6) && is_host(record.br_address);
}

// Every method takes what it is named for and is true, or is false and leaves the position anywhere.
class Reader {
 public:
  Reader(const uint8_t* at, const uint8_t* end) : at_(at), end_(end) {}

  const uint8_t* at() const { return at_; }

  // White space and comments; stops at a comment that is never closed.
  void skip() {
    for (;;) {
      while (is_space(peek())) at_++;
      if (peek() != '/' || !skip_comment()) return;
    }
  }

  bool entry(SoftwireRecord& record) {
    if (!block("softwire")) return false;
    unsigned seen = 0;
    for (skip(); peek() != '}'; skip()) {
      if (!statement(record, seen)) return false;
    }
    at_++;
    record.explicit_leaves = static_cast<uint8_t>((seen & kPadding ? 1 : 0) | (seen & kReserved ? 2 : 0));
    return (seen & kNeeded) == kNeeded && is_sound(record);
  }

 private:
  // A byte of no statement at the end.
  uint8_t peek(size_t ahead = 0) const { return ahead < static_cast<size_t>(end_ - at_) ? at_[ahead] : 0; }

  bool skip_comment() {
    const std::string_view rest(reinterpret_cast<const char*>(at_), static_cast<size_t>(end_ - at_));
    const std::string_view close = peek(1) == '/' ? "\n" : "*/";
    if (peek(1) != '/' && peek(1) != '*') return false;
    const size_t found = rest.find(close, 2);
    if (found == rest.npos) return false;
    at_ += found + close.size();
    return true;
  }

  bool statement(SoftwireRecord& record, unsigned& seen) {
    // The names differ in their first bytes.
    switch (peek() << 8 | peek(1)) {
      case 'i' << 8 | 'p':
        return name("ipv4", kIpv4, seen) && ipv4(record.ipv4) && end();
      case 'b' << 8 | '4':
        return name("b4-ipv6", kB4, seen) && ipv6(record.b4_ipv6) && end();
      case 'b' << 8 | 'r':
        return name("br-address", kBr, seen) && ipv6(record.br_address) && end();
      case 'p' << 8 | 's':
        return name("psid", kPsid, seen) && number(0xffff, record.psid) && end();
      case 'p' << 8 | 'a':
        return name("padding", kPadding, seen) && number(0xffff, record.padding) && end();
      case 'p' << 8 | 'o':
        return port_set(record, seen);
    }
    return false;
  }

  bool port_set(SoftwireRecord& record, unsigned& seen) {
    if (!block("port-set") || !first_time(kPortSet, seen)) return false;
    for (skip(); peek() != '}'; skip()) {
      const bool read = peek() == 'r'
                            ? name("reserved-ports-bit-count", kReserved, seen) &&
                                  number(16, record.reserved_ports_bit_count) && end()
                            : name("psid-length", kPsidLength, seen) && number(16, record.psid_length) && end();
      if (!read) return false;
    }
    at_++;
    return true;
  }

  bool word(std::string_view word) {
    if (static_cast<size_t>(end_ - at_) < word.size() || std::memcmp(at_, word.data(), word.size()) != 0) return false;
    at_ += word.size();
    return true;
  }

  // `NAME {`.
  bool block(std::string_view name) {
    if (!word(name)) return false;
    skip();
    return take('{');
  }

  // `NAME` and the white space behind it, once an entry.
  bool name(std::string_view name, Seen which, unsigned& seen) {
    if (!first_time(which, seen) || !word(name) || !is_space(peek())) return false;
    skip();
    return true;
  }

  static bool first_time(Seen which, unsigned& seen) {
    if (seen & which) return false;
    seen |= which;
    return true;
  }

  bool end() {
    skip();
    return take(';');
  }

  bool take(uint8_t byte) {
    if (peek() != byte) return false;
    at_++;
    return true;
  }

  template <typename Number>
  bool number(unsigned most, Number& into) {
    unsigned value = 0, digits = 0;
    for (; is_digit(peek()) && digits < 6; digits++) value = value * 10 + (*at_++ - '0');
    into = static_cast<Number>(value);
    return digits > 0 && digits < 6 && value <= most;
  }

  bool ipv4(Ipv4Address& into) {
    for (size_t i = 0; i < into.size(); i++) {
      if (i > 0 && !take('.')) return false;
      const uint8_t first = peek();
      unsigned value = 0, digits = 0;
      for (; is_digit(peek()) && digits < 4; digits++) value = value * 10 + (*at_++ - '0');
      if (digits == 0 || digits > 3 || value > 255 || (digits > 1 && first == '0')) return false;
      into[i] = static_cast<uint8_t>(value);
    }
    return true;
  }

  // Hexadecimal groups and at most one `::`; a dotted quad is left to the ordinary reader.
  bool ipv6(Ipv6Address& into) {
    size_t groups = 0;
    size_t gap = kNoGap;  // group before which :: stands
    if (peek() == ':') {
      if (peek(1) != ':') return false;
      gap = 0;
      at_ += 2;
    }
    for (;;) {
      unsigned value = 0, digits = 0;
      for (int digit; digits < 5 && (digit = hex(peek())) >= 0; digits++, at_++)
        value = value << 4 | static_cast<unsigned>(digit);
      if (digits == 0) {
        if (gap != groups) return false;  // only right behind ::
        break;
      }
      if (digits > 4 || groups == 8) return false;
      into[groups * 2] = static_cast<uint8_t>(value >> 8);
      into[groups * 2 + 1] = static_cast<uint8_t>(value);
      groups++;
      if (!take(':')) break;
      if (!take(':')) {
        if (hex(peek()) < 0) return false;  // ends in one colon
        continue;
      }
      if (gap != kNoGap) return false;
      gap = groups;
    }
    if (gap == kNoGap) return groups == 8;
    if (groups > 7) return false;
    // Moves what stands behind :: to the end.
    const size_t moved = (groups - gap) * 2;
    std::copy_backward(into.begin() + gap * 2, into.begin() + groups * 2, into.end());
    std::fill(into.begin() + gap * 2, into.end() - moved, uint8_t{0});
    return true;
  }

  static int hex(uint8_t byte) {
    if (is_digit(byte)) return byte - '0';
    const uint8_t lower = byte | 0x20;
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
  }

  static constexpr size_t kNoGap = 9;
  const uint8_t* at_;
  const uint8_t* end_;
};

// Softwires after which the rest of the text is believed to be more of the kind, and memory is asked for at once.
constexpr size_t kSample = 64;

}  // namespace

PlainSoftwires ReadPlainSoftwires(const uint8_t* text, size_t size, size_t at) {
  PlainSoftwires read;
  read.end = at;
  Reader reader(text + at, text + size);
  for (;;) {
    reader.skip();
    const size_t start = static_cast<size_t>(reader.at() - text);
    SoftwireRecord record{};
    if (!reader.entry(record)) return read;
    read.records.push_back(record);
    read.offsets.push_back(static_cast<uint32_t>(start));
    read.end = static_cast<size_t>(reader.at() - text);
    if (read.records.size() == kSample) {
      const size_t expected = kSample + (size - read.end) / ((read.end - at) / kSample);
      read.records.reserve(expected);
      read.offsets.reserve(expected);
    }
  }
}

}  // namespace yang
