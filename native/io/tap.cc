#include "tap.h"

#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "interface.h"

namespace lwaftr {

namespace {

ifreq request_for(const std::string& interface) {
  ifreq request{};
  memcpy(request.ifr_name, interface.data(), interface.size() < IFNAMSIZ ? interface.size() : IFNAMSIZ - 1);
  return request;
}

// Sets MAC and MTU and brings the interface up. False leaves errno.
bool configure(const std::string& interface, const MacAddress& mac, uint16_t mtu) {
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  ifreq request = request_for(interface);
  request.ifr_hwaddr.sa_family = ARPHRD_ETHER;
  memcpy(request.ifr_hwaddr.sa_data, mac.data(), mac.size());
  bool done = ioctl(fd, SIOCSIFHWADDR, &request) == 0;
  request.ifr_mtu = mtu;
  done = done && ioctl(fd, SIOCSIFMTU, &request) == 0;
  done = done && ioctl(fd, SIOCGIFFLAGS, &request) == 0;
  request.ifr_flags |= IFF_UP;
  done = done && ioctl(fd, SIOCSIFFLAGS, &request) == 0;
  int problem = errno;
  close(fd);
  errno = problem;
  return done;
}

}  // namespace

std::unique_ptr<Tap> Tap::attach(const std::string& interface, OpenError* error) {
  if (interface.empty() || interface.size() >= IFNAMSIZ) {
    error->set(EINVAL, interface, "not a name an interface can have");
    return nullptr;
  }
  int fd = ::open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) {
    error->set(errno, interface, "cannot open /dev/net/tun");
    return nullptr;
  }
  ifreq request = request_for(interface);
  request.ifr_flags = IFF_TAP | IFF_NO_PI;
  bool attached = ioctl(fd, TUNSETIFF, &request) == 0;
  if (!attached && errno == EINVAL) {  // a TAP created with several queues: one of them will do
    request.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_MULTI_QUEUE;
    attached = ioctl(fd, TUNSETIFF, &request) == 0;
  }
  if (!attached) {
    error->set(errno, interface, "cannot attach to the TAP");
    close(fd);
    return nullptr;
  }
  return std::unique_ptr<Tap>(new Tap(if_nametoindex(interface.c_str()), fd));
}

std::unique_ptr<Tap> Tap::create(const std::string& interface, const MacAddress& mac, uint16_t mtu, OpenError* error) {
  auto tap = attach(interface, error);
  if (!tap) return nullptr;
  if (!configure(interface, mac, mtu) || ioctl(tap->fd_, TUNSETPERSIST, 1) != 0) {
    error->set(errno, interface, "cannot set up the new TAP");
    return nullptr;
  }
  return tap;
}

void Tap::remove(const std::string& interface) {
  OpenError error;
  if (!interface_info(interface)) return;
  if (auto tap = attach(interface, &error)) tap->remove_when_closed();
}

Tap::~Tap() { close(fd_); }

// By the descriptor, which reaches it even where it was moved into another network namespace.
void Tap::remove_when_closed() { ioctl(fd_, TUNSETPERSIST, 0); }

// What the kernel queued before belongs to an earlier time.
void Tap::start(OpenError*) {
  uint8_t scratch[64];
  while (read(fd_, scratch, sizeof scratch) > 0) continue;
}

size_t Tap::receive(PacketPool& pool, Packet** packets, size_t limit) {
  uint8_t frame[Packet::kMaxFrame + 1];  // one byte more than fits shows a frame that is too long
  size_t count = 0;
  while (count < limit) {
    ssize_t length = read(fd_, frame, sizeof frame);
    if (length <= 0) break;
    if (static_cast<size_t>(length) > Packet::kMaxFrame) {
      statistics_.oversize_drops++;
      continue;
    }
    Packet* packet = pool.allocate(static_cast<size_t>(length));
    if (!packet) {
      statistics_.no_buffer_drops++;
      continue;
    }
    memcpy(packet->data, frame, static_cast<size_t>(length));
    packet->length = static_cast<uint32_t>(length);
    packets[count++] = packet;
  }
  return count;
}

void Tap::transmit(Packet* const* packets, size_t count) {
  for (size_t i = 0; i < count; i++) {
    if (write(fd_, packets[i]->data, packets[i]->length) < 0) statistics_.transmit_drops++;
  }
}

// Not by TUNGETIFF, which waits for a lock that any change of the machine's network may hold.
LinkStatus Tap::check() {
  pollfd deleted{fd_, 0, 0};
  if (poll(&deleted, 1, 0) > 0 && (deleted.revents & POLLERR)) return LinkStatus::gone;
  char name[IF_NAMESIZE];
  const auto info = if_indextoname(index_, name) ? interface_info(name) : std::nullopt;
  // Moved into another network namespace (a container's): the descriptor still works, its flags are out of sight.
  if (!info) return LinkStatus::up;
  return info->running ? LinkStatus::up : LinkStatus::down;
}

}  // namespace lwaftr
