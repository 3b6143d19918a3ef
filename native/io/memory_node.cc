#include "memory_node.h"

#include <linux/mempolicy.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <climits>

namespace lwaftr {

namespace {

constexpr int kMostNodes = 1024;
constexpr int kWordBits = sizeof(unsigned long) * CHAR_BIT;

}  // namespace

// By system calls: libnuma would be a library for two of them.
OnMemoryNode::OnMemoryNode(int node) {
  int policy = MPOL_DEFAULT;
  if (node < 0 || node >= kMostNodes) return;
  if (syscall(SYS_get_mempolicy, &policy, nullptr, 0ul, nullptr, 0ul) != 0 || policy != MPOL_DEFAULT) return;
  unsigned long nodes[kMostNodes / kWordBits] = {};
  nodes[node / kWordBits] = 1ul << node % kWordBits;
  // One more than it has bits: the kernel looks at one less than it is told.
  in_force_ = syscall(SYS_set_mempolicy, MPOL_PREFERRED, nodes, kMostNodes + 1ul) == 0;
}

OnMemoryNode::~OnMemoryNode() {
  if (in_force_) syscall(SYS_set_mempolicy, MPOL_DEFAULT, nullptr, 0ul);
}

}  // namespace lwaftr
