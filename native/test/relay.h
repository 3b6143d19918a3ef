// A relay for tests: a pipeline with its table, pool and counters, fed with frames by hand.
//
//   internet 192.0.2.1 ── external 203.0.113.1 [relay] internal 2001:db8::1 ── B4s
//
//   198.51.100.7 shared by psid-length 6, reserved bits 6: PSID 4 is subscriber A, PSID 5 subscriber B
//   198.51.100.8 a whole address: subscriber C
#pragma once
#include <doctest/doctest.h>

#include <memory>
#include <vector>

#include "binding_table_writer.h"
#include "conservation.h"
#include "packets.h"
#include "pipeline.h"

namespace lwaftr::test {

constexpr const char* kBr = "2001:db8:b::1";
constexpr const char* kBrC = "2001:db8:b::2";
constexpr const char* kB4a = "2001:db8:a::a";
constexpr const char* kB4b = "2001:db8:a::b";
constexpr const char* kB4c = "2001:db8:a::c";
constexpr const char* kShared = "198.51.100.7";
constexpr const char* kWhole = "198.51.100.8";
constexpr const char* kHost = "192.0.2.1";
constexpr const char* kExternalMac = "02:00:00:00:00:01";
constexpr const char* kInternalMac = "02:00:00:00:00:02";
constexpr const char* kExternalHop = "02:00:00:00:00:11";
constexpr const char* kInternalHop = "02:00:00:00:00:12";
constexpr uint16_t kPortA = 1024 + 64;     // psid-length 6, reserved 6: (port >> 4) & 63 = 4
constexpr uint16_t kPortB = 1024 + 80;     // 5
constexpr uint16_t kPortNone = 1024 + 96;  // 6: nobody

struct Output {
  std::vector<Bytes> external, internal, passthru;
};

// Two interfaces, static next hops, no VLANs, every frame for the relay.
Settings plain_settings();

class Relay {
 public:
  explicit Relay(const Settings& settings = plain_settings());

  void configure(const Settings& settings) { pipeline_.configure(settings, now); }
  Output run(Port port, const std::vector<Bytes>& frames);
  // A batch of each side at once.
  Output run_both(const std::vector<Bytes>& external, const std::vector<Bytes>& internal) {
    receive(Port::external, external);
    return run(Port::internal, internal);
  }
  Output external(const Frame& frame) { return run(Port::external, {frame.bytes()}); }
  Output internal(const Frame& frame) { return run(Port::internal, {frame.bytes()}); }
  // Nothing comes; time passes.
  Output wait(Time duration) {
    now += duration;
    return run(Port::external, {});
  }
  void capture(Capture* capture) { pipeline_.set_capture(capture); }
  const BindingTable& table() const { return table_.table(); }
  uint64_t count(Counter counter) const { return counters.get(counter); }
  bool balanced() const;  // the conservation law holds, and so does it for the pool's buffers

  Time now = 0;
  Counters counters{};
  QueueState state{};

 private:
  void receive(Port port, const std::vector<Bytes>& frames);

  static constexpr size_t kSmall = 8192, kLarge = 512;

  PacketPool pool_{kSmall, kLarge};
  BindingTableWriter table_;
  Pipeline pipeline_;
};

// A softwire's traffic: what subscriber A sends, in its tunnel; and what a host sends to A.
Frame from_a();
Frame to_a();
Frame tunnel(const char* b4 = kB4a, const char* br = kBr);     // from a B4, as the relay receives it
Frame tunnelled(const char* b4 = kB4a, const char* br = kBr);  // to a B4, as the relay sends it
Frame outside();                                               // as the relay sends it to the internet

}  // namespace lwaftr::test

#define CHECK_FRAME(actual, expected) CHECK_EQ(::lwaftr::test::hex(actual), ::lwaftr::test::hex((expected).bytes()))
#define CHECK_FRAMES(actual, ...)                                                        \
  do {                                                                                   \
    const std::vector<::lwaftr::test::Bytes> got = (actual);                             \
    const std::vector<::lwaftr::test::Frame> wanted{__VA_ARGS__};                        \
    REQUIRE_EQ(got.size(), wanted.size());                                               \
    for (size_t nth = 0; nth < wanted.size(); nth++) CHECK_FRAME(got[nth], wanted[nth]); \
  } while (0)
