#include "cable.h"

#include <doctest/doctest.h>
#include <sched.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <thread>

namespace lwaftr::test {

bool run(const std::string& command) { return system((command + " 2>/dev/null").c_str()) == 0; }

std::string output(const std::string& command) {
  std::string text;
  FILE* pipe = popen(command.c_str(), "r");
  std::array<char, 4096> buffer;
  while (size_t count = fread(buffer.data(), 1, buffer.size(), pipe)) text.append(buffer.data(), count);
  pclose(pipe);
  return text;
}

void with_cable(const std::function<void()>& test) {
  const char* obstacle = geteuid() != 0 ? "not root" : nullptr;
  const auto inside = [&] {
    if (unshare(CLONE_NEWNET) != 0) {
      obstacle = "no network namespace can be made";
    } else if (!run("ip link add relay mtu 9000 type veth peer name peer mtu 9000")) {
      obstacle = "no veth";
    } else {
      run("echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6; ip link set relay up; ip link set peer up");
      try {
        test();
      } catch (...) {
        // REQUIRE failed: doctest knows, and nothing may leave a thread.
      }
    }
  };
  if (!obstacle) std::thread(inside).join();
  if (obstacle) MESSAGE("skipped: " << obstacle);
}

}  // namespace lwaftr::test
