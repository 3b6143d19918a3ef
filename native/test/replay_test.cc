#include "replay.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <iterator>

#include "io/pcap.h"
#include "relay.h"

namespace lwaftr::test {
namespace {

// A directory of its own, gone afterwards.
class Files {
 public:
  Files() {
    char name[] = "/tmp/lwaftr-replay-XXXXXX";
    REQUIRE(mkdtemp(name));
    directory_ = name;
  }
  ~Files() {
    for (const char* name : {"4in", "6in", "4out", "6out", "other"}) std::remove(path(name).c_str());
    rmdir(directory_.c_str());
  }
  std::string path(const std::string& name) const { return directory_ + "/" + name; }
  ReplayFiles all() const { return {path("4in"), path("6in"), path("4out"), path("6out")}; }
  void write(const std::string& name, const Bytes& bytes) const {
    std::ofstream(path(name), std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), static_cast<long>(bytes.size()));
  }
  Bytes read(const std::string& name) const {
    std::ifstream file(path(name), std::ios::binary);
    return Bytes(std::istreambuf_iterator<char>(file), {});
  }

 private:
  std::string directory_;
};

struct Record {
  double time;  // seconds
  Bytes frame;
};

// A capture in any of the four forms.
Bytes capture(const std::vector<Record>& records, bool big_endian = false, bool nanoseconds = false,
              uint32_t link_type = 1) {
  Bytes file;
  const auto put = [&](uint32_t value, int size) {
    for (int i = 0; i < size; i++) file.push_back(static_cast<uint8_t>(value >> 8 * (big_endian ? size - 1 - i : i)));
  };
  put(nanoseconds ? 0xa1b23c4d : 0xa1b2c3d4, 4);
  put(2, 2);
  put(4, 2);
  put(0, 4);
  put(0, 4);
  put(65535, 4);
  put(link_type, 4);
  for (const Record& record : records) {
    const uint32_t seconds = static_cast<uint32_t>(record.time);
    put(seconds, 4);
    put(static_cast<uint32_t>((record.time - seconds) * (nanoseconds ? 1e9 : 1e6)), 4);
    put(static_cast<uint32_t>(record.frame.size()), 4);
    put(static_cast<uint32_t>(record.frame.size()), 4);
    file.insert(file.end(), record.frame.begin(), record.frame.end());
  }
  return file;
}

// Replays two captures over the softwires of relay.h.
struct Replayed {
  Replayed(const Settings& settings, const std::vector<Record>& ipv4, const std::vector<Record>& ipv6,
           bool on_a_stick = false) {
    files.write("4in", capture(ipv4));
    files.write("6in", capture(ipv6));
    error = replay(settings, relay.table(), on_a_stick, files.all(), counters);
  }
  std::vector<Bytes> out(const std::string& name) const {
    std::vector<Bytes> frames;
    PcapReader reader;
    REQUIRE(reader.open(files.path(name)));
    for (PcapReader::Record record; reader.next(record);) frames.emplace_back(record.data, record.data + record.length);
    return frames;
  }
  Relay relay;
  Files files;
  Counters counters{};
  std::string error;
};

}  // namespace

TEST_CASE("Captures are read in every byte order and precision") {
  for (const bool big_endian : {false, true}) {
    for (const bool nanoseconds : {false, true}) {
      Files files;
      files.write("4in", capture({{1.5, to_a().bytes()}, {2.25, from_a().bytes()}}, big_endian, nanoseconds));
      PcapReader reader;
      REQUIRE(reader.open(files.path("4in")));
      PcapReader::Record record;
      REQUIRE(reader.next(record));
      CHECK_EQ(record.time, 1500000000);
      CHECK_EQ(Bytes(record.data, record.data + record.length), to_a().bytes());
      REQUIRE(reader.next(record));
      CHECK_EQ(record.time, 2250000000);
      CHECK(!reader.next(record));
      CHECK_EQ(reader.error(), "");
    }
  }
}

