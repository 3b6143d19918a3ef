#include "conservation.h"

#include <initializer_list>

namespace lwaftr {

Balance balance(const Counters& counters) {
  const auto sum = [&counters](std::initializer_list<Counter> names) {
    uint64_t total = 0;
    for (Counter name : names) total += counters.get(name);
    return total;
  };
  Balance balance;
  balance.received = sum({Counter::in_external_packets, Counter::in_internal_packets, Counter::in_passthru_packets});
  balance.originated =
      sum({Counter::out_arp_request_packets, Counter::out_arp_reply_packets, Counter::out_ndp_ns_packets,
           Counter::out_ndp_na_packets, Counter::out_icmpv4_echo_packets, Counter::out_icmpv6_echo_packets,
           Counter::out_icmpv4_error_packets, Counter::out_icmpv6_error_packets, Counter::in_ipv4_frag_reassembled,
           Counter::in_ipv6_frag_reassembled, Counter::in_inner_frag_reassembled, Counter::out_ipv4_frag,
           Counter::out_ipv6_frag, Counter::passthru_copied_packets, Counter::passthru_sampled_packets,
           Counter::out_passthru_next_hop_packets});
  balance.sent = sum({Counter::out_external_packets, Counter::out_internal_packets});
  balance.passed_through = sum({Counter::out_passthru_packets});
  balance.dropped = sum({Counter::drop_runt_packets,
                         Counter::drop_wrong_vlan_packets,
                         Counter::drop_not_for_us_packets,
                         Counter::drop_oversize_packets,
                         Counter::drop_malformed_ipv4_packets,
                         Counter::drop_malformed_ipv6_packets,
                         Counter::drop_bad_version_ipv4_packets,
                         Counter::drop_bad_version_ipv6_packets,
                         Counter::drop_ipv4_frag_packets,
                         Counter::drop_ipv6_frag_packets,
                         Counter::drop_inner_frag_packets,
                         Counter::drop_ingress_filter_ipv4_packets,
                         Counter::drop_ingress_filter_ipv6_packets,
                         Counter::drop_egress_filter_ipv4_packets,
                         Counter::drop_egress_filter_ipv6_packets,
                         Counter::drop_invalid_arp_packets,
                         Counter::drop_invalid_ndp_packets,
                         Counter::drop_unused_ndp_packets,
                         Counter::drop_all_ipv4_iface_packets,
                         Counter::drop_all_ipv6_iface_packets,
                         Counter::drop_next_hop_queue_ipv4_packets,
                         Counter::drop_next_hop_queue_ipv6_packets,
                         Counter::drop_dont_fragment_ipv4_packets,
                         Counter::drop_passthru_over_mtu_packets,
                         Counter::drop_passthru_next_hop_packets});
  balance.consumed = sum({Counter::in_arp_request_packets, Counter::in_arp_reply_packets, Counter::in_ndp_ns_packets,
                          Counter::in_ndp_na_packets, Counter::in_icmpv4_echo_packets, Counter::in_icmpv6_echo_packets,
                          Counter::in_icmpv6_error_packets, Counter::in_ipv4_frag_merged, Counter::in_ipv6_frag_merged,
                          Counter::in_passthru_next_hop_packets, Counter::in_inner_frag_merged,
                          Counter::out_ipv4_fragmented_packets, Counter::out_ipv6_fragmented_packets});
  return balance;
}

}  // namespace lwaftr
