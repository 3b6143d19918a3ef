#include "bpf.h"

#include <sys/syscall.h>

#include <cstring>

namespace lwaftr {

namespace {

int bpf(bpf_cmd command, bpf_attr& attributes) {
  return static_cast<int>(syscall(SYS_bpf, command, &attributes, sizeof attributes));
}

// The kernel wants every byte that it does not know to be zero.
bpf_attr nothing() {
  bpf_attr attributes;
  memset(&attributes, 0, sizeof attributes);
  return attributes;
}

uint64_t address(const void* pointer) { return reinterpret_cast<uintptr_t>(pointer); }

}  // namespace

Fd bpf_create_map(bpf_map_type type, uint32_t key_bytes, uint32_t value_bytes, uint32_t entries) {
  bpf_attr attributes = nothing();
  attributes.map_type = type;
  attributes.key_size = key_bytes;
  attributes.value_size = value_bytes;
  attributes.max_entries = entries;
  return Fd(bpf(BPF_MAP_CREATE, attributes));
}

Fd bpf_load_xdp(const std::vector<bpf_insn>& program, uint32_t flags) {
  bpf_attr attributes = nothing();
  attributes.prog_type = BPF_PROG_TYPE_XDP;
  attributes.expected_attach_type = BPF_XDP;
  attributes.insns = address(program.data());
  attributes.insn_cnt = static_cast<uint32_t>(program.size());
  attributes.license = address("Apache-2.0");
  attributes.prog_flags = flags;
  memcpy(attributes.prog_name, "lwaftr", sizeof "lwaftr");
  return Fd(bpf(BPF_PROG_LOAD, attributes));
}

Fd bpf_attach_xdp(const Fd& program, int interface, uint32_t flags) {
  bpf_attr attributes = nothing();
  attributes.link_create.prog_fd = static_cast<uint32_t>(program.get());
  attributes.link_create.target_ifindex = static_cast<uint32_t>(interface);
  attributes.link_create.attach_type = BPF_XDP;
  attributes.link_create.flags = flags;
  return Fd(bpf(BPF_LINK_CREATE, attributes));
}

bool bpf_map_set(const Fd& map, const void* key, const void* value) {
  bpf_attr attributes = nothing();
  attributes.map_fd = static_cast<uint32_t>(map.get());
  attributes.key = address(key);
  attributes.value = address(value);
  return bpf(BPF_MAP_UPDATE_ELEM, attributes) == 0;
}

bool bpf_map_remove(const Fd& map, const void* key) {
  bpf_attr attributes = nothing();
  attributes.map_fd = static_cast<uint32_t>(map.get());
  attributes.key = address(key);
  return bpf(BPF_MAP_DELETE_ELEM, attributes) == 0;
}

}  // namespace lwaftr