TEST_CASE("What is no capture of Ethernet frames is refused with one clear line") {
  Files files;
  const Bytes good = capture({{0, to_a().bytes()}});
  const struct {
    std::string what;
    Bytes bytes;
    std::string says;
  } cases[] = {
      {"empty", {}, "not a capture file"},
      {"text", {'s', 'o', 'f', 't', 'w', 'i', 'r', 'e', '\n'}, "not a capture file"},
      {"half a header", Bytes(good.begin(), good.begin() + 20), "not a capture file"},
      {"raw IP", capture({}, false, false, 101), "link type"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.what);
    files.write("4in", c.bytes);
    PcapReader reader;
    CHECK(!reader.open(files.path("4in")));
    CHECK_NE(reader.error().find(files.path("4in")), std::string::npos);
    CHECK_NE(reader.error().find(c.says), std::string::npos);
    CHECK_EQ(reader.error().find('\n'), std::string::npos);
  }
  PcapReader reader;
  CHECK(!reader.open(files.path("missing")));
  CHECK_NE(reader.error().find("No such file"), std::string::npos);
}

TEST_CASE("A capture cut short anywhere is an error, not an end") {
  Files files;
  const Bytes good = capture({{0, to_a().bytes()}});
  for (size_t length = 25; length < good.size(); length++) {
    files.write("4in", Bytes(good.begin(), good.begin() + static_cast<long>(length)));
    PcapReader reader;
    REQUIRE(reader.open(files.path("4in")));
    PcapReader::Record record;
    CHECK(!reader.next(record));
    CHECK_NE(reader.error(), "");
  }
}

TEST_CASE("Output captures are the reference's, to the byte") {
  Replayed replayed(plain_settings(), {{5.5, to_a().bytes()}}, {});
  CHECK_EQ(replayed.error, "");
  const Bytes sent = tunnelled().ipv4(kHost, kShared, {63}).udp(53, kPortA).payload(12).bytes();
  CHECK_EQ(hex(replayed.files.read("6out")), hex(capture({{0, sent}})));
  CHECK_EQ(hex(replayed.files.read("4out")), hex(capture({})));
}

TEST_CASE("Everything that was read is drained; the law holds") {
  const std::vector<Record> many(1000, {0, to_a().bytes()});
  Replayed replayed(plain_settings(), many, std::vector<Record>(300, {0, from_a().bytes()}));
  CHECK_EQ(replayed.out("6out").size(), 1000);
  CHECK_EQ(replayed.out("4out").size(), 300);
  CHECK(balance(replayed.counters).holds(0));
}

TEST_CASE("Questions about next hops are asked with empty inputs too, once") {
  Settings settings = plain_settings();
  settings.internal_interface.next_hop_mac.reset();
  settings.internal_interface.next_hop_ip = ip6("2001:db8::fe");
  Replayed replayed(settings, {}, {});
  CHECK_EQ(replayed.out("6out").size(), 1);
}

TEST_CASE("Time comes from the records, in steps of a second") {
  Settings settings = plain_settings();
  settings.external.error_rate_limiting = {1, 2};
  const Bytes unwanted = eth().ipv4(kHost, kShared).udp(1, kPortNone).bytes();
  Replayed limited(settings, {{100, unwanted}, {100.9, unwanted}, {101.5, unwanted}, {102, unwanted}}, {});
  CHECK_EQ(limited.out("4out").size(), 2);

  const auto piece = [](uint16_t offset, bool more) {
    return eth().ipv4(kHost, kWhole, {64, 0, 1, false, more, offset}).protocol(17).payload(8).bytes();
  };
  Replayed timed_out(settings, {{0, piece(0, true)}, {61, piece(8, false)}}, {});
  CHECK_EQ(timed_out.counters.get(Counter::drop_ipv4_frag_timeout), 1);
  Replayed in_time(settings, {{0, piece(0, true)}, {59, piece(8, false)}}, {});
  CHECK_EQ(in_time.out("6out").size(), 1);
}

