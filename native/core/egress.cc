#include "egress.h"

namespace lwaftr {

void address(Egress& egress, PacketList& from_core, const MacAddress& source, Time now) {
  if (from_core.empty() && egress.queue.size() == 0) return;
  const uint64_t known = egress.next_hop.word();
  if (next_hop_status(known) == NextHopStatus::unresolved) {
    egress.queue.hold(from_core);
    from_core.clear();
    return;
  }
  egress.next_hop.used(now);
  const MacAddress destination = next_hop_mac(known);
  if (egress.queue.size()) {
    PacketList& waited = egress.released;
    waited.clear();
    egress.queue.release(waited);
    write_addresses(waited, destination, source);
    egress.own.insert(egress.own.end(), waited.begin(), waited.end());
  }
  write_addresses(from_core, destination, source);
  if (egress.own.empty()) {
    egress.own.swap(from_core);
  } else {
    egress.own.insert(egress.own.end(), from_core.begin(), from_core.end());
  }
  from_core.clear();
}

void filter(Egress& egress, PacketPool& pool, Counters& counters, Counter refused) {
  if (!egress.filter.active()) return;
  size_t kept = 0;
  for (Packet* packet : egress.own) {
    if (egress.filter.accepts(*packet)) {
      egress.own[kept++] = packet;
    } else {
      counters.add(refused);
      pool.drop(packet, refused);
    }
  }
  egress.own.resize(kept);
}

}  // namespace lwaftr
