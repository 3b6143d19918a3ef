#include <doctest/doctest.h>

#include "relay.h"

namespace lwaftr::test {
namespace {

constexpr const char* kRouter = "44:44:44:44:44:44";  // behind the passthru device
constexpr const char* kPeer = "02:00:00:00:00:99";    // on the link
constexpr const char* kBroadcast = "ff:ff:ff:ff:ff:ff";
constexpr uint16_t kNoVlan = 0;

// One link, as in an on-a-stick instance; VLANs: 0 is untagged.
Settings stick(uint16_t external, uint16_t internal, uint16_t passthru) {
  const auto tag = [](uint16_t vlan) { return vlan ? VlanTag{vlan} : VlanTag{}; };
  Settings settings = plain_settings();
  settings.on_a_stick = true;
  settings.filter_destination_mac = true;
  settings.external_interface.vlan_tag = tag(external);
  settings.internal_interface.vlan_tag = tag(internal);
  settings.passthru_interface = PassthruInterface{};
  settings.passthru_interface->mac = mac(kRouter);
  settings.passthru_interface->vlan_tag = tag(passthru);
  return settings;
}

Frame other(const char* destination, uint16_t vlan = kNoVlan, const char* source = kPeer) {
  Frame frame = eth(destination, source);
  if (vlan) frame.vlan(vlan);
  return frame.ipv4("10.0.0.1", "10.0.0.2").udp(179, 179);
}
Frame arp_request(uint16_t vlan = kNoVlan, const char* source = kPeer) {
  Frame frame = eth(kBroadcast, source);
  if (vlan) frame.vlan(vlan);
  return frame.arp(1, source, "203.0.113.9", "00:00:00:00:00:00", "203.0.113.1");
}
Frame arp_answer(const char* to, uint16_t vlan = kNoVlan) {
  Frame frame = eth(to, kExternalMac);
  if (vlan) frame.vlan(vlan);
  return frame.arp(2, kExternalMac, "203.0.113.1", to, "203.0.113.9");
}

}  // namespace

TEST_CASE("Frames for the router behind the relay pass, untagged; frames from it leave tagged") {
  for (const uint16_t vlan : {kNoVlan, uint16_t{64}}) {
    CAPTURE(vlan);
    Relay relay(stick(kNoVlan, 20, vlan));
    CHECK_FRAMES(relay.run(Port::internal, {other(kRouter, vlan).bytes()}).passthru, other(kRouter));
    CHECK_FRAMES(relay.run(Port::passthru, {other(kPeer, kNoVlan, kRouter).bytes()}).internal,
                 other(kPeer, vlan, kRouter));
    CHECK_EQ(relay.count(Counter::out_passthru_packets), 1);
    CHECK_EQ(relay.count(Counter::in_passthru_packets), 1);
    // Not on its VLAN, or not its address.
    CHECK(relay.run(Port::internal, {other(kRouter, 65).bytes(), other(kPeer, vlan).bytes()}).passthru.empty());
    CHECK_EQ(relay.count(Counter::drop_wrong_vlan_packets), 1);
    CHECK_EQ(relay.count(Counter::drop_not_for_us_packets), 1);
  }
}

TEST_CASE("VLAN priority bits are ignored on receive") {
  Relay relay(stick(10, 20, 64));
  CHECK_EQ(relay.run(Port::internal, {other(kRouter, 0xe000 | 64).bytes()}).passthru.size(), 1);
}

TEST_CASE("Broadcast goes to the router and to the relay, which answers it") {
  Relay relay(stick(kNoVlan, kNoVlan, kNoVlan));
  const Output out = relay.run(Port::internal, {arp_request().bytes()});
  CHECK_FRAMES(out.passthru, arp_request());
  CHECK_FRAMES(out.internal, arp_answer(kPeer));
  CHECK_EQ(relay.count(Counter::passthru_copied_packets), 1);
}

TEST_CASE("Multicast of any kind passes to the router, LLC framing as well, and is not copied for nobody") {
  Relay relay(stick(kNoVlan, kNoVlan, kNoVlan));
  Bytes lldp = eth("01:80:c2:00:00:0e", kPeer).payload(40).bytes();
  Bytes isis = eth("01:80:c2:00:00:14", kPeer).append({0xfe, 0xfe, 0x03, 0x83}).payload(40).bytes();
  isis[12] = 0;
  isis[13] = 44;
  const Bytes ospf =
      eth("01:00:5e:00:00:05", kPeer).ipv4("10.0.0.1", "224.0.0.5", {1}).protocol(89).payload(44).bytes();
  const Output out = relay.run(Port::internal, {lldp, isis, ospf});
  CHECK_EQ(out.passthru, std::vector<Bytes>{lldp, isis, ospf});
  CHECK_EQ(relay.count(Counter::passthru_copied_packets), 0);
  CHECK(out.internal.empty());
}

TEST_CASE("The router reaches the relay itself, and the relay answers the router") {
  for (const uint16_t vlan : {kNoVlan, uint16_t{10}}) {
    CAPTURE(vlan);
    Relay relay(stick(vlan, 20, vlan));
    const Frame ping = eth(kExternalMac, kRouter).ipv4("203.0.113.9", "203.0.113.1").icmp(8, 0, 1);
    const Output out = relay.run(Port::passthru, {ping.bytes()});
    CHECK_FRAMES(out.passthru, eth(kRouter, kExternalMac).ipv4("203.0.113.1", "203.0.113.9").icmp(0, 0, 1));
    CHECK(out.internal.empty());
    // Its broadcast goes to the relay and to the link.
    const Output asked = relay.run(Port::passthru, {arp_request(kNoVlan, kRouter).bytes()});
    CHECK_FRAMES(asked.internal, arp_request(vlan, kRouter));
    CHECK_FRAMES(asked.passthru, arp_answer(kRouter));
  }
}

TEST_CASE("The router sends softwire traffic through the relay, and may be its next hop") {
  Settings settings = stick(10, 20, 10);
  settings.external_interface.next_hop_mac = mac(kRouter);
  Relay relay(settings);
  const Frame packet = eth(kExternalMac, kRouter).ipv4(kHost, kShared).udp(53, kPortA);
  CHECK_FRAMES(
      relay.run(Port::passthru, {packet.bytes()}).internal,
      eth(kInternalHop, kInternalMac).vlan(20).ipv6(kBr, kB4a, {255}).ipv4(kHost, kShared, {63}).udp(53, kPortA));
  const Frame reply = eth(kInternalMac, kPeer).vlan(20).ipv6(kB4a, kBr).ipv4(kShared, kHost).udp(kPortA, 53);
  CHECK_FRAMES(relay.run(Port::internal, {reply.bytes()}).passthru,
               eth(kRouter, kExternalMac).ipv4(kShared, kHost).udp(kPortA, 53));
}

TEST_CASE("The relay's own questions go to the link and to the router") {
  Settings settings = stick(kNoVlan, kNoVlan, kNoVlan);
  settings.external_interface.next_hop_mac.reset();
  settings.external_interface.next_hop_ip = ip4("203.0.113.254");
  Relay relay(settings);
  const Output out = relay.run(Port::internal, {});
  CHECK_EQ(out.internal.size(), 1);
  CHECK_EQ(out.passthru, out.internal);
}

TEST_CASE("Frames over the passthru mtu are dropped both ways") {
  Relay relay(stick(10, 20, 64));
  const auto frame = [](uint16_t vlan, size_t length) {
    Frame made = eth(vlan ? kRouter : kPeer, vlan ? kPeer : kRouter);
    if (vlan) made.vlan(vlan);
    return made.ipv4("10.0.0.1", "10.0.0.2").payload(length - 20).bytes();
  };
  CHECK_EQ(relay.run(Port::internal, {frame(64, 1500), frame(64, 1501)}).passthru.size(), 1);
  CHECK_EQ(relay.run(Port::passthru, {frame(0, 1500), frame(0, 1501)}).internal.size(), 1);
  CHECK_EQ(relay.count(Counter::drop_passthru_over_mtu_packets), 2);
}

TEST_CASE("A promiscuous passthru gets what is for nobody else") {
  Settings settings = stick(kNoVlan, kNoVlan, kNoVlan);
  settings.passthru_interface->promiscuous = true;
  Relay relay(settings);
  CHECK_EQ(relay.run(Port::internal, {other("02:00:00:00:00:77").bytes()}).passthru.size(), 1);
  CHECK(relay.run(Port::internal, {to_a().bytes()}).passthru.empty());
}

TEST_CASE("One in N softwire packets, in and out, is copied as it is on the link") {
  Settings settings = stick(10, 20, 64);
  settings.passthru_interface->sample_rate = 4;
  Relay relay(settings);
  const Frame in = eth(kExternalMac, kPeer).vlan(10).ipv4(kHost, kWhole).udp(1, 2);
  const Frame out =
      eth(kInternalHop, kInternalMac).vlan(20).ipv6(kBrC, kB4c, {255}).ipv4(kHost, kWhole, {63}).udp(1, 2);
  const Output output = relay.run(Port::internal, std::vector<Bytes>(8, in.bytes()));
  CHECK_FRAMES(output.passthru, in, in, out, out);
  CHECK_EQ(relay.count(Counter::passthru_sampled_packets), 4);
}

TEST_CASE("Two devices: passthru lives on one of them") {
  Settings settings = stick(kNoVlan, kNoVlan, kNoVlan);
  settings.on_a_stick = false;
  for (const bool external : {false, true}) {
    settings.passthru_interface->on_external_link = external;
    Relay relay(settings);
    const Port its = external ? Port::external : Port::internal, others = external ? Port::internal : Port::external;
    CHECK_EQ(relay.run(its, {other(kRouter).bytes()}).passthru.size(), 1);
    CHECK(relay.run(others, {other(kRouter).bytes()}).passthru.empty());
    const Output out = relay.run(Port::passthru, {other(kPeer, kNoVlan, kRouter).bytes()});
    CHECK_EQ((external ? out.external : out.internal).size(), 1);
  }
}

TEST_CASE("Both sides with one MAC on one VLAN are told apart by EtherType") {
  Settings settings = stick(kNoVlan, kNoVlan, kNoVlan);
  settings.internal_interface.mac = settings.external_interface.mac;
  Relay relay(settings);
  CHECK_EQ(relay.run(Port::internal, {to_a().bytes()}).internal.size(), 1);
  Bytes tunnelled = from_a().bytes();
  tunnelled[5] = 1;
  CHECK_EQ(relay.run(Port::internal, {tunnelled}).internal.size(), 1);
  CHECK_EQ(relay.count(Counter::in_ipv4_packets), 1);
  CHECK_EQ(relay.count(Counter::in_ipv6_packets), 1);
}

TEST_CASE("A router does not forward what came as link-layer broadcast or multicast") {
  Settings settings = stick(kNoVlan, kNoVlan, kNoVlan);
  settings.passthru_interface.reset();
  Relay relay(settings);
  const Output out = relay.run(Port::internal, {eth(kBroadcast).ipv4(kHost, kShared).udp(53, kPortA).bytes()});
  CHECK(out.internal.empty());
  CHECK_EQ(relay.count(Counter::drop_not_for_us_packets), 1);
}

TEST_CASE("A ping to a group MAC address is not answered: the answer would come from the group") {
  Relay relay(stick(kNoVlan, kNoVlan, kNoVlan));
  const Frame ping = eth("33:33:00:00:00:01", kPeer).ipv6("2001:db8::99", "2001:db8::1").icmpv6(128, 0, 1);
  CHECK(relay.run(Port::internal, {ping.bytes()}).internal.empty());
  CHECK_EQ(relay.count(Counter::in_icmpv6_echo_packets), 0);
}

TEST_CASE("Tagged frames cut at any byte") {
  const Bytes whole = other(kRouter, 64).bytes();
  Relay relay(stick(10, 20, 64));
  for (size_t length = 0; length < 18; length++) {
    CHECK(
        relay.run(Port::internal, {Bytes(whole.begin(), whole.begin() + static_cast<long>(length))}).passthru.empty());
  }
  CHECK_EQ(relay.count(Counter::drop_runt_packets), 14);
  CHECK_EQ(relay.count(Counter::drop_wrong_vlan_packets), 4);
}

TEST_CASE("Two sides on VLANs of their own, as check has them") {
  Settings settings = plain_settings();
  settings.external_interface.vlan_tag = settings.internal_interface.vlan_tag = 1092;
  Relay relay(settings);
  const Output out =
      relay.run(Port::external, {eth().vlan(1092).ipv4(kHost, kShared).udp(53, kPortA).bytes(), to_a().bytes(),
                                 eth().vlan(1).ipv4(kHost, kShared).udp(53, kPortA).bytes()});
  CHECK_FRAMES(
      out.internal,
      eth(kInternalHop, kInternalMac).vlan(1092).ipv6(kBr, kB4a, {255}).ipv4(kHost, kShared, {63}).udp(53, kPortA));
  CHECK_EQ(relay.count(Counter::in_ipv4_bytes), 42);
  CHECK_EQ(relay.count(Counter::drop_wrong_vlan_packets), 2);
}

}  // namespace lwaftr::test
