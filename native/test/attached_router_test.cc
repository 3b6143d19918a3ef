#include <doctest/doctest.h>

#include <algorithm>

#include "attached_router.h"
#include "relay.h"
#include "wire.h"

namespace lwaftr::test {
namespace {

constexpr const char* kRouter = "44:44:44:44:44:44";
constexpr const char* kHop = "02:00:00:00:00:21";
constexpr const char* kOtherHop = "02:00:00:00:00:22";
constexpr Time kInterval = 5 * kSecond;

// A stick with the attached router on its link, asked every five seconds; the fallback is static.
Settings asking() {
  Settings settings = plain_settings();
  settings.on_a_stick = true;
  settings.filter_destination_mac = true;
  settings.passthru_interface = PassthruInterface{};
  settings.passthru_interface->mac = mac(kRouter);
  settings.passthru_interface->next_hop_refresh = 5;
  return settings;
}

// What the router does: the frame to where its routes say, from it, a hop older.
Bytes forwarded(Bytes frame, const char* next_hop) {
  const MacAddress to = mac(next_hop), from = mac(kRouter);
  std::copy(to.begin(), to.end(), frame.begin());
  std::copy(from.begin(), from.end(), frame.begin() + 6);
  const bool ipv6 = load16(&frame[12]) == 0x86dd;
  frame[ipv6 ? 14 + 7 : 14 + 8]--;
  if (!ipv6) store16(&frame[14 + 10], load16(&frame[14 + 10]) + 0x100);  // RFC 1624, near enough
  return frame;
}

MacAddress destination(const Bytes& frame) {
  MacAddress mac;
  std::copy_n(frame.begin(), 6, mac.begin());
  return mac;
}

NextHopStatus status(const std::atomic<uint64_t>& word) { return static_cast<NextHopStatus>(word.load() >> 48); }

// From a subscriber to the internet: (frames on the link, frames to the router).
Output decapsulated(Relay& relay) { return relay.run(Port::internal, {from_a().bytes()}); }

}  // namespace

TEST_CASE("The router is handed the head of a packet, in the name of the relay; the packet itself leaves as before") {
  Relay relay(asking());
  const Output four = decapsulated(relay);
  CHECK_FRAMES(four.internal, outside().ipv4(kShared, kHost).udp(kPortA, 53).payload(12));
  REQUIRE_EQ(four.passthru.size(), 1);
  Bytes head = eth(kRouter, kExternalMac).ipv4("203.0.113.1", kHost).udp(kPortA, 53).bytes();
  std::copy_n(&four.passthru[0][38], 4, &head[38]);  // length and checksum are the packet's
  CHECK_EQ(hex(four.passthru[0]), hex(head));

  const Output six = relay.run(Port::internal, {to_a().bytes()});
  CHECK_EQ(destination(six.internal.at(0)), mac(kInternalHop));
  REQUIRE_EQ(six.passthru.size(), 1);
  const Bytes& whole = six.internal[0];
  Bytes head6(whole.begin(), whole.begin() + 14 + 40 + 28);
  const MacAddress router = mac(kRouter);
  std::copy(router.begin(), router.end(), head6.begin());
  store32(&head6[14], 0x60000001);
  store16(&head6[14 + 4], 28);
  head6[14 + 7] = 64;
  const Ipv6Address own = ip6("2001:db8::1");
  std::copy(own.begin(), own.end(), head6.begin() + 14 + 8);
  CHECK_EQ(hex(six.passthru[0]), hex(head6));
  CHECK_EQ(relay.count(Counter::out_passthru_next_hop_packets), 2);
}

TEST_CASE("Where the router sends the head is where packets go from then on; the head goes nowhere") {
  for (const bool external : {true, false}) {
    CAPTURE(external);
    Relay relay(asking());
    const Bytes packet = external ? from_a().bytes() : to_a().bytes();
    const Output first = relay.run(Port::internal, {packet});
    const Output back = relay.run(Port::passthru, {forwarded(first.passthru.at(0), kHop)});
    CHECK(back.internal.empty());
    CHECK(back.passthru.empty());
    CHECK_EQ(relay.count(Counter::in_passthru_next_hop_packets), 1);
    CHECK_EQ(relay.count(Counter::in_passthru_packets), 1);
    CHECK_EQ(destination(relay.run(Port::internal, {packet}).internal.at(0)), mac(kHop));
    CHECK(status(external ? relay.state.external_next_hop : relay.state.internal_next_hop) == NextHopStatus::resolved);
    CHECK(status(external ? relay.state.internal_next_hop : relay.state.external_next_hop) ==
          NextHopStatus::static_mac);
  }
}

TEST_CASE(
    "The router is asked again when the interval is over and packets leave, and followed when it changes its mind") {
  Relay relay(asking());
  relay.run(Port::passthru, {forwarded(decapsulated(relay).passthru.at(0), kHop)});
  relay.now += kInterval - 1;
  CHECK(decapsulated(relay).passthru.empty());
  CHECK(relay.wait(1).passthru.empty());
  const Output asked = decapsulated(relay);
  REQUIRE_EQ(asked.passthru.size(), 1);
  CHECK_EQ(destination(asked.internal.at(0)), mac(kHop));
  relay.run(Port::passthru, {forwarded(asked.passthru[0], kOtherHop)});
  CHECK_EQ(destination(decapsulated(relay).internal.at(0)), mac(kOtherHop));
}

TEST_CASE(
    "A router that falls silent is asked every second, and after three intervals the configured MAC counts again") {
  Relay relay(asking());
  relay.run(Port::passthru, {forwarded(decapsulated(relay).passthru.at(0), kHop)});
  const uint64_t before = relay.count(Counter::out_passthru_next_hop_packets);
  for (Time at = 0; at < 3 * kInterval; at += kSecond) {
    CHECK_EQ(destination(decapsulated(relay).internal.at(0)), mac(kHop));
    relay.now += kSecond;
  }
  CHECK_EQ(relay.count(Counter::out_passthru_next_hop_packets) - before, 6);  // at 5 and 10 s, then at 11, 12, 13, 14
  relay.wait(2 * kSecond);
  CHECK_EQ(destination(decapsulated(relay).internal.at(0)), mac(kExternalHop));
  CHECK(status(relay.state.external_next_hop) == NextHopStatus::static_mac);
}

TEST_CASE("Packets wait for whoever answers first, router or ARP; the router's word counts against ARP's") {
  Settings settings = asking();
  settings.external_interface.next_hop_mac.reset();
  settings.external_interface.next_hop_ip = ip4("203.0.113.254");
  const auto arp_reply = [](const char* from) {
    return eth(kExternalMac, from).arp(2, from, "203.0.113.254", kExternalMac, "203.0.113.1").bytes();
  };
  Relay relay(settings);
  const Output held = decapsulated(relay);
  REQUIRE_EQ(held.passthru.size(), 2);  // the head, and the ARP question, which is a broadcast
  const Output released = relay.run(Port::passthru, {forwarded(held.passthru[0], kHop)});
  CHECK_EQ(destination(released.internal.at(0)), mac(kHop));
  CHECK(status(relay.state.external_next_hop) == NextHopStatus::resolved);
  relay.run(Port::internal, {arp_reply(kOtherHop)});
  CHECK_EQ(destination(decapsulated(relay).internal.back()), mac(kHop));
  // Silence: ARP is asked, and answers.
  relay.now += 3 * kInterval + 2 * kSecond;
  decapsulated(relay);
  relay.now += 30 * kSecond;
  decapsulated(relay);
  relay.run(Port::internal, {arp_reply(kOtherHop)});
  CHECK_EQ(destination(decapsulated(relay).internal.back()), mac(kOtherHop));
}

TEST_CASE("A head that is late, for the relay, for a group or for the router itself teaches nothing and goes nowhere") {
  Relay relay(asking());
  Bytes head = decapsulated(relay).passthru.at(0);
  Bytes late = head;
  late[18]++;
  const std::vector<Bytes> useless = {forwarded(head, kExternalMac), forwarded(head, kInternalMac),
                                      forwarded(head, "ff:ff:ff:ff:ff:ff"), forwarded(head, kRouter),
                                      forwarded(late, kHop)};
  for (const Bytes& frame : useless) {
    const Output out = relay.run(Port::passthru, {frame});
    CHECK(out.internal.empty());
    CHECK(out.passthru.empty());
  }
  CHECK_EQ(relay.count(Counter::drop_passthru_next_hop_packets), useless.size());
  CHECK_EQ(destination(decapsulated(relay).internal.at(0)), mac(kExternalHop));
}

TEST_CASE("Frames of the router's own, and heads cut at any byte, are what they would be without all this") {
  Relay relay(asking());
  Bytes head = decapsulated(relay).passthru.at(0);
  const Bytes own = eth(kHop, kRouter).ipv4("203.0.113.2", kHost).udp(179, 179).bytes();
  CHECK_EQ(relay.run(Port::passthru, {own}).internal, std::vector<Bytes>{own});
  for (size_t length = 0; length < 34; length++) {
    const Bytes whole = forwarded(head, kHop);
    relay.run(Port::passthru, {Bytes(whole.begin(), whole.begin() + static_cast<long>(length))});
  }
  CHECK_EQ(relay.count(Counter::in_passthru_next_hop_packets), 0);
}

TEST_CASE("Sides on another VLAN or link than the passthru do not ask; nor does anybody when it is not configured") {
  Settings settings = asking();
  settings.internal_interface.vlan_tag = 20;
  Relay tagged(settings);
  CHECK(tagged.run(Port::internal, {to_a().bytes()}).passthru.empty());
  settings = asking();
  settings.on_a_stick = false;
  settings.passthru_interface->on_external_link = true;
  Relay two(settings);
  CHECK(two.run(Port::external, {to_a().bytes()}).passthru.empty());
  CHECK_EQ(two.run(Port::internal, {from_a().bytes()}).passthru.size(), 1);
  settings = asking();
  settings.passthru_interface->next_hop_refresh = 0;
  Relay off(settings);
  const Output out = decapsulated(off);
  CHECK(out.passthru.empty());
}

TEST_CASE("When the router is no longer asked, the configured next hop counts at once") {
  Relay relay(asking());
  relay.run(Port::passthru, {forwarded(decapsulated(relay).passthru.at(0), kHop)});
  Settings settings = asking();
  settings.passthru_interface->next_hop_refresh = 0;
  relay.configure(settings);
  CHECK_EQ(destination(decapsulated(relay).internal.at(0)), mac(kExternalHop));
}

}  // namespace lwaftr::test
