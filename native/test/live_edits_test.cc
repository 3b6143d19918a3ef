// The benchmark's oracle is believed only because it also finds what is wrong.
#include <doctest/doctest.h>

#include <unistd.h>

#include <string>
#include <vector>

#include "bench/live_edits.h"
#include "bench/live_oracle.h"
#include "core/binding_table_writer.h"
#include "core/wire.h"
#include "io/pcap.h"

using namespace lwaftr;

namespace {

constexpr uint32_t kFirst = 0xc6330000;
constexpr uint16_t kSoftwires = 64;

std::vector<SoftwireRecord> softwires() {
  std::vector<SoftwireRecord> records(kSoftwires);
  for (uint16_t i = 0; i < kSoftwires; i++) {
    SoftwireRecord& r = records[i];
    store32(r.ipv4.data(), kFirst + i / 16);
    r.psid = i % 16;
    r.psid_length = 4;
    r.b4_ipv6 = {0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, static_cast<uint8_t>(i + 1)};
    r.br_address = {0x20, 1, 0xd, 0xb8, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  }
  return records;
}

// UDP between 192.0.2.1 and a softwire: from the internet, or from its B4 in its tunnel.
std::vector<uint8_t> frame_of(const SoftwireRecord& softwire, bool tunnelled) {
  const size_t ip = ethernet::kHeader + (tunnelled ? ipv6::kHeader : 0);
  std::vector<uint8_t> frame(ip + ipv4::kHeader + 8);
  store16(&frame[ethernet::kType], tunnelled ? ethernet::kIpv6 : ethernet::kIpv4);
  uint8_t* outer = &frame[ethernet::kHeader];
  if (tunnelled) {
    outer[0] = 0x60;
    store16(outer + ipv6::kPayloadLength, ipv4::kHeader + 8);
    outer[ipv6::kNextHeader] = ip_protocol::kIpv4;
    outer[ipv6::kHopLimit] = 64;
    std::memcpy(outer + ipv6::kSource, softwire.b4_ipv6.data(), 16);
    std::memcpy(outer + ipv6::kDestination, softwire.br_address.data(), 16);
  }
  uint8_t* header = &frame[ip];
  header[0] = 0x45;
  store16(header + ipv4::kTotalLength, ipv4::kHeader + 8);
  header[ipv4::kTtl] = 64;
  header[ipv4::kProtocol] = 17;
  store32(header + (tunnelled ? ipv4::kSource : ipv4::kDestination), softwire.address());
  store32(header + (tunnelled ? ipv4::kDestination : ipv4::kSource), 0xc0000201);
  uint32_t sum = 0;
  for (size_t i = 0; i < ipv4::kHeader; i += 2) sum += load16(header + i);
  sum = (sum & 0xffff) + (sum >> 16);
  store16(header + ipv4::kChecksum, ~((sum & 0xffff) + (sum >> 16)));
  store16(header + ipv4::kHeader + (tunnelled ? 0 : 2), softwire.psid << 12 | 5);
  store16(header + ipv4::kHeader + 4, 8);
  return frame;
}

// A capture with a frame for each softwire.
void load(FrameLoop& loop, const std::vector<SoftwireRecord>& records, bool tunnelled) {
  const std::string path = "/tmp/live-edits-test-" + std::to_string(getpid()) + ".pcap";
  PcapWriter writer;
  REQUIRE(writer.open(path));
  for (const SoftwireRecord& record : records) {
    const auto frame = frame_of(record, tunnelled);
    REQUIRE(writer.write(frame.data(), frame.size()));
  }
  REQUIRE(writer.close());
  CHECK(loop.load(path) == "");
  unlink(path.c_str());
}

Settings settings() {
  Settings s;
  s.external.mtu = 1460;
  s.internal.mtu = 1500;
  s.on_a_stick = false;
  s.internal.generate_icmp_errors = s.external.generate_icmp_errors = false;
  s.filter_destination_mac = false;
  s.external_interface.next_hop_mac = MacAddress{2, 0, 0, 0, 0, 1};
  s.internal_interface.next_hop_mac = MacAddress{2, 0, 0, 0, 0, 2};
  return s;
}

}  // namespace

TEST_CASE("no packet takes a wrong tunnel while softwires are edited and replaced under load") {
  const auto records = softwires();
  FrameLoop ipv4, ipv6;
  load(ipv4, records, false);
  load(ipv6, records, true);
  LiveResult result;
  LiveOptions options;
  options.edits = 501;
  options.reloads = 3;
  options.seconds = 0.1;
  options.check = true;
  CHECK(run_live(settings(), records.data(), records.size(), ipv4, ipv6, options, result) == "");
  CHECK(result.edits == 501);
  CHECK(result.reloads == 3);
  CHECK(result.received > 0);
  CHECK(result.marked > 0);
  CHECK(result.wrong == 0);
}

TEST_CASE("a run with few edits, an odd number, ends") {
  const auto records = softwires();
  FrameLoop ipv4, ipv6;
  load(ipv4, records, false);
  load(ipv6, records, true);
  LiveResult result;
  LiveOptions options;
  options.edits = 1;
  options.reloads = 3;
  options.seconds = 0.01;
  CHECK(run_live(settings(), records.data(), records.size(), ipv4, ipv6, options, result) == "");
  CHECK(result.edits == 1);
  CHECK(result.reloads == 3);
}

TEST_CASE("the oracle finds packets that take a tunnel too late, too early, or not at all") {
  const auto records = softwires();
  FrameLoop ipv4, ipv6;
  load(ipv4, records, false);
  load(ipv6, records, true);
  BindingTableWriter writer;
  REQUIRE(writer.create("") == 0);
  RuleBreach breach;
  REQUIRE(writer.build(records.data(), records.size(), breach) == 0);
  LiveOracle oracle(records.data(), records.size(), ipv4, ipv6);
  REQUIRE(oracle.prepare() == "");
  Forwarder forwarder(settings(), writer.table(), ipv4, ipv6);
  const auto wrong_in_a_batch = [&](uint64_t generation, size_t hidden) {
    const uint64_t before = oracle.wrong;
    oracle.batch_begins(generation, ipv4.next(), ipv6.next());
    forwarder.pass([&](PacketSpan encapsulated, PacketSpan decapsulated) {
      oracle.batch_ends({encapsulated.packets + hidden, encapsulated.count - hidden}, decapsulated);
    });
    return oracle.wrong - before;
  };
  CHECK(wrong_in_a_batch(0, 0) == 0);
  CHECK(wrong_in_a_batch(0, 1) > 0);  // one is missing
  CHECK(wrong_in_a_batch(1, 0) > 0);  // generation 1 has marked softwires, this table has none
  oracle.begun = oracle.done = 1;
  CHECK(wrong_in_a_batch(0, 0) > 0);  // the edit is said to be done
  oracle.done = 0;
  CHECK(wrong_in_a_batch(0, 0) == 0);  // it may be under way
  const SoftwireRecord edit = oracle.edit(0, 0);
  REQUIRE(writer.prepare(&edit, 1) == 0);
  writer.apply(&edit, 1);
  oracle.done = 1;
  CHECK(wrong_in_a_batch(0, 0) == 0);
  oracle.begun = oracle.done = 2;
  CHECK(wrong_in_a_batch(0, 0) > 0);  // it is said to be taken back
}
