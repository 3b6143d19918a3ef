// A small lwB4 (RFC 7596 s5) for labs and tests: IPv4 packets of a TUN device in a softwire to a border relay.
//
//   hosts ── kernel ── TUN ── [NAPT44] ── IPv4-in-IPv6 ── raw IPv6 socket (protocol 4) ── kernel ── BR
//
// The kernel does IPv6: routing, neighbours, fragments of the tunnel and their reassembly, path MTU.
#pragma once
#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "core/settings.h"
#include "device.h"
#include "napt44.h"

namespace lwaftr {

struct Lwb4Options {
  std::string tun;                     // attached, or created when absent; a created one goes with us
  std::optional<Ipv4Address> address;  // given to a created TUN
  uint16_t mtu = 1500;                 // of a created TUN
  Ipv6Address local{};                 // the B4's address
  Ipv6Address border_relay{};
  std::optional<Ipv4Address> public_ipv4;  // absent: packets pass as they are
  PortSet port_set;
  uint16_t psid = 0;
};

class Lwb4 {
 public:
  static std::unique_ptr<Lwb4> open(const Lwb4Options& options, OpenError* error);
  ~Lwb4();

  void start();
  void stop();
  // Ports of its port set; 0 without NAPT.
  size_t ports() const { return napt_ ? napt_->ports() : 0; }

 private:
  Lwb4() = default;
  void run();
  bool carry_out();
  bool carry_in();

  int tun_ = -1;
  int tunnel_ = -1;
  int wake_ = -1;
  std::optional<Napt44> napt_;
  std::thread thread_;
  std::atomic<bool> stop_{false};
};

}  // namespace lwaftr
