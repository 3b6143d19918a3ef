// Fragments of each kind, as the reassembler wants them: IPv4, IPv6 and IPv4 inside tunnels.
// Each function takes over the fragment's packet. True when it completed a packet, which then stands in `whole`.
#pragma once
#include "parse.h"
#include "reassembler.h"

namespace lwaftr {

bool reassemble_ipv4(Reassembler& reassembler, PacketPool& pool, const Ipv4Packet& fragment, Time now,
                     Ipv4Packet& whole);

// For packets with a fragment header right behind the IPv6 header. Atomic fragments (RFC 6946) only lose that header.
bool reassemble_ipv6(Reassembler& reassembler, PacketPool& pool, Counters& counters, const Ipv6Packet& fragment,
                     Time now, Ipv6Packet& whole);

// The key has the tunnel's addresses too: who may not use a softwire cannot disturb its fragments.
bool reassemble_inner(Reassembler& reassembler, PacketPool& pool, const TunnelPacket& fragment, Time now,
                      TunnelPacket& whole);

}  // namespace lwaftr
