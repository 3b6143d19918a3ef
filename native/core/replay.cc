#include "replay.h"

#include <algorithm>
#include <memory>

#include "conservation.h"
#include "io/pcap.h"
#include "parse.h"
#include "pipeline.h"

namespace lwaftr {
namespace {

// Room for everything that can wait at once (two hold queues) beside a batch in fragments.
constexpr size_t kSmallPackets = 32768, kLargePackets = 4096;
constexpr Time kSameOccasion = 600 * kSecond;
constexpr Time kWatched = 120 * kSecond;
// No capture is silent for longer: it was put together from others, some of which may begin in 1970.
constexpr Time kSilence = 24 * 3600 * kSecond;
// Records closer than this share a batch: the order within a batch then does not hang on the microseconds of whoever
// captured them.
constexpr Time kTogether = kSecond / 10;
constexpr uint16_t kFirstIpv4Id = 0x4243;
constexpr uint32_t kFirstIpv6Id = 0x42424243;

// One input, with the record to be taken next.
class Input {
 public:
  bool open(const std::string& path) { return reader_.open(path) && advance(); }
  bool advance() {
    const Time before = record_.time;
    const bool first = !pending_;
    pending_ = reader_.next(record_);
    const bool merged = record_.time > before ? record_.time - before > kSilence : before - record_.time > kSilence;
    if (pending_ && !first && merged) start_ += record_.time - before;
    return reader_.error().empty();
  }
  bool pending() const { return pending_; }
  const PcapReader::Record& record() const { return record_; }
  Time time() const { return record_.time > start_ ? record_.time - start_ : 0; }
  void start_at(Time time) { start_ = time; }
  const std::string& error() const { return reader_.error(); }

 private:
  PcapReader reader_;
  PcapReader::Record record_{};
  bool pending_ = false;
  Time start_ = 0;
};

void set_starts(Input& a, Input& b) {
  const Time begin_a = a.pending() ? a.record().time : b.pending() ? b.record().time : 0;
  const Time begin_b = b.pending() ? b.record().time : begin_a;
  const bool together = std::max(begin_a, begin_b) - std::min(begin_a, begin_b) <= kSameOccasion;
  a.start_at(together ? std::min(begin_a, begin_b) : begin_a);
  b.start_at(together ? std::min(begin_a, begin_b) : begin_b);
}

class Replay {
 public:
  Replay(const Settings& settings, const BindingTable& table, Counters& counters)
      : pool_(kSmallPackets, kLargePackets), counters_(counters), pipeline_(pool_, counters, state_) {
    on_a_stick_ = settings.on_a_stick;
    pipeline_.configure(settings, 0);
    pipeline_.set_table(&table);
    pipeline_.seed_fragment_ids(kFirstIpv4Id, kFirstIpv6Id);
  }

  std::string run(const ReplayFiles& files);

 private:
  bool take_batch(Input& input, Port port);
  bool step(Time now);
  bool pass_time(Time until);

  PacketPool pool_;
  Counters& counters_;
  QueueState state_{};
  Pipeline pipeline_;
  bool on_a_stick_;
  Time clock_ = 0;
  PcapWriter ipv4_out_, ipv6_out_;
  bool moved_ = false;
};

// Takes the records of this step, as many as a batch holds.
bool Replay::take_batch(Input& input, Port port) {
  for (size_t n = 0; n < Pipeline::kBatch && input.pending() && input.time() < clock_ + kTogether; n++) {
    const PcapReader::Record& record = input.record();
    Packet* packet = record.length <= Packet::kMaxFrame ? pool_.allocate(record.length) : nullptr;
    if (packet) {
      std::copy_n(record.data, record.length, packet->data);
      packet->length = static_cast<uint32_t>(record.length);
      pipeline_.receive(port, &packet, 1);
    } else {
      counters_.add(port == Port::external ? Counter::in_external_packets : Counter::in_internal_packets);
      counters_.add(Counter::drop_oversize_packets);
    }
    if (!input.advance()) return false;
  }
  return true;
}

bool is_ipv4_side(const Packet& packet) {
  uint16_t ethertype = ethertype_of(packet);
  if (ethertype == ethernet::kVlan && packet.length >= ethernet::kHeader + ethernet::kTag) {
    ethertype = load16(packet.data + ethernet::kType + ethernet::kTag);
  }
  return ethertype == ethernet::kIpv4 || ethertype == ethernet::kArp;
}

bool Replay::step(Time now) {
  pipeline_.process(now);
  moved_ = false;
  for (Port port : {Port::external, Port::internal}) {
    const PacketSpan frames = pipeline_.output(port);
    for (size_t i = 0; i < frames.count; i++) {
      Packet* packet = frames.packets[i];
      const bool ipv4 = on_a_stick_ ? is_ipv4_side(*packet) : port == Port::external;
      if (!(ipv4 ? ipv4_out_ : ipv6_out_).write(packet->data, packet->length)) return false;
      pool_.free(packet);
      moved_ = true;
    }
    pipeline_.clear_output(port);
  }
  return true;
}

bool Replay::pass_time(Time until) {
  const Time watched = std::min(until, clock_ + kWatched);
  while (clock_ + kSecond < watched) {
    clock_ += kSecond;
    if (!step(clock_)) return false;
  }
  clock_ = until;
  return true;
}

std::string Replay::run(const ReplayFiles& files) {
  Input ipv4, ipv6;
  if (!ipv4.open(files.ipv4_in)) return ipv4.error();
  if (!ipv6.open(files.ipv6_in)) return ipv6.error();
  if (!ipv4_out_.open(files.ipv4_out)) return ipv4_out_.error();
  if (!ipv6_out_.open(files.ipv6_out)) return ipv6_out_.error();
  const auto write_error = [this] { return ipv4_out_.error().empty() ? ipv6_out_.error() : ipv4_out_.error(); };

  set_starts(ipv4, ipv6);
  while (ipv4.pending() || ipv6.pending()) {
    const Time next = std::min(ipv4.pending() ? ipv4.time() : UINT64_MAX, ipv6.pending() ? ipv6.time() : UINT64_MAX);
    if (next >= clock_ + kTogether && !pass_time(next)) return write_error();
    if (!take_batch(ipv4, Port::external)) return ipv4.error();
    if (!take_batch(ipv6, Port::internal)) return ipv6.error();
    if (!step(clock_)) return write_error();
  }
  do {
    if (!step(clock_)) return write_error();
  } while (moved_);
  if (!ipv4_out_.close()) return ipv4_out_.error();
  if (!ipv6_out_.close()) return ipv6_out_.error();
  if (!balance(counters_).holds(pipeline_.held())) {
    return "the relay lost count of its packets (conservation.h): please report this with both captures";
  }
  return {};
}

}  // namespace

std::string replay(const Settings& settings, const BindingTable& table, bool on_a_stick, const ReplayFiles& files,
                   Counters& counters) {
  Settings here = settings;
  here.passthru_interface.reset();
  here.filter_destination_mac = false;
  here.on_a_stick = on_a_stick;
  here.internal_interface.vlan_tag = here.external_interface.vlan_tag;
  return std::make_unique<Replay>(here, table, counters)->run(files);
}

}  // namespace lwaftr
