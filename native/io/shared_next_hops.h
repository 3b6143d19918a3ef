// Next hops that the queues of one link have in common: an ARP or neighbour discovery answer reaches only one queue, so
// what it learns is kept where the others look.
#pragma once
#include <string>

#include "core/next_hop.h"
#include "core/settings.h"

namespace lwaftr {

// The cell of the interface's next hop on `link` and its VLAN, the same one for whoever asks; nullptr when its MAC is
// configured. Cells live as long as the process: there are as many as next hops were ever configured. One thread asks.
NextHopCell* shared_next_hop(const std::string& link, const ExternalInterface& interface);
NextHopCell* shared_next_hop(const std::string& link, const InternalInterface& interface);

}  // namespace lwaftr
