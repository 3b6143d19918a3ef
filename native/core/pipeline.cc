#include "pipeline.h"

#include <algorithm>
#include <array>

#include "arp.h"
#include "attached_router.h"
#include "decapsulate.h"
#include "encapsulate.h"
#include "fragment.h"
#include "hairpin.h"
#include "ingress.h"
#include "ndp.h"

namespace lwaftr {
namespace {

constexpr uint16_t kMinIpv4Mtu = 68, kMinIpv6Mtu = 1280;  // RFC 791, RFC 8200: below these nothing can be fragmented

}  // namespace

struct Pipeline::Rooms {
  Rooms(PacketPool& pool, Counters& counters, QueueState& state)
      : pool(pool),
        counters(counters),
        state(state),
        bridge(pool, counters),
        router(pool, counters),
        ingress4(pool, counters, Reassembler::kIpv4),
        ingress6(pool, counters, Reassembler::kIpv6),
        inner(pool, counters, Reassembler::kInner),
        core(pool, counters, inner),
        egress4(pool, counters, Counter::drop_next_hop_queue_ipv4_packets),
        egress6(pool, counters, Counter::drop_next_hop_queue_ipv6_packets),
        fragmenter(pool, counters) {}

  void ask(Time now);
  void leave(Time now);
  void look_after(Time now);
  void publish_next_hops();

  PacketPool& pool;
  Counters& counters;
  QueueState& state;
  std::array<PacketList, kPortCount> received;
  Bridge bridge;
  AttachedRouter router;
  Ingress ingress4, ingress6;
  Reassembler inner;
  Core core;
  Egress egress4, egress6;
  Fragmenter fragmenter;
  Capture* capture = nullptr;
  bool configured = false;

