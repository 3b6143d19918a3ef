#include "socket_device.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace lwaftr {

namespace {

constexpr size_t kLengthBytes = 4;
constexpr size_t kMostPeers = 16;
constexpr size_t kMostWaiting = 1 << 20;  // bytes kept for a peer that does not read

ino_t inode_of(const std::string& path) {
  struct stat file {};
  return stat(path.c_str(), &file) == 0 ? file.st_ino : 0;
}

void watch(int epoll, int fd) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = fd;
  epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

}  // namespace

std::unique_ptr<SocketDevice> SocketDevice::listen(const std::string& path, OpenError* error) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    error->set(ENAMETOOLONG, path, "cannot listen");
    return nullptr;
  }
  memcpy(address.sun_path, path.data(), path.size());
  int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  int epoll = epoll_create1(EPOLL_CLOEXEC);
  unlink(path.c_str());  // left by a process that was killed
  if (listener < 0 || epoll < 0 || bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(listener, kMostPeers) != 0) {
    error->set(errno, path, "cannot listen");
    if (listener >= 0) close(listener);
    if (epoll >= 0) close(epoll);
    return nullptr;
  }
  watch(epoll, listener);
  std::unique_ptr<SocketDevice> device(new SocketDevice(path, listener, epoll));
  device->inode_ = inode_of(path);
  return device;
}

SocketDevice::~SocketDevice() {
  for (Peer& peer : peers_) close(peer.fd);
  close(listener_);
  close(epoll_);
  if (inode_of(path_) == inode_) unlink(path_.c_str());  // not the socket of our successor
}

void SocketDevice::accept_peers() {
  while (peers_.size() < kMostPeers) {
    int fd = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    watch(epoll_, fd);
    peers_.push_back({fd, {}, {}});
  }
}

bool SocketDevice::fill(Peer& peer) {
  if (peer.in.size() > kMostWaiting) return true;
  uint8_t bytes[64 << 10];
  ssize_t got = recv(peer.fd, bytes, sizeof bytes, MSG_DONTWAIT);
  if (got > 0) peer.in.insert(peer.in.end(), bytes, bytes + got);
  return got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR));
}

void SocketDevice::flush(Peer& peer) {
  if (peer.out.empty()) return;
  ssize_t sent = send(peer.fd, peer.out.data(), peer.out.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent > 0) peer.out.erase(peer.out.begin(), peer.out.begin() + sent);
}

size_t SocketDevice::frames(Peer& peer, PacketPool& pool, Packet** packets, size_t limit) {
  size_t count = 0;
  size_t at = 0;
  while (count < limit && at + kLengthBytes <= peer.in.size()) {
    const uint8_t* p = peer.in.data() + at;
    size_t length =
        static_cast<size_t>(p[0]) << 24 | static_cast<size_t>(p[1]) << 16 | static_cast<size_t>(p[2]) << 8 | p[3];
    if (length > Packet::kMaxFrame) {  // no frame follows: this peer does not speak the framing
      statistics_.oversize_drops++;
      shutdown(peer.fd, SHUT_RDWR);
      at = peer.in.size();
      break;
    }
    if (at + kLengthBytes + length > peer.in.size()) break;
    at += kLengthBytes + length;
    Packet* packet = pool.allocate(length);
    if (!packet) {
      statistics_.no_buffer_drops++;
      continue;
    }
    memcpy(packet->data, p + kLengthBytes, length);
    packet->length = static_cast<uint32_t>(length);
    packets[count++] = packet;
  }
  peer.in.erase(peer.in.begin(), peer.in.begin() + static_cast<ptrdiff_t>(at));
  return count;
}

size_t SocketDevice::receive(PacketPool& pool, Packet** packets, size_t limit) {
  accept_peers();
  size_t count = 0;
  for (size_t i = 0; i < peers_.size();) {
    Peer& peer = peers_[i];
    flush(peer);
    const bool alive = fill(peer);
    count += frames(peer, pool, packets + count, limit - count);
    // What it sent before it left is received all the same.
    if (alive || count == limit) {
      i++;
      continue;
    }
    close(peer.fd);
    std::swap(peer, peers_.back());
    peers_.pop_back();
  }
  return count;
}

void SocketDevice::transmit(Packet* const* packets, size_t count) {
  for (Peer& peer : peers_) {
    for (size_t i = 0; i < count; i++) {
      uint32_t length = packets[i]->length;
      if (peer.out.size() > kMostWaiting) {
        statistics_.transmit_drops++;
        continue;
      }
      const uint8_t prefix[] = {static_cast<uint8_t>(length >> 24), static_cast<uint8_t>(length >> 16),
                                static_cast<uint8_t>(length >> 8), static_cast<uint8_t>(length)};
      peer.out.insert(peer.out.end(), prefix, prefix + sizeof prefix);
      peer.out.insert(peer.out.end(), packets[i]->data, packets[i]->data + length);
    }
    flush(peer);  // one that is gone is found by receive()
  }
}

}  // namespace lwaftr
