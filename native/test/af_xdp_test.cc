// AF_XDP on a veth pair in a network namespace of the test's own: which frames it takes, whole and in order, and that
// nothing of it stays.
#include "io/af_xdp.h"

#include <doctest/doctest.h>
#include <linux/if_ether.h>
#include <poll.h>
#include <unistd.h>

#include <string>

#include "cable.h"
#include "checksum.h"
#include "io/af_packet.h"
#include "io/frame_share.h"
#include "packets.h"
#include "wire.h"

namespace lwaftr::test {
namespace {

constexpr const char* kRelay = "02:22:22:22:22:00";
constexpr const char* kTagged = "02:22:22:22:22:40";  // its other MAC, on a VLAN
constexpr const char* kPeer = "02:00:00:00:00:11";
constexpr size_t kRing = 8 << 20;

XdpRequest request() {
  XdpRequest request;
  request.interface = "relay";
  request.part.hardware_queues = {0};
  request.part.stations = {XdpStation(mac(kRelay), {}), XdpStation(mac(kTagged), 64)};
  return request;
}

// Null, and said why, where the kernel has no XDP.
std::unique_ptr<AfXdp> open_relay(const XdpRequest& what = request()) {
  OpenError error;
  auto device = AfXdp::open(what, &error);
  if (!device && (error.number == EPERM || error.number == ENOSYS || error.number == EAFNOSUPPORT)) {
    MESSAGE("skipped: " << error.message);
    return nullptr;
  }
  REQUIRE_MESSAGE(device, error.message);
  return device;
}

struct Ends {
  PacketPool pool{16384, 512};
  std::unique_ptr<Device> relay;
  std::unique_ptr<Device> peer;

