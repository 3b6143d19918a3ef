// flood INTERFACE RATE SECONDS CAPTURE…: sends the frames of captures in turn, RATE a second, in small bursts as they
// come off a wire. Prints {"sent":N,"cpu":NANOSECONDS}: its CPU time, which includes what the kernel did on receiving
// at the other end of a veth pair.
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <pcap/pcap.h>
#include <sys/socket.h>
#include <time.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

namespace {

constexpr size_t kBurst = 16;
constexpr int kSendBytes = 8 << 20;
using Frame = std::vector<uint8_t>;

uint64_t now(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return static_cast<uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(time.tv_nsec);
}

void sleep_until(uint64_t time) {
  const timespec until{static_cast<time_t>(time / 1'000'000'000), static_cast<long>(time % 1'000'000'000)};
  clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr);
}

bool read_frames(const char* path, std::vector<Frame>* frames) {
  char error[PCAP_ERRBUF_SIZE];
  pcap_t* capture = pcap_open_offline(path, error);
  if (!capture) return false;
  pcap_pkthdr* header;
  const uint8_t* data;
  while (pcap_next_ex(capture, &header, &data) == 1) frames->emplace_back(data, data + header->caplen);
  pcap_close(capture);
  return true;
}

int open_socket(const char* interface) {
  const int fd = socket(AF_PACKET, SOCK_RAW, 0);
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_ifindex = static_cast<int>(if_nametoindex(interface));
  if (fd < 0 || address.sll_ifindex == 0) return -1;
  setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &kSendBytes, sizeof kSendBytes);
  return bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 ? fd : -1;
}

}  // namespace

int main(int count, char** arguments) {
  std::vector<std::vector<Frame>> captures;
  for (int i = 4; i < count; i++) {
    captures.emplace_back();
    if (!read_frames(arguments[i], &captures.back()) || captures.back().empty()) count = 0;
  }
  const int fd = count > 4 ? open_socket(arguments[1]) : -1;
  if (fd < 0) {
    fprintf(stderr, "usage: flood INTERFACE RATE SECONDS CAPTURE...\n");
    return 2;
  }
  const uint64_t rate = strtoull(arguments[2], nullptr, 10);
  const uint64_t total = rate * strtoull(arguments[3], nullptr, 10);
  const uint64_t start = now(CLOCK_MONOTONIC);
  uint64_t tried = 0, sent = 0;
  while (tried < total) {
    mmsghdr messages[kBurst]{};
    iovec parts[kBurst];
    for (size_t i = 0; i < kBurst; i++, tried++) {
      const auto& frames = captures[tried % captures.size()];
      const Frame& frame = frames[tried / captures.size() % frames.size()];
      parts[i] = {const_cast<uint8_t*>(frame.data()), frame.size()};
      messages[i].msg_hdr.msg_iov = &parts[i];
      messages[i].msg_hdr.msg_iovlen = 1;
    }
    const int done = sendmmsg(fd, messages, kBurst, 0);
    if (done > 0) sent += static_cast<uint64_t>(done);
    sleep_until(start + tried * 1'000'000'000 / rate);
  }
  printf("{\"sent\":%lu,\"cpu\":%lu}\n", sent, now(CLOCK_PROCESS_CPUTIME_ID));
}
