// A device in memory: a Unix stream socket that carries frames, each after its length as a 32-bit big-endian number
// (the framing of QEMU's stream netdev and of passt). Programs that connect are the network: all of them see every
// frame we transmit, as on a hub.
#pragma once
#include <sys/types.h>

#include <string>
#include <vector>

#include "device.h"

namespace lwaftr {

class SocketDevice final : public Device {
 public:
  static std::unique_ptr<SocketDevice> listen(const std::string& path, OpenError* error);
  ~SocketDevice() override;

  void start(OpenError*) override {}
  size_t receive(PacketPool& pool, Packet** packets, size_t limit) override;
  void transmit(Packet* const* packets, size_t count) override;
  int wait_fd() const override { return epoll_; }
  LinkStatus check() override { return LinkStatus::up; }

 private:
  struct Peer {
    int fd;
    std::vector<uint8_t> in;   // bytes of frames not complete yet
    std::vector<uint8_t> out;  // bytes of frames it did not take yet
  };
  SocketDevice(std::string path, int listener, int epoll)
      : path_(std::move(path)), listener_(listener), epoll_(epoll) {}
  void accept_peers();
  // False: it is gone.
  bool fill(Peer& peer);
  void flush(Peer& peer);
  size_t frames(Peer& peer, PacketPool& pool, Packet** packets, size_t limit);

  std::string path_;
  ino_t inode_ = 0;
  int listener_;
  int epoll_;
  std::vector<Peer> peers_;
};

}  // namespace lwaftr