  // Between ingress and core.
  std::vector<Ipv4Packet> from_internet;
  std::vector<Ipv6Packet> from_b4s;
  std::vector<Ipv6Packet> fragments;
  std::vector<Ipv4Packet> scratch;
};

// The order of the rooms. Passthru comes first: a BFD session does not wait for softwires. What came from the internet
// is encapsulated before what came from the B4s is looked at, so that it also leaves first.
void Pipeline::process(Time now) {
  Rooms& r = *rooms_;
  r.core.now = now;
  Capture* const capture = r.capture;
  if (__builtin_expect(capture != nullptr, 0)) capture->received(r.received, r.core.table, now);
  if (r.router.active()) {
    r.router.take(r.received[static_cast<size_t>(Port::passthru)], r.egress4.next_hop, r.egress6.next_hop, now);
  }
  for (Port port : {Port::passthru, Port::external, Port::internal}) {
    PacketList& frames = r.received[static_cast<size_t>(port)];
    r.bridge.receive(port, frames);
    frames.clear();
  }
  StageProbe* const probe = r.core.probe;
  mark(probe, Stage::bridge);
  r.ask(now);
  mark(probe, Stage::questions);
  ingress_ipv4(r.core, r.ingress4, r.egress4, r.bridge.relay(Side::external), r.from_internet);
  mark(probe, Stage::ingress4);
  ingress_ipv6(r.core, r.ingress6, r.egress6, r.bridge.relay(Side::internal), r.from_b4s, r.fragments);
  mark(probe, Stage::ingress6);
  r.bridge.relay(Side::external).clear();
  r.bridge.relay(Side::internal).clear();

  encapsulate(r.core, r.from_internet.data(), r.from_internet.size(), Origin::external);
  hairpin(r.core, r.scratch);
  decapsulate(r.core, r.from_b4s.data(), r.from_b4s.size());
  hairpin(r.core, r.scratch);
  r.from_internet.clear();
  r.from_b4s.clear();

  r.leave(now);
  if (__builtin_expect(capture != nullptr, 0)) capture->sent(r.bridge.outputs());
  r.look_after(now);
  mark(probe, Stage::upkeep);
}

// Questions about next hops leave before everything else.
void Pipeline::Rooms::ask(Time now) {
  const auto send = [this](Egress& egress, Packet* request, Counter counter) {
    if (!request) return counters.add(Counter::drop_no_buffer_packets);
    counters.add_packet(counter, request->length);
    egress.own.push_back(request);
  };
  const ExternalInterface& external = core.settings.external_interface;
  const InternalInterface& internal = core.settings.internal_interface;
  if (external.next_hop_ip || router.asked(Side::external)) {
    const NextHop::Question question = egress4.next_hop.tick(now);
    const MacAddress known = egress4.next_hop.mac();
    if (question != NextHop::Question::none) {
      const uint8_t* destination = question == NextHop::Question::known_mac ? known.data() : kBroadcastMac.data();
      send(egress4, make_arp_request(external, destination, pool), Counter::out_arp_request_packets);
    }
  }
  if (internal.next_hop_ip || router.asked(Side::internal)) {
    const NextHop::Question question = egress6.next_hop.tick(now);
    const MacAddress known = egress6.next_hop.mac();
    if (question != NextHop::Question::none) {
      const uint8_t* destination = question == NextHop::Question::known_mac ? known.data() : nullptr;
      send(egress6, make_neighbour_solicitation(internal, destination, pool), Counter::out_ndp_ns_packets);
    }
  }
}

void Pipeline::Rooms::leave(Time now) {
  if (router.active()) {
    router.ask(Side::external, core.external, bridge, now);
    router.ask(Side::internal, core.internal, bridge, now);
  }
  address(egress4, core.external, core.settings.external_interface.mac, now);
  address(egress6, core.internal, core.settings.internal_interface.mac, now);
  mark(core.probe, Stage::next_hop);
  filter(egress4, pool, counters, Counter::drop_egress_filter_ipv4_packets);
  filter(egress6, pool, counters, Counter::drop_egress_filter_ipv6_packets);
  fragmenter.fragment_ipv4(egress4.own, core.settings.external.mtu);
  fragmenter.fragment_ipv6(egress6.own, core.settings.internal.mtu);
  mark(core.probe, Stage::fragment);
  bridge.transmit(Side::external, egress4.own);
  bridge.transmit(Side::internal, egress6.own);
  mark(core.probe, Stage::transmit);
}

// What time asks for, and what others may read.
void Pipeline::Rooms::look_after(Time now) {
  for (Reassembler* reassembler : {&ingress4.reassembler, &ingress6.reassembler, &inner}) reassembler->expire(now);
  counters.set(Counter::memuse_ipv4_frag_reassembly_buffer, ingress4.reassembler.memory());
  counters.set(Counter::memuse_ipv6_frag_reassembly_buffer, ingress6.reassembler.memory() + inner.memory());
  publish_next_hops();
}

void Pipeline::Rooms::publish_next_hops() {
  state.external_next_hop.store(egress4.next_hop.word(), std::memory_order_relaxed);
  state.internal_next_hop.store(egress6.next_hop.word(), std::memory_order_relaxed);
}

Pipeline::Pipeline(PacketPool& pool, Counters& counters, QueueState& state)
    : rooms_(std::make_unique<Rooms>(pool, counters, state)) {}

Pipeline::~Pipeline() = default;

void Pipeline::share_next_hops(NextHopCell* external, NextHopCell* internal) {
  rooms_->egress4.next_hop.share(external);
  rooms_->egress6.next_hop.share(internal);
}

void Pipeline::configure(const Settings& settings, Time now) {
  Filters filters(settings);
  configure(settings, filters, now);
}

void Pipeline::configure(const Settings& settings, Filters& filters, Time now) {
  Rooms& r = *rooms_;
  const Settings old = r.core.settings;
  r.core.now = now;
  r.core.settings = settings;
  SidePolicy& external = r.core.settings.external;
  SidePolicy& internal = r.core.settings.internal;
  external.mtu = std::max(external.mtu, kMinIpv4Mtu);
  internal.mtu = std::max(internal.mtu, kMinIpv6Mtu);

  // What was learned is kept where the question is still the same.
  const auto take_next_hop = [&r](NextHop& next_hop, const auto& from, const auto& to) {
    if (to.next_hop_mac) {
      next_hop.set_static(*to.next_hop_mac);
    } else if (!r.configured || from.next_hop_mac || from.next_hop_ip != to.next_hop_ip ||
               from.vlan_tag != to.vlan_tag) {
      next_hop.set_unresolved();
    }
  };
  take_next_hop(r.egress4.next_hop, old.external_interface, settings.external_interface);
  take_next_hop(r.egress6.next_hop, old.internal_interface, settings.internal_interface);
  r.publish_next_hops();  // whoever asked for the change may look at once

  std::swap(r.ingress4.filter, filters.ingress4);
  std::swap(r.ingress6.filter, filters.ingress6);
  std::swap(r.egress4.filter, filters.egress4);
  std::swap(r.egress6.filter, filters.egress6);

  r.ingress4.reassembler.configure(settings.external.reassembly);
  r.ingress6.reassembler.configure(settings.internal.reassembly);
  r.inner.configure(settings.internal.reassembly);
  r.bridge.configure(settings);
  const bool external_asked = r.router.asked(Side::external), internal_asked = r.router.asked(Side::internal);
  r.router.configure(settings);
  if (external_asked && !r.router.asked(Side::external)) r.egress4.next_hop.forget_router();
  if (internal_asked && !r.router.asked(Side::internal)) r.egress6.next_hop.forget_router();
  r.configured = true;
}

void Pipeline::purge_next_hops() {
  Rooms& r = *rooms_;
  r.egress4.next_hop.purge();
  r.egress6.next_hop.purge();
  r.publish_next_hops();
}

void Pipeline::set_table(const BindingTable* table) { rooms_->core.table = table; }

void Pipeline::set_probe(StageProbe* probe) { rooms_->core.probe = probe; }

void Pipeline::set_capture(Capture* capture) {
  rooms_->capture = capture;
  rooms_->pool.set_witness(capture);
}

void Pipeline::receive(Port port, Packet* const* packets, size_t count) {
  PacketList& frames = rooms_->received[static_cast<size_t>(port)];
  frames.insert(frames.end(), packets, packets + count);
}

PacketSpan Pipeline::output(Port port) const {
  const PacketList& frames = rooms_->bridge.output(port);
  return {frames.data(), frames.size()};
}

void Pipeline::clear_output(Port port) { rooms_->bridge.output(port).clear(); }

void Pipeline::seed_fragment_ids(uint16_t ipv4, uint32_t ipv6) { rooms_->fragmenter.seed(ipv4, ipv6); }

size_t Pipeline::held() const {
  const Rooms& r = *rooms_;
  size_t held = r.egress4.queue.size() + r.egress6.queue.size() + r.ingress4.reassembler.held() +
                r.ingress6.reassembler.held() + r.inner.held();
  for (const PacketList& frames : r.received) held += frames.size();
  return held;
}

}  // namespace lwaftr
