// AF_PACKET on a veth pair: what the kernel tells of a frame beside its bytes, its VLAN, decides whose it is.
#include "io/af_packet.h"

#include <doctest/doctest.h>
#include <linux/if_ether.h>
#include <poll.h>

#include <algorithm>
#include <map>
#include <string>

#include "cable.h"
#include "io/link_part.h"
#include "packets.h"

namespace lwaftr::test {
namespace {

constexpr const char* kRelay = "02:22:22:22:22:00";
constexpr size_t kRing = 1 << 20;
constexpr size_t kFlows = 60;

using Share = FrameShare;

class Relay {
 public:
  explicit Relay(const std::vector<Share>& shares) {
    OpenError error;
    peer_ = AfPacket::open("peer", kRing, &error);
    REQUIRE_MESSAGE(peer_, error.message);
    for (const Share& share : shares) {
      queues_.push_back(AfPacket::open("relay", share, FrameClass::bulk, kRing, &error));
      REQUIRE_MESSAGE(queues_.back(), error.message);
      queues_.back()->start(&error);
    }
  }
  AfPacket& queue(size_t i) { return *queues_[i]; }
  // Frames of as many flows, and how many of them each queue received.
  std::vector<size_t> send(VlanTag vlan) {
    PacketList packets;
    for (size_t i = 0; i < kFlows; i++) {
      Frame frame(kRelay, "02:00:00:00:00:11");
      if (vlan) frame.vlan(*vlan);
      const std::string subscriber = "198.51.100." + std::to_string(i);
      const Bytes bytes = frame.ipv4("192.0.2.1", subscriber.c_str()).udp(1, 2).payload(30).bytes();
      packets.push_back(pool_.allocate(bytes.size()));
      std::copy(bytes.begin(), bytes.end(), packets.back()->data);
      packets.back()->length = static_cast<uint32_t>(bytes.size());
    }
    peer_->transmit(packets.data(), packets.size());
    for (Packet* packet : packets) pool_.free(packet);
    std::vector<size_t> counts;
    for (auto& queue : queues_) counts.push_back(received(*queue));
    return counts;
  }

 private:
  size_t received(Device& device) {
    size_t sum = 0;
    for (pollfd wait{device.wait_fd(), POLLIN, 0}; poll(&wait, 1, 30) > 0;) {
      Packet* packets[64];
      const size_t count = device.receive(pool_, packets, 64);
      for (size_t i = 0; i < count; i++) pool_.free(packets[i]);
      sum += count;
    }
    return sum;
  }

  PacketPool pool_{4096, 64};
  std::unique_ptr<AfPacket> peer_;
  std::vector<std::unique_ptr<AfPacket>> queues_;
};

Share::Station station(uint32_t position, uint32_t of, Share::Vlan vlan = {}) {
  return {mac(kRelay), position, of, false, vlan};
}

using Counts = std::vector<size_t>;
size_t sum(const Counts& counts) { return counts[0] + counts[1] + counts[2]; }

TEST_CASE(
    "queues with one MAC on several VLANs have each their VLAN's frames, and what is on no VLAN of theirs is shared") {
  with_cable([] {
    const Share::Vlan untagged = VlanTag(), tagged = VlanTag(64);
    const Share::Other others_untagged{mac(kRelay), untagged}, others_tagged{mac(kRelay), tagged};
    Relay relay({{{station(0, 2, untagged), station(0, 3)}, false, {others_tagged}},
                 {{station(1, 2, untagged), station(1, 3)}, false, {others_tagged}},
                 {{station(0, 1, tagged), station(2, 3)}, false, {others_untagged}}});
    const Counts plain = relay.send({});
    CHECK(sum(plain) == kFlows);
    CHECK(plain[0] > 0);
    CHECK(plain[1] > 0);
    CHECK(plain[2] == 0);
    CHECK(relay.send(64) == Counts{0, 0, kFlows});
    CHECK(relay.send(0xe040) == Counts{0, 0, kFlows});  // with a priority
    for (const uint16_t vlan : {uint16_t{65}, uint16_t{0}}) {
      const Counts nobodys = relay.send(vlan);
      CHECK(sum(nobodys) == kFlows);
      for (const size_t count : nobodys) CHECK(count > 0);
    }
  });
}

TEST_CASE("a part that changes is both parts in between") {
  with_cable([] {
    LinkPart first, second;
    first.share.stations = {station(0, 2)};
    second.share.stations = {station(1, 2)};
    Relay relay({first.share, second.share, {}});
    const Counts before = relay.send({});
    CHECK(before[0] + before[1] == kFlows);
    CHECK(before[2] == 0);
    CHECK(relay.queue(0).widen(second) == 0);
    CHECK(relay.queue(2).widen(first) == 0);
    CHECK(relay.send({}) == Counts{kFlows, before[1], before[0]});
    CHECK(relay.queue(0).narrow(second) == 0);
    CHECK(relay.queue(1).narrow({}) == 0);
    CHECK(relay.queue(2).narrow(first) == 0);
    CHECK(relay.send({}) == Counts{before[1], 0, before[0]});
  });
}

}  // namespace
}  // namespace lwaftr::test