TEST_CASE("Two captures of one occasion share a clock, others begin together") {
  Settings settings = plain_settings();
  settings.internal_interface.next_hop_mac.reset();
  settings.internal_interface.next_hop_ip = ip6("2001:db8::fe");
  // A packet at 1000 s waits for the answer at 1004 s: asked at 0 and 3 s of the replay.
  Replayed together(settings, {{1000, to_a().bytes()}}, {{1004, from_a().bytes()}});
  CHECK_EQ(together.counters.get(Counter::out_ndp_ns_packets), 2);
  Replayed apart(settings, {{1000, to_a().bytes()}}, {{9000, from_a().bytes()}});
  CHECK_EQ(apart.counters.get(Counter::out_ndp_ns_packets), 1);
}

TEST_CASE("No time passes where a capture leaps by more than a day: it was put together from several") {
  Settings settings = plain_settings();
  settings.internal_interface.next_hop_mac.reset();
  settings.internal_interface.next_hop_ip = ip6("2001:db8::fe");
  constexpr double kDay = 24 * 3600;
  const struct {
    std::vector<double> times;
    uint64_t questions;  // at 0 and 3 s of the replay
  } cases[] = {{{0, 2e9}, 1}, {{2e9, 0}, 1}, {{0, 2e9, 2e9 + 4}, 2}, {{5, 9, 2e9, 5}, 2}, {{0, kDay}, 41}};
  for (const auto& c : cases) {
    CAPTURE(c.times.back());
    std::vector<Record> records;
    for (const double time : c.times) records.push_back({time, from_a().bytes()});
    Replayed replayed(settings, {}, records);
    CHECK_EQ(replayed.counters.get(Counter::out_ndp_ns_packets), c.questions);
    CHECK_EQ(replayed.out("4out").size(), c.times.size());
  }
}

TEST_CASE("On a stick without VLAN a tagged frame is misplaced on the IPv6 side, whatever it carries") {
  Bytes tagged = to_a().bytes();
  tagged.insert(tagged.begin() + 12, {0x81, 0x00, 0x00, 0x07});
  Replayed replayed(plain_settings(), {{0, tagged}}, {}, true);
  CHECK_EQ(replayed.counters.get(Counter::drop_misplaced_not_ipv6_bytes), tagged.size());
  CHECK_EQ(replayed.counters.get(Counter::in_ipv6_frag_reassembly_unneeded), 1);
}

TEST_CASE("On a stick both inputs meet, and outputs are split by EtherType, tagged alike") {
  for (const bool tagged : {false, true}) {
    CAPTURE(tagged);
    Settings settings = plain_settings();
    if (tagged) settings.external_interface.vlan_tag = 1092;
    const auto on_link = [&](const Frame& untagged) {
      Bytes frame = untagged.bytes();
      if (tagged) frame.insert(frame.begin() + 12, {0x81, 0x00, 0x04, 0x44});
      return frame;
    };
    // Each in the other's file.
    Replayed replayed(settings, {{0, on_link(from_a())}}, {{0, on_link(to_a())}}, true);
    CHECK_EQ(replayed.error, "");
    const Frame out4 = outside().ipv4(kShared, kHost).udp(kPortA, 53).payload(12);
    const Frame out6 = tunnelled().ipv4(kHost, kShared, {63}).udp(53, kPortA).payload(12);
    CHECK_EQ(replayed.out("4out"), std::vector<Bytes>{on_link(out4)});
    CHECK_EQ(replayed.out("6out"), std::vector<Bytes>{on_link(out6)});
  }
}

TEST_CASE("An output that cannot be written is an error") {
  Relay relay;
  Files files;
  files.write("4in", capture({}));
  files.write("6in", capture({}));
  ReplayFiles paths = files.all();
  paths.ipv6_out = files.path("no/such/directory");
  Counters counters{};
  CHECK_NE(replay(plain_settings(), relay.table(), false, paths, counters), "");
}

}  // namespace lwaftr::test
