// The binding table as the packet path sees it: which softwire carries an address and port. Read-only, lock-free, safe
// beside the one writer (binding_table_writer.h), in its process or in another. binding_table_layout.h draws the
// memory.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "binding_table_layout.h"
#include "psid.h"
#include "settings.h"
#include "shared_memory.h"

namespace lwaftr {

struct LookupKey {
  uint32_t ipv4;  // host byte order
  uint16_t port;  // host byte order
};

struct LookupResult {
  Softwire softwire;  // valid when found
  bool found;         // (ipv4, psid of port) has a softwire
  bool managed;       // the address has softwires and psid-length + shift > 0: hairpin test
};

class BindingTable {
 public:
  // Maps a table that a writer made. 0 or an errno; EINVAL when the file is no table of this layout.
  static int open(const std::string& path, std::unique_ptr<BindingTable>& table);
  // Over memory that somebody else keeps mapped: the writer's own view.
  explicit BindingTable(table::View view) : view_(view) {}

  // Looks a batch up; memory is fetched ahead for the whole batch, so larger batches are cheaper per packet.
  void lookup(const LookupKey* keys, size_t count, LookupResult* results) const;
  bool managed(uint32_t ipv4) const;
  // How the address is shared; empty: it has no softwires.
  std::optional<PortSet> port_set(uint32_t ipv4) const;

 private:
  table::View view_;
  SharedMemory memory_;
};

}  // namespace lwaftr
