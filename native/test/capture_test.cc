#include <doctest/doctest.h>

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "capture.h"
#include "relay.h"

namespace lwaftr::test {
namespace {

constexpr uint8_t kIn = CaptureOptions::kIn, kOut = CaptureOptions::kOut, kDrop = CaptureOptions::kDrop,
                  kPassthru = CaptureOptions::kPassthru;
constexpr size_t kRing = 1 << 20;

struct Seen {
  CaptureRecord record;
  Bytes frame;
};

// A relay with a capture, and the reader's end of its ring.
class Watched {
 public:
  explicit Watched(uint8_t where = kIn | kOut | kDrop | kPassthru, const char* filter = "",
                   const Settings& settings = plain_settings(), size_t ring = kRing)
      : relay(settings) {
    REQUIRE_EQ(reader_.create(path_, ring), 0);
    options.where = where;
    REQUIRE_EQ(options.filter.compile(filter), "");
  }
  ~Watched() {
    relay.capture(nullptr);
    std::remove(path_.c_str());
  }
  void begin() {
    auto writer = std::make_unique<CaptureRing>();
    REQUIRE_EQ(writer->open(path_), 0);
    capture_ = std::make_unique<Capture>(std::move(options), std::move(writer), 3 * Pipeline::kBatch);
    relay.capture(capture_.get());
  }
  std::vector<Seen> read() {
    std::vector<Seen> seen;
    const std::vector<uint8_t> bytes = reader_.read(SIZE_MAX);
    for (size_t at = 0; at < bytes.size();) {
      Seen one;
      std::memcpy(&one.record, bytes.data() + at, sizeof one.record);
      const uint8_t* frame = bytes.data() + at + sizeof one.record;
      one.frame.assign(frame, frame + one.record.captured);
      at += one.record.size;
      seen.push_back(std::move(one));
    }
    return seen;
  }
  uint64_t lost() const { return reader_.lost(); }

  Relay relay;
  CaptureOptions options;

