// A TAP device: the kernel's side is an interface, ours a file descriptor. The kernel completes checksums and cuts
// merged frames itself as long as nobody asks for offloads (we do not).
#pragma once
#include "core/settings.h"
#include "device.h"

namespace lwaftr {

class Tap final : public Device {
 public:
  // Attaches to the TAP of this name.
  static std::unique_ptr<Tap> attach(const std::string& interface, OpenError* error);
  // Creates it, with this MAC and MTU, up. It outlives us, so that addresses configured on it survive a crash (its
  // carrier does not: whoever routes through it sees us gone), until remove() or
  // remove_when_closed().
  static std::unique_ptr<Tap> create(const std::string& interface, const MacAddress& mac, uint16_t mtu,
                                     OpenError* error);
  // Deletes a TAP that create() made; does nothing when somebody holds it.
  static void remove(const std::string& interface);
  ~Tap() override;

  void start(OpenError*) override;
  size_t receive(PacketPool& pool, Packet** packets, size_t limit) override;
  void transmit(Packet* const* packets, size_t count) override;
  int wait_fd() const override { return fd_; }
  LinkStatus check() override;
  void remove_when_closed() override;

 private:
  Tap(unsigned index, int fd) : index_(index), fd_(fd) {}

  unsigned index_;  // its name may change
  int fd_;
};

}  // namespace lwaftr
