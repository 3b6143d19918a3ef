// Frames for tests, put together layer by layer: eth().ipv4("192.0.2.1", "198.51.100.7").udp(53, 4096)
// Lengths and checksums are filled in by bytes(), from the innermost layer out.
#pragma once
#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

#include "settings.h"

namespace lwaftr::test {

using Bytes = std::vector<uint8_t>;

Ipv4Address ip4(const char* text);
Ipv6Address ip6(const char* text);
MacAddress mac(const char* text);
uint32_t address4(const char* text);  // host byte order
std::string hex(const Bytes& bytes);

struct Ip4Fields {
  uint8_t ttl = 64;
  uint8_t tos = 0;
  uint16_t id = 1;
  bool dont_fragment = false;
  bool more_fragments = false;
  uint16_t offset = 0;  // bytes
  size_t options = 0;   // bytes of no-operation
};

struct Ip6Fields {
  uint8_t hop_limit = 64;
  uint8_t traffic_class = 0;
  uint32_t flow_label = 0;
};

class Frame {
 public:
  Frame(const char* destination, const char* source);

  Frame& vlan(uint16_t tci);
  Frame& ipv4(const char* source, const char* destination, Ip4Fields fields = {});
  Frame& ipv6(const char* source, const char* destination, Ip6Fields fields = {});
  Frame& fragment6(uint16_t offset, bool more, uint32_t id, uint8_t next_header);
  Frame& destination_options(std::initializer_list<uint8_t> options);  // 6, 14, ... bytes
  Frame& udp(uint16_t source, uint16_t destination);
  Frame& tcp(uint16_t source, uint16_t destination, uint8_t flags = 0x10, std::initializer_list<uint8_t> options = {});
  Frame& icmp(uint8_t type, uint8_t code, uint32_t rest = 0);
  Frame& icmpv6(uint8_t type, uint8_t code, uint32_t rest = 0);
  Frame& arp(uint16_t operation, const char* sender_mac, const char* sender_ip, const char* target_mac,
             const char* target_ip);
  Frame& protocol(uint8_t number);  // of what follows the last IP header
  Frame& payload(size_t length);    // 0, 1, 2, ...
  Frame& append(const Bytes& bytes);
  // The IP packet of another frame, from `from` on, `length` bytes at most: for quotes and fragments.
  Frame& packet_of(const Frame& other, size_t from = 0, size_t length = SIZE_MAX);
  Frame& padding(size_t length);  // behind the packet, not counted in its lengths

  Bytes bytes() const;

 private:
  enum class Kind : uint8_t { ethernet, ipv4, ipv6, udp, tcp, icmp, icmpv6, other };
  struct Layer {
    Kind kind;
    size_t at;
  };
  Frame& add(Kind kind, const Bytes& header, uint8_t protocol);
  void set_type(uint16_t ethertype);

  Bytes data_;
  std::vector<Layer> layers_;
  size_t next_protocol_ = 0;  // where the number of the next layer stands
  bool next_is_ethertype_ = true;
  Bytes padding_;
};

inline Frame eth(const char* destination = "02:00:00:00:00:01", const char* source = "02:00:00:00:00:99") {
  return Frame(destination, source);
}

}  // namespace lwaftr::test