  explicit Ends(std::unique_ptr<Device> device) : relay(std::move(device)) {
    OpenError error;
    peer = AfPacket::open("peer", kRing, &error);
    REQUIRE_MESSAGE(peer, error.message);
    relay->start(&error);
    peer->start(&error);
    REQUIRE_MESSAGE(error.number == 0, error.message);
  }
  void send(Device& device, const std::vector<Bytes>& frames) {
    PacketList packets;
    for (const Bytes& frame : frames) {
      packets.push_back(pool.allocate(frame.size()));
      std::copy(frame.begin(), frame.end(), packets.back()->data);
      packets.back()->length = static_cast<uint32_t>(frame.size());
    }
    device.transmit(packets.data(), packets.size());
    for (Packet* packet : packets) pool.free(packet);
  }
  // What comes until nothing does for a while.
  std::vector<Bytes> receive(Device& device) {
    std::vector<Bytes> frames;
    pollfd wait{device.wait_fd(), POLLIN, 0};
    while (poll(&wait, 1, 30) > 0) {
      Packet* packets[64];
      const size_t count = device.receive(pool, packets, 64);
      for (size_t i = 0; i < count; i++) {
        frames.emplace_back(packets[i]->data, packets[i]->data + packets[i]->length);
        pool.free(packets[i]);
      }
    }
    return frames;
  }
};

Frame to_relay(const char* address = kRelay) { return Frame(address, kPeer); }

TEST_CASE("bulk traffic for the relay is taken, all else is the kernel's") {
  with_cable([] {
    auto device = open_relay();
    if (!device) return;
    MESSAGE(device->description());
    Ends ends(std::move(device));
    OpenError error;
    auto kernel = AfPacket::open("relay", kRing, &error);
    REQUIRE(kernel);
    kernel->start(&error);
    const auto ndp = [](uint8_t type) {
      return to_relay().ipv6("2001:db8::2", "2001:db8::1").icmpv6(type, 0).payload(20).bytes();
    };
    Bytes short_ipv6 = ndp(135);
    short_ipv6.resize(ETH_HLEN + ipv6::kHeader);
    const struct {
      std::string sentence;
      Bytes frame;
      bool taken;
    } cases[] = {
        {"IPv4", to_relay().ipv4("192.0.2.1", "198.51.100.7").udp(1, 2).payload(30).bytes(), true},
        {"IPv6", to_relay().ipv6("2001:db8::2", "2001:db8::1").udp(1, 2).payload(3).bytes(), true},
        {"its VLAN", to_relay(kTagged).vlan(64).ipv4("192.0.2.1", "198.51.100.7").udp(1, 2).payload(30).bytes(), true},
        {"its VLAN, with a priority",
         to_relay(kTagged).vlan(0xe040).ipv6("2001:db8::2", "2001:db8::1").udp(1, 2).payload(30).bytes(), true},
        {"a ping of its IPv6 address", ndp(128), true},
        {"an ICMPv6 error", ndp(2), true},
        {"ICMPv6 beyond neighbour discovery", ndp(138), true},
        {"IPv6 cut short", short_ipv6, true},
        {"a router solicitation", ndp(133), false},
        {"a neighbour advertisement", ndp(136), false},
        {"a redirect", ndp(137), false},
        {"another VLAN", to_relay(kTagged).vlan(65).ipv4("192.0.2.1", "198.51.100.7").udp(1, 2).payload(30).bytes(),
         false},
        {"the VLAN of another MAC", to_relay().vlan(64).ipv4("192.0.2.1", "198.51.100.7").udp(1, 2).bytes(), false},
        {"VLAN 0", to_relay().vlan(0).ipv4("192.0.2.1", "198.51.100.7").udp(1, 2).payload(30).bytes(), false},
        {"another MAC", Frame("02:22:22:22:22:01", kPeer).ipv4("192.0.2.1", "198.51.100.7").udp(1, 2).bytes(), false},
        {"broadcast", Frame("ff:ff:ff:ff:ff:ff", kPeer).ipv4("192.0.2.1", "198.51.100.7").udp(1, 2).bytes(), false},
        {"ARP", to_relay().arp(2, kPeer, "192.0.2.1", kRelay, "192.0.2.2").bytes(), false},
    };
    for (const auto& c : cases) {
      CAPTURE(c.sentence);
      ends.send(*ends.peer, {c.frame});
      const auto taken = ends.receive(*ends.relay);
      const auto passed = ends.receive(*kernel);
      CHECK(taken.size() == (c.taken ? 1 : 0));
      CHECK(passed.size() == (c.taken ? 0 : 1));
      for (const Bytes& frame : taken) CHECK(hex(frame) == hex(c.frame));
    }
  });
}

void carry_bursts(XdpMode mode) {
  if (mode == XdpMode::generic) {  // veth has no native XDP below a peer with more transmit queues
    run("ip link del relay");
    run("ip link add relay mtu 9000 numrxqueues 1 numtxqueues 1 type veth "
        "peer name peer mtu 9000 numrxqueues 2 numtxqueues 2");
    run("ip link set relay up; ip link set peer up");
  }
  auto device = open_relay();
  if (!device) return;
  CHECK(device->description() ==
        (mode == XdpMode::native ? "AF_XDP, native mode, copying" : "AF_XDP, generic mode, copying"));
  Ends ends(std::move(device));
  std::vector<Bytes> frames;
  for (size_t i = 0; i < 800; i++) {
    const size_t payload = i % 50 == 0 ? 8900 : i % 7 == 0 ? 4090 + i % 8 : 10 + i % 1400;
    frames.push_back(to_relay()
                         .ipv4("192.0.2.1", "198.51.100.7", {.id = static_cast<uint16_t>(i)})
                         .udp(1, 2)
                         .payload(payload)
                         .bytes());
  }
  for (int round = 0; round < 5; round++) {
    ends.send(*ends.peer, frames);
    CHECK(ends.receive(*ends.relay) == frames);
    ends.send(*ends.relay, frames);
    CHECK(ends.receive(*ends.peer) == frames);
  }
  ends.relay->check();
  CHECK(ends.relay->statistics().kernel_drops == 0);
  CHECK(ends.relay->statistics().transmit_drops == 0);
}

TEST_CASE("bursts and jumbo frames arrive whole and in order, both ways") {
  with_cable([] { carry_bursts(XdpMode::native); });
  with_cable([] { carry_bursts(XdpMode::generic); });
}

TEST_CASE("a peer's kernel leaves checksums unfinished: they arrive finished") {
  with_cable([] {
    auto device = open_relay();
    if (!device) return;
    Ends ends(std::move(device));
    run("ip addr add 192.0.2.1/24 dev peer");
    run("ip neigh add 192.0.2.2 lladdr " + std::string(kRelay) + " dev peer");
    run("bash -c 'echo hello >/dev/udp/192.0.2.2/53'");
    const auto frames = ends.receive(*ends.relay);
    REQUIRE(frames.size() == 1);
    const uint8_t* ip = frames[0].data() + ETH_HLEN;
    const size_t length = load16(ip + ipv4::kTotalLength) - ipv4::kHeader;
    const uint8_t tail[4] = {0, 17, 0, static_cast<uint8_t>(length)};
    const uint64_t sum = add_to_sum(add_to_sum(0, ip + ipv4::kSource, 8), tail, sizeof tail);
    CHECK(sum_is_right(add_to_sum(sum, ip + ipv4::kHeader, length)));
  });
}

TEST_CASE("what the kernel had no buffer for is counted") {
  with_cable([] {
    auto device = open_relay();
    if (!device) return;
    Ends ends(std::move(device));
    const std::vector<Bytes> burst(1000, to_relay().ipv4("192.0.2.1", "198.51.100.7").udp(1, 2).payload(100).bytes());
    for (int i = 0; i < 5; i++) ends.send(*ends.peer, burst);
    const size_t received = ends.receive(*ends.relay).size();
    CHECK(received == Xsk::kReceiveFrames);
    ends.relay->check();
    CHECK(ends.relay->statistics().kernel_drops == 5000 - received);
  });
}

TEST_CASE("a link that is down takes nothing, and nothing stale leaves when it is up") {
  with_cable([] {
    auto device = open_relay();
    if (!device) return;
    Ends ends(std::move(device));
    run("ip link set relay down");
    CHECK(ends.relay->check() == LinkStatus::down);
    const std::vector<Bytes> frames(10, to_relay().ipv4("192.0.2.1", "198.51.100.7").udp(1, 2).payload(100).bytes());
    ends.send(*ends.relay, frames);
    CHECK(ends.relay->statistics().transmit_drops == 10);
    run("ip link set relay up");
    usleep(50'000);
    CHECK(ends.relay->check() == LinkStatus::up);
    CHECK(ends.receive(*ends.peer).empty());
    ends.send(*ends.relay, frames);
    CHECK(ends.receive(*ends.peer) == frames);
    run("ip link del relay");
    CHECK(ends.relay->check() == LinkStatus::gone);
  });
}

TEST_CASE("a queue is handed to a successor, and with the last one everything goes") {
  with_cable([] {
    auto first = open_relay();
    if (!first) return;
    CHECK(output("ip link show relay").find("xdp") != std::string::npos);
    auto second = open_relay();
    OpenError error;
    first->start(&error);
    CHECK(error.number == 0);
    first.reset();
    Ends ends(std::move(second));  // starts it
    const std::vector<Bytes> frames(10, to_relay().ipv4("192.0.2.1", "198.51.100.7").udp(1, 2).payload(100).bytes());
    ends.send(*ends.peer, frames);
    CHECK(ends.receive(*ends.relay) == frames);
    ends.relay.reset();
    CHECK(output("ip link show relay").find("xdp") == std::string::npos);
    CHECK(open_relay());
  });
}

TEST_CASE("where the choice is ours, AF_XDP is not taken for what it would get wrong") {
  with_cable([] {
    XdpRequest what = request();
    what.only_if_better = true;
    OpenError error;
    CHECK(!AfXdp::open(what, &error));
    CHECK(error.message == "relay: XDP does not see the VLAN tags that a veth peer leaves to the card");
    what.part.stations = {XdpStation(mac(kRelay), {})};
    CHECK(open_relay(what));
    what.part.own_macs = true;
    error = {};
    CHECK(!AfXdp::open(what, &error));
    CHECK(error.message == "relay: its queues have different MAC addresses, and the card spreads by hash");
    what.part.beside = true;
    error = {};
    CHECK(!AfXdp::open(what, &error));
    CHECK(error.message == "relay: its other queues do without, and a program would disturb them");
  });
}

// Both ends have two queues each.
void lay_two_queues() {
  run("ip link del relay");
  run("ip link add relay mtu 9000 numrxqueues 2 numtxqueues 2 type veth peer name peer mtu 9000 numrxqueues 2 "
      "numtxqueues 2");
  run("ip link set relay up; ip link set peer up");
}

TEST_CASE("queues share one program, each receives by its own") {
  with_cable([] {
    lay_two_queues();
    XdpRequest one = request();
    one.part.stations = {XdpStation(mac(kRelay), {})};
    one.only_if_better = true;
    OpenError error;
    CHECK(!AfXdp::open(one, &error));
    CHECK(error.message.find("2 hardware queues") != std::string::npos);
    one.only_if_better = false;
    auto first = open_relay(one);
    if (!first) return;
    CHECK(first->description() ==
          "AF_XDP, native mode, copying, and by AF_PACKET what comes by other hardware queues than 1 of 2");
    one.part.hardware_queues = {0, 1};
    one.part.hardware_queue = 1;
    auto second = open_relay(one);
    CHECK(second->description() == "AF_XDP, native mode, copying");
    one.part.hardware_queues = {0, 1, 2};
    one.part.hardware_queue = 2;
    error = {};
    CHECK(!AfXdp::open(one, &error));
    CHECK(error.message.find("queue 2 is not one of its 2") != std::string::npos);
  });
}

TEST_CASE("what a queue takes changes in place, and is no other's") {
  with_cable([] {
    lay_two_queues();
    const MacAddress relay = mac(kRelay), moved = mac(kTagged);
    LinkPart common;
    common.hardware_queues = {0, 1};
    common.stations = {XdpStation(relay, {})};
    std::unique_ptr<AfXdp> queues[2];
    PacketPool pool(16384, 512);
    OpenError error;
    for (uint32_t i : {0u, 1u}) {
      XdpRequest what{"relay", common, false};
      what.part.hardware_queue = i;
      queues[i] = open_relay(what);
      if (!queues[i]) return;
      queues[i]->start(&error);
    }
    auto peer = AfPacket::open("peer", kRing, &error);
    auto kernel = AfPacket::open("relay", kRing, &error);
    REQUIRE_MESSAGE(error.number == 0, error.message);
    kernel->start(&error);
    const auto count = [&pool](Device& device) {
      size_t sum = 0;
      for (pollfd wait{device.wait_fd(), POLLIN, 0}; poll(&wait, 1, 30) > 0;) {
        Packet* packets[64];
        const size_t got = device.receive(pool, packets, 64);
        for (size_t i = 0; i < got; i++) pool.free(packets[i]);
        sum += got;
      }
      return sum;
    };
    constexpr size_t kFlows = 200;
    const auto send = [&](const char* address) {
      PacketList packets;
      for (size_t i = 0; i < kFlows; i++) {
        // Different flows, which the peer spreads over its transmit queues.
        const Bytes frame =
            to_relay(address).ipv4("192.0.2.1", "198.51.100.7").udp(static_cast<uint16_t>(i), 2).payload(30).bytes();
        packets.push_back(pool.allocate(frame.size()));
        std::copy(frame.begin(), frame.end(), packets.back()->data);
        packets.back()->length = static_cast<uint32_t>(frame.size());
      }
      peer->transmit(packets.data(), packets.size());
      for (Packet* packet : packets) pool.free(packet);
    };
    struct Counts {
      size_t first, second, kernel;
    };
    const auto counts = [&] { return Counts{count(*queues[0]), count(*queues[1]), count(*kernel)}; };

    send(kRelay);
    const Counts before = counts();
    CHECK(before.first > kFlows / 4);
    CHECK(before.second == kFlows - before.first);
    CHECK(before.kernel == 0);

    LinkPart next = common;  // of the second one: another MAC
    next.hardware_queue = 1;
    next.stations = {XdpStation(moved, {})};
    CHECK(queues[1]->widen(next) == 0);
    send(kRelay);
    const Counts between = counts();
    CHECK(between.first == before.first);
    CHECK(between.second == 0);
    CHECK(between.kernel == before.second);

    CHECK(queues[1]->narrow(next) == 0);
    send(kRelay);
    send(kTagged);
    const Counts after = counts();
    CHECK(after.first == before.first);
    CHECK(after.second == before.second);
    CHECK(after.kernel == kFlows);

    // On a veth an untagged frame of a MAC with a VLAN may have lost its tag on the way: the kernel knows.
    next.stations = {XdpStation(relay, 7)};
    CHECK(queues[1]->narrow(next) == 0);
    send(kRelay);
    CHECK(counts().kernel == kFlows);

    queues[1].reset();
    send(kRelay);
    CHECK(count(*queues[0]) == before.first);
    CHECK(count(*kernel) == before.second);
  });
}

}  // namespace
}  // namespace lwaftr::test
