#include "io/memory_node.h"

#include <doctest/doctest.h>
#include <linux/mempolicy.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <thread>
#include <utility>

namespace lwaftr::test {
namespace {

using Policy = std::pair<int, unsigned long>;  // mode, and the first 64 nodes

Policy policy() {
  int mode = -1;
  unsigned long nodes[16] = {};
  syscall(SYS_get_mempolicy, &mode, nodes, 1024ul, nullptr, 0ul);
  return {mode, nodes[0]};
}

// False: this kernel lets nobody ask, which is said.
bool asked() {
  if (syscall(SYS_get_mempolicy, nullptr, nullptr, 0ul, nullptr, 0ul) == 0 &&
      syscall(SYS_set_mempolicy, MPOL_DEFAULT, nullptr, 0ul) == 0) {
    return true;
  }
  MESSAGE("skipped: this kernel has no memory policies for us, errno " << errno);
  return false;
}

}  // namespace

TEST_CASE("A queue's memory comes from the node that is asked for, and only its own") {
  if (!asked()) return;
  const Policy none = policy();
  {
    const OnMemoryNode here(0);
    CHECK(here.in_force());
    CHECK_EQ(policy(), Policy{MPOL_PREFERRED, 1});
    Policy inherited;
    std::thread([&] { inherited = policy(); }).join();
    CHECK_EQ(inherited, Policy{MPOL_PREFERRED, 1});
  }
  CHECK_EQ(policy(), none);
}

TEST_CASE("A wish for no node, or for one that is not there, changes nothing") {
  if (!asked()) return;
  const Policy none = policy();
  for (const int node : {-1, 1023, 1024}) {
    CAPTURE(node);
    const OnMemoryNode here(node);
    CHECK_FALSE(here.in_force());
    CHECK_EQ(policy(), none);
  }
}

TEST_CASE("An operator's memory policy goes before ours") {
  if (!asked()) return;
  const unsigned long first = 1;
  REQUIRE_EQ(syscall(SYS_set_mempolicy, MPOL_BIND, &first, 64ul), 0);
  {
    const OnMemoryNode here(0);
    CHECK_FALSE(here.in_force());
    CHECK_EQ(policy(), Policy{MPOL_BIND, 1});
  }
  CHECK_EQ(policy(), Policy{MPOL_BIND, 1});
  syscall(SYS_set_mempolicy, MPOL_DEFAULT, nullptr, 0ul);
}

}  // namespace lwaftr::test
