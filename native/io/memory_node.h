// Where the kernel takes memory from on machines with several memory nodes: a thread's memory policy, for as long as
// a scope lasts. Threads started meanwhile inherit it.
#pragma once

namespace lwaftr {

// New memory of this thread, the kernel's rings for it too, comes from `node` while there is some; negative: no wish.
// A policy that somebody set before (numactl) goes first, and where the kernel refuses, memory comes from wherever it
// would have come: slower, not wrong.
class OnMemoryNode {
 public:
  explicit OnMemoryNode(int node);
  ~OnMemoryNode();
  OnMemoryNode(const OnMemoryNode&) = delete;
  OnMemoryNode& operator=(const OnMemoryNode&) = delete;
  bool in_force() const { return in_force_; }

 private:
  bool in_force_ = false;
};

}  // namespace lwaftr
