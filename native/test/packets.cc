#include "packets.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstdio>

namespace lwaftr::test {
namespace {

// The checksum as RFC 1071 describes it, slowly, so as not to share mistakes with checksum.h.
uint16_t slow_checksum(const Bytes& bytes) {
  uint32_t sum = 0;
  for (size_t i = 0; i < bytes.size(); i++) sum += i % 2 ? bytes[i] : bytes[i] << 8;
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<uint16_t>(~sum);
}

void put16(Bytes& data, size_t at, size_t value) {
  data[at] = static_cast<uint8_t>(value >> 8);
  data[at + 1] = static_cast<uint8_t>(value);
}
void put32(Bytes& data, size_t at, uint32_t value) {
  put16(data, at, value >> 16);
  put16(data, at + 2, value & 0xffff);
}

}  // namespace

Ipv4Address ip4(const char* text) {
  Ipv4Address address{};
  inet_pton(AF_INET, text, address.data());
  return address;
}
Ipv6Address ip6(const char* text) {
  Ipv6Address address{};
  inet_pton(AF_INET6, text, address.data());
  return address;
}
MacAddress mac(const char* text) {
  MacAddress address{};
  std::sscanf(text, "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", &address[0], &address[1], &address[2], &address[3], &address[4],
              &address[5]);
  return address;
}
uint32_t address4(const char* text) {
  const Ipv4Address a = ip4(text);
  return uint32_t{a[0]} << 24 | uint32_t{a[1]} << 16 | uint32_t{a[2]} << 8 | a[3];
}
std::string hex(const Bytes& bytes) {
  std::string text;
  char digits[4];
  for (size_t i = 0; i < bytes.size(); i++) {
    std::snprintf(digits, sizeof digits, "%02x%s", bytes[i], i % 4 == 3 ? " " : "");
    text += digits;
  }
  return text;
}

Frame::Frame(const char* destination, const char* source) : data_(14), layers_{{Kind::ethernet, 0}} {
  const MacAddress to = mac(destination), from = mac(source);
  std::copy(to.begin(), to.end(), data_.begin());
  std::copy(from.begin(), from.end(), data_.begin() + 6);
  next_protocol_ = 12;
}

void Frame::set_type(uint16_t ethertype) {
  if (next_is_ethertype_) put16(data_, next_protocol_, ethertype);
}

Frame& Frame::add(Kind kind, const Bytes& header, uint8_t protocol) {
  if (!next_is_ethertype_) data_[next_protocol_] = protocol;
  layers_.push_back({kind, data_.size()});
  data_.insert(data_.end(), header.begin(), header.end());
  return *this;
}

Frame& Frame::vlan(uint16_t tci) {
  set_type(0x8100);
  data_.resize(data_.size() + 4);
  put16(data_, data_.size() - 4, tci);
  next_protocol_ = data_.size() - 2;
  return *this;
}

Frame& Frame::ipv4(const char* source, const char* destination, Ip4Fields fields) {
  Bytes header(20 + fields.options, 1);
  std::fill(header.begin(), header.begin() + 20, 0);
  header[0] = static_cast<uint8_t>(0x40 | header.size() / 4);
  header[1] = fields.tos;
  put16(header, 4, fields.id);
  put16(header, 6, (fields.dont_fragment ? 0x4000 : 0) | (fields.more_fragments ? 0x2000 : 0) | fields.offset / 8);
  header[8] = fields.ttl;
  const Ipv4Address from = ip4(source), to = ip4(destination);
  std::copy(from.begin(), from.end(), header.begin() + 12);
  std::copy(to.begin(), to.end(), header.begin() + 16);
  set_type(0x0800);
  add(Kind::ipv4, header, 4);
  next_protocol_ = layers_.back().at + 9;
  next_is_ethertype_ = false;
  return *this;
}

Frame& Frame::ipv6(const char* source, const char* destination, Ip6Fields fields) {
  Bytes header(40);
  put32(header, 0, 6u << 28 | uint32_t{fields.traffic_class} << 20 | fields.flow_label);
  header[7] = fields.hop_limit;
  const Ipv6Address from = ip6(source), to = ip6(destination);
  std::copy(from.begin(), from.end(), header.begin() + 8);
  std::copy(to.begin(), to.end(), header.begin() + 24);
  set_type(0x86dd);
  add(Kind::ipv6, header, 41);
  next_protocol_ = layers_.back().at + 6;
  next_is_ethertype_ = false;
  return *this;
}

Frame& Frame::fragment6(uint16_t offset, bool more, uint32_t id, uint8_t next_header) {
  Bytes header(8);
  header[0] = next_header;
  put16(header, 2, offset | (more ? 1 : 0));
  put32(header, 4, id);
  add(Kind::other, header, 44);
  next_protocol_ = layers_.back().at;
  return *this;
}

Frame& Frame::destination_options(std::initializer_list<uint8_t> options) {
  Bytes header{0, static_cast<uint8_t>((options.size() + 2) / 8 - 1)};
  header.insert(header.end(), options);
  add(Kind::other, header, 60);
  next_protocol_ = layers_.back().at;
  return *this;
}

Frame& Frame::udp(uint16_t source, uint16_t destination) {
  Bytes header(8);
  put16(header, 0, source);
  put16(header, 2, destination);
  return add(Kind::udp, header, 17);
}

Frame& Frame::tcp(uint16_t source, uint16_t destination, uint8_t flags, std::initializer_list<uint8_t> options) {
  Bytes header(20);
  put16(header, 0, source);
  put16(header, 2, destination);
  header.insert(header.end(), options);
  header[12] = static_cast<uint8_t>(header.size() / 4 << 4);
  header[13] = flags;
  return add(Kind::tcp, header, 6);
}

Frame& Frame::icmp(uint8_t type, uint8_t code, uint32_t rest) {
  Bytes header{type, code, 0, 0, 0, 0, 0, 0};
  put32(header, 4, rest);
  return add(Kind::icmp, header, 1);
}

Frame& Frame::icmpv6(uint8_t type, uint8_t code, uint32_t rest) {
  Bytes header{type, code, 0, 0, 0, 0, 0, 0};
  put32(header, 4, rest);
  return add(Kind::icmpv6, header, 58);
}

Frame& Frame::arp(uint16_t operation, const char* sender_mac, const char* sender_ip, const char* target_mac,
                  const char* target_ip) {
  set_type(0x0806);
  Bytes body{0, 1, 8, 0, 6, 4, 0, 0};
  put16(body, 6, operation);
  const auto put = [&body](const auto& address) { body.insert(body.end(), address.begin(), address.end()); };
  put(mac(sender_mac));
  put(ip4(sender_ip));
  put(mac(target_mac));
  put(ip4(target_ip));
  return append(body);
}

Frame& Frame::protocol(uint8_t number) {
  data_[next_protocol_] = number;
  return *this;
}

Frame& Frame::payload(size_t length) {
  for (size_t i = 0; i < length; i++) data_.push_back(static_cast<uint8_t>(i));
  return *this;
}

Frame& Frame::append(const Bytes& bytes) {
  data_.insert(data_.end(), bytes.begin(), bytes.end());
  return *this;
}

Frame& Frame::packet_of(const Frame& other, size_t from, size_t length) {
  const Bytes all = other.bytes();
  const size_t begin = std::min(all.size(), 14 + from);
  return append(Bytes(all.begin() + static_cast<long>(begin),
                      all.begin() + static_cast<long>(begin + std::min(length, all.size() - begin))));
}

Frame& Frame::padding(size_t length) {
  padding_.assign(length, 0xee);
  return *this;
}

Bytes Frame::bytes() const {
  Bytes data = data_;
  const auto tail = [&data](size_t from) { return Bytes(data.begin() + static_cast<long>(from), data.end()); };
  // The pseudo-header of the IP layer around layer `i`.
  const auto pseudo = [&](size_t i, uint8_t protocol) {
    while (i > 0 && layers_[i].kind != Kind::ipv4 && layers_[i].kind != Kind::ipv6) i--;
    const bool six = layers_[i].kind == Kind::ipv6;
    const size_t at = layers_[i].at + (six ? 8 : 12);
    Bytes bytes(data.begin() + static_cast<long>(at), data.begin() + static_cast<long>(at + (six ? 32 : 8)));
    bytes.push_back(0);
    bytes.push_back(protocol);
    return bytes;
  };
  const auto transport = [&](size_t i, size_t field, uint8_t protocol) {
    const size_t at = layers_[i].at;
    const Bytes segment = tail(at);
    Bytes covered = pseudo(i, protocol);
    covered.push_back(static_cast<uint8_t>(segment.size() >> 8));
    covered.push_back(static_cast<uint8_t>(segment.size()));
    covered.insert(covered.end(), segment.begin(), segment.end());
    put16(data, at + field, slow_checksum(covered));
  };
  for (size_t i = layers_.size(); i-- > 0;) {
    const size_t at = layers_[i].at, length = data.size() - at;
    switch (layers_[i].kind) {
      case Kind::ipv4:
        put16(data, at + 2, length);
        put16(data, at + 10,
              slow_checksum(Bytes(data.begin() + static_cast<long>(at),
                                  data.begin() + static_cast<long>(at) + (data[at] & 15) * 4)));
        break;
      case Kind::ipv6:
        put16(data, at + 4, length - 40);
        break;
      case Kind::udp:
        put16(data, at + 4, length);
        transport(i, 6, 17);
        break;
      case Kind::tcp:
        transport(i, 16, 6);
        break;
      case Kind::icmp:
        put16(data, at + 2, slow_checksum(tail(at)));
        break;
      case Kind::icmpv6:
        transport(i, 2, 58);
        break;
      case Kind::ethernet:
      case Kind::other:
        break;
    }
  }
  data.insert(data.end(), padding_.begin(), padding_.end());
  return data;
}

}  // namespace lwaftr::test
