// Ping to the relay's own addresses (RFC 792, RFC 4443 s4). Replies leave by the way the request came:
// they need no next hop. A request becomes its reply in place.
#pragma once
#include "counters.h"
#include "parse.h"
#include "settings.h"

namespace lwaftr {

// True when the packet was a request for `own`, and is now the reply.
bool answer_echo_ipv4(const Ipv4Packet& packet, const Ipv4Address& own, Counters& counters);
bool answer_echo_ipv6(const Ipv6Packet& packet, const Ipv6Address& own, Counters& counters);

}  // namespace lwaftr
