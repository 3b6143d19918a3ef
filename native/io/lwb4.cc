#include "lwb4.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "core/wire.h"
#include "interface.h"
#include "monotonic.h"
#include "packet_thread.h"

namespace lwaftr {

namespace {

constexpr size_t kLargest = 65536;
constexpr int kBatch = 64;  // packets of one direction before the other has its turn
constexpr int kSocketBytes = 4 << 20;

bool set(int fd, int level, int option, int value) { return setsockopt(fd, level, option, &value, sizeof value) == 0; }

// Gives a new TUN its address and MTU and brings it up. False leaves errno.
bool configure(const Lwb4Options& options, ifreq request) {
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  bool done = true;
  if (options.address) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    memcpy(&address.sin_addr, options.address->data(), 4);
    memcpy(&request.ifr_addr, &address, sizeof address);
    done = ioctl(fd, SIOCSIFADDR, &request) == 0;
  }
  request.ifr_mtu = options.mtu;
  done = done && ioctl(fd, SIOCSIFMTU, &request) == 0 && ioctl(fd, SIOCGIFFLAGS, &request) == 0;
  request.ifr_flags |= IFF_UP;
  done = done && ioctl(fd, SIOCSIFFLAGS, &request) == 0;
  int problem = errno;
  close(fd);
  errno = problem;
  return done;
}

int open_tun(const Lwb4Options& options, OpenError* error) {
  if (options.tun.empty() || options.tun.size() >= IFNAMSIZ) {
    error->set(EINVAL, options.tun, "not a name an interface can have");
    return -1;
  }
  bool exists = interface_info(options.tun).has_value();
  int fd = ::open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) {
    error->set(errno, options.tun, "cannot open /dev/net/tun");
    return -1;
  }
  ifreq request{};
  memcpy(request.ifr_name, options.tun.data(), options.tun.size());
  request.ifr_flags = IFF_TUN | IFF_NO_PI;
  if (ioctl(fd, TUNSETIFF, &request) == 0 && (exists || configure(options, request))) return fd;
  error->set(errno, options.tun, "cannot use it as TUN device");
  close(fd);
  return -1;
}

// A raw socket of protocol 4 gives and takes what is behind the IPv6 header. Connected, it hears its border relay only.
int open_tunnel(const Lwb4Options& options, OpenError* error) {
  sockaddr_in6 local{}, relay{};
  local.sin6_family = relay.sin6_family = AF_INET6;
  memcpy(&local.sin6_addr, options.local.data(), 16);
  memcpy(&relay.sin6_addr, options.border_relay.data(), 16);
  char text[INET6_ADDRSTRLEN];
  inet_ntop(AF_INET6, &local.sin6_addr, text, sizeof text);
  int fd = socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_IPIP);
  if (fd < 0) {
    error->set(errno, text, "cannot open a raw IPv6 socket");
    return -1;
  }
  set(fd, SOL_SOCKET, SO_RCVBUFFORCE, kSocketBytes);
  set(fd, SOL_SOCKET, SO_SNDBUFFORCE, kSocketBytes);
  if (bind(fd, reinterpret_cast<sockaddr*>(&local), sizeof local) == 0 &&
      connect(fd, reinterpret_cast<sockaddr*>(&relay), sizeof relay) == 0) {
    return fd;
  }
  error->set(errno, text, "cannot reach the border relay from this address");
  close(fd);
  return -1;
}

}  // namespace

std::unique_ptr<Lwb4> Lwb4::open(const Lwb4Options& options, OpenError* error) {
  std::unique_ptr<Lwb4> b4(new Lwb4());
  b4->tunnel_ = open_tunnel(options, error);
  if (b4->tunnel_ < 0) return nullptr;
  b4->tun_ = open_tun(options, error);
  if (b4->tun_ < 0) return nullptr;
  b4->wake_ = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (options.public_ipv4) b4->napt_.emplace(*options.public_ipv4, options.port_set, options.psid);
  return b4;
}

Lwb4::~Lwb4() {
  stop();
  for (int fd : {tun_, tunnel_, wake_}) {
    if (fd >= 0) close(fd);
  }
}

void Lwb4::start() {
  start_packet_thread(thread_, "lwaftr-b4", -1, [this] { run(); });
}

void Lwb4::stop() {
  if (!thread_.joinable()) return;
  stop_.store(true, std::memory_order_release);
  eventfd_write(wake_, 1);
  thread_.join();
}

void Lwb4::run() {
  while (!stop_.load(std::memory_order_acquire)) {
    pollfd waits[] = {{tun_, POLLIN, 0}, {tunnel_, POLLIN, 0}, {wake_, POLLIN, 0}};
    poll(waits, 3, -1);
    for (int i = 0; i < kBatch && carry_out(); i++) continue;
    for (int i = 0; i < kBatch && carry_in(); i++) continue;
    // A TUN that was deleted stays readable for ever: look again now and then, until we are stopped.
    if (waits[0].revents & POLLERR) poll(&waits[2], 1, 100);
  }
}

// One packet of the TUN into the tunnel. False when there is none.
bool Lwb4::carry_out() {
  uint8_t packet[kLargest];
  ssize_t length = read(tun_, packet, sizeof packet);
  if (length <= 0) return false;
  auto size = static_cast<size_t>(length);
  if (size < ipv4::kHeader || packet[0] >> 4 != 4) return true;  // the TUN's own IPv6 chatter
  int traffic_class = packet[ipv4::kTos];                        // RFC 2473 s6.4
  if (napt_ && !napt_->outbound(packet, size, monotonic_now())) return true;
  iovec part{packet, size};
  alignas(cmsghdr) uint8_t control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  cmsghdr* option = CMSG_FIRSTHDR(&message);
  option->cmsg_level = IPPROTO_IPV6;
  option->cmsg_type = IPV6_TCLASS;
  option->cmsg_len = CMSG_LEN(sizeof traffic_class);
  memcpy(CMSG_DATA(option), &traffic_class, sizeof traffic_class);
  // An ICMPv6 error about an earlier packet is reported once, in place of sending this one.
  if (sendmsg(tunnel_, &message, MSG_DONTWAIT) < 0) sendmsg(tunnel_, &message, MSG_DONTWAIT);
  return true;
}

bool Lwb4::carry_in() {
  uint8_t packet[kLargest];
  ssize_t length = recv(tunnel_, packet, sizeof packet, MSG_DONTWAIT);
  if (length < 0) return errno != EAGAIN && errno != EWOULDBLOCK;  // a reported ICMPv6 error: the next may be a packet
  auto size = static_cast<size_t>(length);
  if (size < ipv4::kHeader || packet[0] >> 4 != 4) return true;
  if (napt_ && !napt_->inbound(packet, size, monotonic_now())) return true;
  // Full or down: the packet is lost, as on any link.
  if (write(tun_, packet, size) < 0) return true;
  return true;
}

}  // namespace lwaftr