 private:
  const std::string path_ = "/dev/shm/lwaftr-capture-test-" + std::to_string(getpid());
  CaptureRing reader_;
  std::unique_ptr<Capture> capture_;
};

Frame stranger() { return eth(kExternalMac).ipv4(kHost, kShared).udp(53, kPortNone).payload(12); }

}  // namespace

TEST_CASE("A packet for a softwire is captured as it came in and as it left, both with their softwire") {
  Watched watched;
  watched.begin();
  watched.relay.now = 7 * kSecond;
  const Output output = watched.relay.external(to_a());
  const std::vector<Seen> seen = watched.read();
  REQUIRE_EQ(seen.size(), 2);
  const auto& [received, in_frame] = seen[0];
  CHECK_FRAME(in_frame, to_a());
  CHECK_EQ(received.direction, Direction::received);
  CHECK_EQ(received.port, static_cast<uint8_t>(Port::external));
  CHECK_EQ(received.fate, Fate::sent);
  CHECK_EQ(received.out_port, static_cast<uint8_t>(Port::internal));
  CHECK_EQ(received.time, 7 * kSecond);
  const auto& [sent, out_frame] = seen[1];
  REQUIRE_EQ(output.internal.size(), 1);
  CHECK_EQ(hex(out_frame), hex(output.internal[0]));
  CHECK_EQ(sent.direction, Direction::sent);
  CHECK_EQ(sent.port, static_cast<uint8_t>(Port::internal));
  for (const Seen& one : seen) {
    CHECK_EQ(one.record.ipv4, ip4(kShared));
    CHECK_EQ(one.record.psid, 4);
    CHECK_EQ(one.record.length, one.frame.size());
  }
}

TEST_CASE("From the B4 the inner source names the softwire") {
  Watched watched(kIn | kOut);
  watched.begin();
  watched.relay.internal(from_a());
  const std::vector<Seen> seen = watched.read();
  REQUIRE_EQ(seen.size(), 2);
  for (const Seen& one : seen) {
    CHECK_EQ(one.record.ipv4, ip4(kShared));
    CHECK_EQ(one.record.psid, 4);
  }
  CHECK_EQ(seen[0].record.fate, Fate::sent);
}

TEST_CASE("What is dropped is captured as it was received, with the counter that says why") {
  struct Case {
    const char* sentence;
    Port port;
    Frame frame;
    Counter reason;
  };
  Frame bad_ttl = eth(kExternalMac).ipv4(kHost, kShared, {1}).udp(53, kPortA).payload(12);
  Frame wrong_b4 = tunnel(kB4b).ipv4(kShared, kHost).udp(kPortA, 53).payload(12);
  const Case cases[] = {
      {"no softwire", Port::external, stranger(), Counter::drop_no_dest_softwire_ipv4_packets},
      {"TTL", Port::external, bad_ttl, Counter::drop_ttl_zero_ipv4_packets},
      {"another's B4", Port::internal, wrong_b4, Counter::drop_no_source_softwire_ipv6_packets},
      {"misplaced", Port::external, eth(kExternalMac).ipv6(kB4a, kBr).udp(1, 2),
       Counter::drop_misplaced_not_ipv4_packets},
  };
  for (const auto& [sentence, port, frame, reason] : cases) {
    CAPTURE(sentence);
    Watched watched(kDrop);
    watched.begin();
    watched.relay.run(port, {to_a().bytes(), frame.bytes()});
    std::vector<Seen> seen = watched.read();
    REQUIRE_FALSE(seen.empty());
    const auto& [record, bytes] = seen.back();
    CHECK_FRAME(bytes, frame);
    CHECK_EQ(record.fate, Fate::dropped);
    CHECK_EQ(record.reason, static_cast<uint16_t>(reason));
    CHECK_EQ(watched.relay.count(reason), 1);
    CHECK_EQ(seen.size(), port == Port::internal ? 2 : 1);  // to_a() is no tunnel
  }
}

TEST_CASE("A reason narrows a capture to the packets dropped for it") {
  Watched watched;
  watched.options.reason = Counter::drop_ttl_zero_ipv4_packets;
  watched.begin();
  const Frame old = eth(kExternalMac).ipv4(kHost, kShared, {1}).udp(53, kPortA).payload(12);
  watched.relay.run(Port::external, {to_a().bytes(), stranger().bytes(), old.bytes()});
  const std::vector<Seen> seen = watched.read();
  REQUIRE_EQ(seen.size(), 1);
  CHECK_FRAME(seen[0].frame, old);
}

TEST_CASE("The buffer of a dropped packet may be the answer's: their records stay apart") {
  Watched watched(kIn | kOut | kDrop);
  watched.begin();
  watched.relay.external(stranger());  // answered through the tunnel of its sender, or by ICMP to the host
  const std::vector<Seen> seen = watched.read();
  REQUIRE_EQ(seen.size(), 2);
  CHECK_EQ(seen[0].record.fate, Fate::dropped);
  CHECK_EQ(seen[1].record.direction, Direction::sent);
  CHECK_EQ(watched.relay.count(Counter::out_icmpv4_error_packets), 1);
}

TEST_CASE("What waits for its next hop is held, and dropped where too much waits") {
  Settings settings = plain_settings();
  settings.internal_interface.next_hop_mac.reset();
  settings.internal_interface.next_hop_ip = ip6("2001:db8::ffff");
  Watched watched(kIn | kDrop, "ip or ip6 proto 4", settings);
  watched.begin();
  watched.relay.external(to_a());
  std::vector<Seen> seen = watched.read();
  REQUIRE_EQ(seen.size(), 1);
  CHECK_EQ(seen[0].record.fate, Fate::held);
  const std::vector<Bytes> many(Pipeline::kBatch, to_a().bytes());
  for (int i = 0; i < 11; i++) {
    watched.read();
    watched.relay.run(Port::external, many);
  }
  seen = watched.read();
  REQUIRE_EQ(watched.relay.count(Counter::drop_next_hop_queue_ipv6_packets), 11 * Pipeline::kBatch + 1 - 1023);
  const Seen& last = seen.back();
  CHECK_EQ(last.record.fate, Fate::dropped);
  CHECK_EQ(last.record.reason, static_cast<uint16_t>(Counter::drop_next_hop_queue_ipv6_packets));
}

TEST_CASE("Fragments are told from the packets that they become") {
  Watched watched(kIn | kOut);
  watched.begin();
  const Frame whole = eth(kExternalMac).ipv4(kHost, kShared).udp(53, kPortA).payload(1200);
  const auto piece = [&](uint16_t offset, bool more) {
    return eth(kExternalMac)
        .ipv4(kHost, kShared, {.id = 9, .more_fragments = more, .offset = offset})
        .protocol(17)
        .packet_of(whole, 20u + offset, more ? 800 : SIZE_MAX);
  };
  watched.relay.run(Port::external, {piece(0, true).bytes(), piece(800, false).bytes()});
  const std::vector<Seen> seen = watched.read();
  REQUIRE_EQ(seen.size(), 3);
  CHECK_EQ(seen[0].record.fate, Fate::merged);
  CHECK_EQ(seen[1].record.fate, Fate::merged);
  CHECK_EQ(seen[2].record.direction, Direction::sent);
}

TEST_CASE("A filter looks behind the tag of a frame and leaves the frame as it was") {
  Settings settings = plain_settings();
  settings.external_interface.vlan_tag = 20;
  Frame tagged = eth(kExternalMac).vlan(20).ipv4(kHost, kShared).udp(53, kPortA).payload(12);
  Frame other = eth(kExternalMac).vlan(20).ipv4(kHost, kShared).udp(54, kPortA).payload(12);
  Watched watched(kIn, "udp src port 53", settings);
  watched.begin();
  CHECK_EQ(watched.relay.run(Port::external, {tagged.bytes(), other.bytes()}).internal.size(), 2);
  const std::vector<Seen> seen = watched.read();
  REQUIRE_EQ(seen.size(), 1);
  CHECK_FRAME(seen[0].frame, tagged);
  CHECK_EQ(seen[0].record.psid, 4);
}

TEST_CASE("No more of a frame is kept than was asked for, and its length is told all the same") {
  Watched watched(kIn);
  watched.options.snap_length = 60;
  watched.begin();
  const Frame large = eth(kExternalMac).ipv4(kHost, kShared).udp(53, kPortA).payload(1000);
  watched.relay.external(large);
  const std::vector<Seen> seen = watched.read();
  REQUIRE_EQ(seen.size(), 1);
  CHECK_EQ(seen[0].frame.size(), 60);
  CHECK_EQ(seen[0].record.length, large.bytes().size());
}

TEST_CASE("A capture that nobody reads loses packets and says how many; the relay forwards on") {
  Watched watched(kIn, "", plain_settings(), 4096);
  watched.begin();
  size_t read = 0;
  for (int round = 0; round < 5; round++) {
    for (int i = 0; i < 100; i++) CHECK_EQ(watched.relay.external(to_a()).internal.size(), 1);
    const std::vector<Seen> seen = watched.read();
    for (const Seen& one : seen) CHECK_FRAME(one.frame, to_a());
    CHECK_GT(seen.size(), 30);
    read += seen.size();
  }
  CHECK_EQ(read + watched.lost(), 500);
}

TEST_CASE("What a reader finds in the ring is checked: a damaged one is empty") {
  Watched watched(kIn);
  watched.begin();
  watched.relay.external(to_a());
  const std::string path = "/dev/shm/lwaftr-capture-test-" + std::to_string(getpid());
  SharedMemory memory;
  REQUIRE_EQ(memory.open(path, kRing, true), 0);
  const size_t first = memory.size() - kRing;
  for (const uint32_t size : {0u, 3u, 16u, 1u << 30, UINT32_MAX}) {
    std::memcpy(memory.data() + first, &size, sizeof size);
    CHECK(watched.read().empty());
  }
}

TEST_CASE("A writer that says it has written without end keeps the reader no longer than the ring is") {
  Watched watched(kIn);
  watched.begin();
  const std::string path = "/dev/shm/lwaftr-capture-test-" + std::to_string(getpid());
  SharedMemory memory;
  REQUIRE_EQ(memory.open(path, kRing, true), 0);
  // CaptureRing::Header: the head begins its second cache line.
  for (const uint64_t head : {uint64_t{1} << 62, UINT64_MAX - 7, uint64_t{kRing} + 8}) {
    std::memcpy(memory.data() + 64, &head, sizeof head);
    CHECK(watched.read().empty());
  }
}

TEST_CASE("A ring for which the machine has no memory leaves no file behind") {
  constexpr size_t kTooMuch = size_t{1} << 42;
  const std::string path = "/dev/shm/lwaftr-capture-test-" + std::to_string(getpid());
  CaptureRing ring;
  CHECK_EQ(ring.create(path, kTooMuch), ENOSPC);
  CHECK_NE(access(path.c_str(), F_OK), 0);
}

TEST_CASE("Without a capture again nothing is written") {
  Watched watched;
  watched.begin();
  watched.relay.capture(nullptr);
  watched.relay.external(to_a());
  CHECK(watched.read().empty());
}

}  // namespace lwaftr::test
