// ICMPv6 errors from the network between relay and B4 become ICMPv4 errors for whoever sent the packet into the tunnel
// (RFC 2473 s8, RFC 7596 s8.2).
#pragma once
#include "core.h"

namespace lwaftr {

// Takes over an ICMPv6 packet that policy lets in.
void relay_icmpv6(Core& core, const Ipv6Packet& packet);

}  // namespace lwaftr
