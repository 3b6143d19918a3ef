#include "xdp_program.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <netinet/in.h>

#include <cstddef>
#include <map>
#include <string>

#include "core/wire.h"

namespace lwaftr {

namespace {

// Assembles a program whose jumps go forward to named places.
class Assembler {
 public:
  void add(uint8_t code, int destination, int source, int offset, int32_t immediate) {
    bpf_insn instruction{};
    instruction.code = code;
    instruction.dst_reg = static_cast<uint8_t>(destination) & 15;
    instruction.src_reg = static_cast<uint8_t>(source) & 15;
    instruction.off = static_cast<int16_t>(offset);
    instruction.imm = immediate;
    program_.push_back(instruction);
  }
  void load(int size, int destination, int source, int offset) {
    add(static_cast<uint8_t>(BPF_LDX | BPF_MEM | size), destination, source, offset, 0);
  }
  void store(int size, int destination, int offset, int source) {
    add(static_cast<uint8_t>(BPF_STX | BPF_MEM | size), destination, source, offset, 0);
  }
  void store_value(int size, int destination, int offset, int32_t value) {
    add(static_cast<uint8_t>(BPF_ST | BPF_MEM | size), destination, 0, offset, value);
  }
  void copy(int destination, int source) { add(BPF_ALU64 | BPF_MOV | BPF_X, destination, source, 0, 0); }
  void set(int destination, int32_t value) { add(BPF_ALU64 | BPF_MOV | BPF_K, destination, 0, 0, value); }
  void operate(int operation, int destination, int32_t value) {
    add(static_cast<uint8_t>(BPF_ALU64 | operation | BPF_K), destination, 0, 0, value);
  }
  void load_map(int destination, const Fd& map) {
    add(BPF_LD | BPF_DW | BPF_IMM, destination, BPF_PSEUDO_MAP_FD, 0, map.get());
    add(0, 0, 0, 0, 0);
  }
  void call(int helper) { add(BPF_JMP | BPF_CALL, 0, 0, 0, helper); }
  void jump(const char* place) { jump_if(BPF_JA, 0, 0, place); }
  void jump_if(int condition, int register_, int32_t value, const char* place) {
    jumps_.emplace_back(program_.size(), place);
    add(static_cast<uint8_t>(BPF_JMP | condition | BPF_K), register_, 0, 0, value);
  }
  void jump_if_beyond(int register_, int other, const char* place) {
    jumps_.emplace_back(program_.size(), place);
    add(BPF_JMP | BPF_JGT | BPF_X, register_, other, 0, 0);
  }
  void place(const char* name) { places_[name] = program_.size(); }
  std::vector<bpf_insn> finish() {
    for (const auto& [at, name] : jumps_) program_[at].off = static_cast<int16_t>(places_[name] - at - 1);
    return program_;
  }

 private:
  std::vector<bpf_insn> program_;
  std::vector<std::pair<size_t, std::string>> jumps_;
  std::map<std::string, size_t> places_;
};

}  // namespace

XdpStation::XdpStation(const MacAddress& mac, VlanTag vlan) : mac(mac) {
  if (vlan) store16(tag, *vlan | kTagged);
}

std::vector<bpf_insn> xdp_program(const Fd& taken, const Fd& sockets) {
  enum { r0, r1, r2, r3, r4, r5, context, ethertype, payload, end, stack };
  // XdpFrames on the stack.
  constexpr int kKey = -16, kTag = kKey + int{offsetof(XdpStation, tag)},
                kQueue = kKey + int{offsetof(XdpFrames, queue)};
  Assembler a;
  a.copy(context, r1);
  a.load(BPF_W, r2, r1, offsetof(xdp_md, data));
  a.load(BPF_W, end, r1, offsetof(xdp_md, data_end));
  a.copy(payload, r2);
  a.operate(BPF_ADD, payload, ETH_HLEN);
  a.jump_if_beyond(payload, end, "kernel");
  a.load(BPF_W, r3, r2, 0);
  a.store(BPF_W, stack, kKey, r3);
  a.load(BPF_H, r3, r2, 4);
  a.store(BPF_H, stack, kKey + 4, r3);

  a.load(BPF_H, ethertype, r2, 12);
  a.set(r3, 0);
  a.jump_if(BPF_JNE, ethertype, htons(ETH_P_8021Q), "untagged");
  a.operate(BPF_ADD, payload, 4);
  a.jump_if_beyond(payload, end, "kernel");
  a.load(BPF_H, r3, r2, 14);
  a.operate(BPF_AND, r3, htons(0x0fff));
  a.operate(BPF_OR, r3, htons(XdpStation::kTagged));
  a.load(BPF_H, ethertype, r2, 16);
  a.place("untagged");
  a.store(BPF_H, stack, kTag, r3);
  a.load(BPF_W, r3, context, offsetof(xdp_md, rx_queue_index));
  a.store(BPF_W, stack, kQueue, r3);

  a.load_map(r1, taken);
  a.copy(r2, stack);
  a.operate(BPF_ADD, r2, kKey);
  a.call(BPF_FUNC_map_lookup_elem);
  a.jump_if(BPF_JEQ, r0, 0, "kernel");

  // Neighbour discovery is every queue's: it must not end with the one whose hardware queue it came by. What is too
  // short to tell is the relay's, which counts it.
  a.jump_if(BPF_JEQ, ethertype, htons(ETH_P_IP), "ours");
  a.jump_if(BPF_JNE, ethertype, htons(ETH_P_IPV6), "kernel");
  a.copy(r1, payload);
  a.operate(BPF_ADD, r1, ipv6::kHeader + 1);
  a.jump_if_beyond(r1, end, "ours");
  a.load(BPF_B, r1, payload, ipv6::kNextHeader);
  a.jump_if(BPF_JNE, r1, IPPROTO_ICMPV6, "ours");
  a.load(BPF_B, r1, payload, ipv6::kHeader + icmp::kType);
  a.jump_if(BPF_JLT, r1, icmp::kRouterSolicitation, "ours");
  a.jump_if(BPF_JLE, r1, icmp::kRedirect, "kernel");

  a.place("ours");
  a.load_map(r1, sockets);
  a.load(BPF_W, r2, context, offsetof(xdp_md, rx_queue_index));
  a.set(r3, XDP_PASS);  // where the map has no socket
  a.call(BPF_FUNC_redirect_map);
  a.jump("end");
  a.place("kernel");
  a.set(r0, XDP_PASS);
  a.place("end");
  a.add(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
  return a.finish();
}

}  // namespace lwaftr
