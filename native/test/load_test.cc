#include <doctest/doctest.h>

#include "load/load_frames.h"
#include "load/load_meter.h"
#include "relay.h"

namespace lwaftr::test {
namespace {

// The other end of plain_settings(): its next hops are us.
Settings tester() {
  Settings settings = plain_settings();
  std::swap(settings.external_interface.mac, *settings.external_interface.next_hop_mac);
  std::swap(settings.internal_interface.mac, *settings.internal_interface.next_hop_mac);
  return settings;
}

SoftwireRecord softwire(const char* ipv4, uint16_t psid, PortSet set, const char* b4, const char* br) {
  SoftwireRecord record{};
  record.ipv4 = ip4(ipv4);
  record.psid = psid;
  record.psid_length = set.psid_length;
  record.reserved_ports_bit_count = set.reserved_ports_bit_count;
  record.b4_ipv6 = ip6(b4);
  record.br_address = ip6(br);
  return record;
}

const std::vector<SoftwireRecord> kSoftwires = {softwire(kShared, 4, {6, 6}, kB4a, kBr),
                                                softwire(kWhole, 0, {0, 0}, kB4c, kBrC)};

// A frame as a packet, for as long as this lives.
struct Held {
  explicit Held(const Bytes& bytes) : packet(pool.allocate(bytes.size())) {
    packet->length = static_cast<uint32_t>(bytes.size());
    std::copy(bytes.begin(), bytes.end(), packet->data);
  }
  PacketPool pool{1, 0};
  Packet* packet;
};

Bytes frame(const LoadFrames& frames, Side side, LoadStamp stamp) {
  Held held(Bytes(frames.length(side, stamp.sequence)));
  frames.write(side, stamp, *held.packet);
  return Bytes(held.packet->data, held.packet->data + held.packet->length);
}

bool read_ipv4(const LoadFrames& frames, const Bytes& bytes, LoadStamp& stamp) {
  Held held(bytes);
  Ipv4Packet packet;
  return parse_ipv4(held.packet, packet) == Parse::ok && frames.read(packet, stamp);
}

bool read_tunnel(const LoadFrames& frames, const Bytes& bytes, LoadStamp& stamp) {
  Held held(bytes);
  Ipv6Packet outer;
  TunnelPacket packet;
  return parse_ipv6(held.packet, outer) == Parse::ok && parse_tunnel(outer, packet) == Parse::ok &&
         frames.read(packet, stamp);
}

}  // namespace

TEST_CASE("What the tester sends crosses the relay, port after port, and is known again with its number and time") {
  Relay relay;
  const LoadFrames frames(tester(), ip4(kHost), kSoftwires, {60, 590, 1474}, 0x1234);
  for (uint64_t n = 0; n < 200; n++) {
    CAPTURE(n);
    const uint64_t sequence = 0x123456789a00 + n, sent = 0x0102030405060708 + n;
    const uint32_t size = frames.length(Side::external, sequence);
    LoadStamp stamp;
    const Output encap = relay.run(Port::external, {frame(frames, Side::external, {sequence, sent})});
    REQUIRE_EQ(encap.internal.size(), 1);
    CHECK_EQ(encap.internal[0].size(), size + LoadFrames::kTunnel);
    CHECK(read_tunnel(frames, encap.internal[0], stamp));
    CHECK_EQ(stamp.sequence, sequence);
    CHECK_EQ(stamp.sent, sent);
    const Output decap = relay.run(Port::internal, {frame(frames, Side::internal, {sequence, sent})});
    REQUIRE_EQ(decap.external.size(), 1);
    CHECK_EQ(decap.external[0].size(), size);
    CHECK(read_ipv4(frames, decap.external[0], stamp));
    CHECK_EQ(stamp.sequence, sequence);
  }
  CHECK_EQ(relay.count(Counter::drop_all_ipv4_iface_packets), 0);
}

TEST_CASE("Packets of another test, another direction, or cut short are not ours") {
  const LoadFrames ours(tester(), ip4(kHost), kSoftwires, {60}, 2), others(tester(), ip4(kHost), kSoftwires, {60}, 4);
  LoadStamp stamp;
  CHECK(read_tunnel(ours, frame(ours, Side::internal, {1, 2}), stamp) == false);
  CHECK(read_ipv4(ours, frame(ours, Side::external, {1, 2}), stamp) == false);
  Relay relay;
  const Bytes whole = relay.run(Port::internal, {frame(ours, Side::internal, {1, 2})}).external.at(0);
  CHECK(read_ipv4(ours, whole, stamp));
  CHECK_FALSE(read_ipv4(others, whole, stamp));
  CHECK_FALSE(read_ipv4(ours, eth().ipv4(kHost, kShared).udp(1, 2).payload(17).bytes(), stamp));
  CHECK_FALSE(read_ipv4(ours, eth().ipv4(kHost, kShared).icmp(8, 0).payload(60).bytes(), stamp));
}

TEST_CASE("Loss is what never came: not what came late, twice, or was never sent") {
  LoadMeter meter;
  meter.sent(10, 1);
  for (const uint64_t sequence : {0, 1, 3, 2, 3, 5, 12}) meter.received(sequence, 100, 1000);
  const LoadMeter::Totals totals = meter.totals();
  CHECK_EQ(totals.sent, 10);
  CHECK_EQ(totals.unsent, 1);
  CHECK_EQ(totals.received, 5);
  CHECK_EQ(totals.bytes, 500);
  CHECK_EQ(totals.duplicates, 1);
  CHECK_EQ(totals.reordered, 1);
  CHECK_EQ(totals.expected, 6);
}

TEST_CASE("The window moves on: what was seen a window ago says nothing about numbers now") {
  LoadMeter meter;
  const uint64_t window = LoadMeter::kWindow;
  meter.sent(5 * window, 0);
  for (const uint64_t sequence : {uint64_t{7}, window + 9, window + 7, 3 * window + 7, window + 8}) {
    meter.received(sequence, 1, 1);
  }
  CHECK_EQ(meter.totals().received, 4);  // the last is older than the window
  CHECK_EQ(meter.totals().duplicates, 0);
  CHECK_EQ(meter.totals().reordered, 1);
}

TEST_CASE("Every time falls in a bucket whose bound is at least it, and at most a thirty-second more") {
  const auto bucket_of = [](Time time) {
    LatencyHistogram histogram;
    histogram.add(time);
    size_t bucket = 0;
    while (histogram.count(bucket) == 0) bucket++;
    return bucket;
  };
  for (Time time = 1; time < Time{1} << 39; time += 1 + time / 7) {
    CAPTURE(time);
    const size_t bucket = bucket_of(time);
    CHECK(LatencyHistogram::bound(bucket) >= time);
    CHECK(LatencyHistogram::bound(bucket) - time <= time / 32);
    CHECK(LatencyHistogram::bound(bucket - 1) < time);
  }
  CHECK_EQ(bucket_of(~Time{0}), LatencyHistogram::kBuckets - 1);
}

}  // namespace lwaftr::test
