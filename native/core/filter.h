// Packet filters in pflang (pcap-filter(7)): libpcap compiles, its BPF program runs here.
#pragma once
#include <memory>
#include <string>

#include "packet.h"
#include "settings.h"

namespace lwaftr {

class Filter {
 public:
  Filter();
  ~Filter();
  Filter(Filter&&) noexcept;
  Filter& operator=(Filter&&) noexcept;

  // Empty: everything passes. Otherwise libpcap's message when `pflang` does not compile, and then nothing passes.
  std::string compile(const std::string& pflang);
  bool active() const { return program_ != nullptr; }
  // Only for an active filter.
  bool accepts(const Packet& packet) const { return accepts(packet.data, packet.length); }
  bool accepts(const uint8_t* frame, size_t length) const;

 private:
  struct Program;
  std::unique_ptr<Program> program_;
};

// The filters of a queue, compiled before the packet path sees them: libpcap may take its time, and asks the resolver
// for names of hosts.
struct Filters {
  Filters() = default;
  explicit Filters(const Settings& settings);
  Filter ingress4, ingress6, egress4, egress6;
};

}  // namespace lwaftr
