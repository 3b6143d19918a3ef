// What the queues of one interface share while they receive by AF_XDP: the program and the maps of its
// sockets and stations. All of it ends when the last queue lets go, or its process is killed.
#pragma once
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "bpf.h"
#include "device.h"
#include "xdp_program.h"

namespace lwaftr {

enum class XdpMode : uint8_t { native, generic };

// What a queue asks of its interface.
struct XdpRequest {
  std::string interface;
  uint32_t queue = 0;            // its hardware receive queue
  std::vector<uint32_t> queues;  // those of all queues of the instance
  XdpStations stations;          // the relay's, as this queue's settings have them
  bool own_macs = false;         // queues of the instance have different ones: the card spreads frames by hash
  bool only_if_better = false;   // refuse where AF_PACKET is the safer choice: driver `auto`
};

class XdpInterface {
 public:
  // The one that this process has for the interface, or a new one. Null: `error` says why not.
  static std::shared_ptr<XdpInterface> share(const XdpRequest& request, OpenError* error);

  XdpMode mode() const { return mode_; }
  int index() const { return index_; }
  // Frames may span buffers (Linux 6.6).
  bool has_fragments() const { return has_fragments_; }
  // The peer is on this machine and may leave checksums to us.
  bool is_virtual() const { return is_virtual_; }

  // One socket of this process may hold a queue: false while another does.
  bool claim(uint32_t queue);
  void release(uint32_t queue);

  // From now on frames for these stations are taken, and those of this hardware queue go to the socket.
  bool receive(uint32_t queue, const Fd& socket, const XdpStations& stations);

 private:
  XdpInterface() = default;
  bool attach(const XdpRequest& request, OpenError* error);
  bool write_stations();

  int index_ = 0;
  XdpMode mode_ = XdpMode::native;
  bool has_fragments_ = true;
  bool is_virtual_ = false;
  Fd sockets_, stations_, program_, link_;

  std::mutex mutex_;
  std::set<uint32_t> claimed_;
  std::map<uint32_t, XdpStations> wanted_;  // by queue
  XdpStations written_;
};

}  // namespace lwaftr
