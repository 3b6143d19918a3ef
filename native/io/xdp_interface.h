// What the queues of one interface share while they receive by AF_XDP: the program and the maps of what it takes and of
// its sockets. A queue's part of them changes in place and is nobody else's. All of it ends when the last queue lets
// go, or its process is killed.
#pragma once
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "bpf.h"
#include "device.h"
#include "link_part.h"

namespace lwaftr {

enum class XdpMode : uint8_t { native, generic };

// What a queue asks of its interface.
struct XdpRequest {
  std::string interface;
  LinkPart part;
  bool only_if_better = false;  // refuse where AF_PACKET is the better choice: driver `auto`
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

  // Where frames of this hardware queue go that are taken.
  bool receive(uint32_t queue, const Fd& socket);
  // From now on those for these stations are taken, others are the kernel's.
  bool take(uint32_t queue, const XdpStations& stations);

 private:
  XdpInterface() = default;
  bool attach(const XdpRequest& request, OpenError* error);
  std::set<XdpFrames> taken() const;
  bool write();

  int index_ = 0;
  XdpMode mode_ = XdpMode::native;
  bool has_fragments_ = true;
  bool is_virtual_ = false;
  bool hides_tags_ = false;  // the peer leaves VLAN tags beside the frame, where XDP does not see them
  Fd sockets_, taken_, program_, link_;

  std::mutex mutex_;
  std::set<uint32_t> claimed_;
  std::map<uint32_t, XdpStations> wanted_;  // by queue
  std::set<XdpFrames> written_;
};

}  // namespace lwaftr
