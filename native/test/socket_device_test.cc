#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <string>

#include "io/socket_device.h"

using namespace lwaftr;

namespace {

int connect_to(const std::string& path) {
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  REQUIRE_EQ(connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  return fd;
}

}  // namespace

TEST_CASE("What a peer sent before it left is received, in order, however many batches it is") {
  constexpr size_t kFrames = 250, kBatch = 100, kLength = 60;
  const std::string path = "/tmp/lwaftr-socket-" + std::to_string(getpid()) + ".sock";
  OpenError error;
  auto device = SocketDevice::listen(path, &error);
  REQUIRE(device);
  const int peer = connect_to(path);
  std::string sent;
  for (size_t i = 0; i < kFrames; i++) {
    const std::string prefix{0, 0, 0, kLength};
    sent += prefix + std::string(kLength, static_cast<char>(i));
  }
  REQUIRE_EQ(write(peer, sent.data(), sent.size()), static_cast<ssize_t>(sent.size()));
  close(peer);

  PacketPool pool(kBatch, 0);
  size_t received = 0;
  for (int round = 0; round < 5; round++) {
    Packet* packets[kBatch];
    const size_t count = device->receive(pool, packets, kBatch);
    for (size_t i = 0; i < count; i++) {
      CHECK_EQ(packets[i]->length, kLength);
      CHECK_EQ(packets[i]->data[0], static_cast<uint8_t>(received + i));
      pool.free(packets[i]);
    }
    received += count;
  }
  CHECK_EQ(received, kFrames);
}
