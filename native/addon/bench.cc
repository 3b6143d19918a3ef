// Two captures round and round through one pipeline, in memory: what the packet path can do when I/O costs nothing but
// a copy into a fresh buffer.
#include <pthread.h>
#include <sched.h>

#include <chrono>
#include <cstring>
#include <memory>
#include <vector>

#include "binding_table.h"
#include "convert.h"
#include "core/pipeline.h"
#include "io/pcap.h"
#include "module.h"
#include "settings.h"

namespace lwaftr::addon {
namespace {

constexpr size_t kSmallPackets = 8192, kLargePackets = 512;
constexpr size_t kBatchesPerLook = 16;  // at the clock that ends it

// The frames of a file, dealt out in a circle.
class Loop {
 public:
  // An error for the user, or nothing.
  std::string load(const std::string& path) {
    PcapReader reader;
    PcapReader::Record record;
    if (!reader.open(path)) return reader.error();
    while (reader.next(record)) {
      if (record.length > Packet::kMaxFrame) return path + ": a frame is larger than 10240 bytes";
      frames_.push_back({bytes_.size(), static_cast<uint32_t>(record.length)});
      bytes_.insert(bytes_.end(), record.data, record.data + record.length);
    }
    if (!reader.error().empty()) return reader.error();
    return frames_.empty() ? path + ": it holds no frames" : std::string();
  }

  // Copies the next frames into fresh packets and hands them over.
  void feed(PacketPool& pool, Pipeline& pipeline, Port port) {
    Packet* batch[Pipeline::kBatch];
    size_t count = 0;
    for (; count < Pipeline::kBatch; count++) {
      const Frame& frame = frames_[next_];
      Packet* packet = pool.allocate(frame.length);
      if (!packet) break;  // all of them wait somewhere inside
      std::memcpy(packet->data, &bytes_[frame.offset], frame.length);
      packet->length = frame.length;
      batch[count] = packet;
      if (++next_ == frames_.size()) next_ = 0;
    }
    pipeline.receive(port, batch, count);
  }

 private:
  struct Frame {
    size_t offset;
    uint32_t length;
  };
  std::vector<uint8_t> bytes_;
  std::vector<Frame> frames_;
  size_t next_ = 0;
};

struct Sent {
  uint64_t packets = 0;
  uint64_t bytes = 0;

  void take(PacketPool& pool, Pipeline& pipeline, Port port) {
    const PacketSpan frames = pipeline.output(port);
    packets += frames.count;
    for (size_t i = 0; i < frames.count; i++) {
      bytes += frames.packets[i]->length;
      pool.free(frames.packets[i]);
    }
    pipeline.clear_output(port);
  }
};

Time monotonic_now() { return std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch()).count(); }

struct Result {
  double seconds = 0;
  Sent encap, decap;
};

Result run(const Settings& settings, const BindingTable& table, Loop& v4, Loop& v6, double seconds) {
  PacketPool pool(kSmallPackets, kLargePackets);
  const auto counters = std::make_unique<Counters>();
  const auto state = std::make_unique<QueueState>();
  Pipeline pipeline(pool, *counters, *state);
  const Time start = monotonic_now();
  pipeline.configure(settings, start);
  pipeline.set_table(&table);
  const Time end = start + static_cast<Time>(seconds * 1e9);
  Result result;
  Time now = start;
  for (size_t batch = 0; now < end; batch++) {
    if (batch % kBatchesPerLook == 0) now = monotonic_now();
    v4.feed(pool, pipeline, Port::external);
    v6.feed(pool, pipeline, Port::internal);
    pipeline.process(now);
    result.decap.take(pool, pipeline, Port::external);
    result.encap.take(pool, pipeline, Port::internal);
    Sent().take(pool, pipeline, Port::passthru);
  }
  result.seconds = static_cast<double>(now - start) / 1e9;
  return result;
}

// Pins the calling thread while it lives; error() is an errno.
class Pinned {
 public:
  explicit Pinned(int cpu) {
    pthread_getaffinity_np(pthread_self(), sizeof before_, &before_);
    if (cpu < 0) return;
    cpu_set_t wanted;
    CPU_ZERO(&wanted);
    if (cpu < CPU_SETSIZE) CPU_SET(cpu, &wanted);
    error_ = pthread_setaffinity_np(pthread_self(), sizeof wanted, &wanted);
  }
  ~Pinned() { pthread_setaffinity_np(pthread_self(), sizeof before_, &before_); }
  int error() const { return error_; }

 private:
  cpu_set_t before_;
  int error_ = 0;
};

Napi::Object to_value(Napi::Env env, const Sent& sent) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("packets", Napi::Number::New(env, static_cast<double>(sent.packets)));
  object.Set("bytes", Napi::Number::New(env, static_cast<double>(sent.bytes)));
  return object;
}

// bench({settings, table, v4In, v6In, seconds, cpu}): {duration, encap: {packets, bytes}, decap}. Errors as replay's.
Napi::Value bench(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (!info[0].IsObject()) {
    throw_type_error(env, "options must be an object");
    return {};
  }
  const auto options = info[0].As<Napi::Object>();
  auto settings = to_settings(options.Get("settings"));
  if (!settings) return {};
  settings->filter_destination_mac = false;
  const BindingTable* table = BindingTableHandle::table_of(options.Get("table"));
  if (!table) return {};
  const Napi::Value seconds = options.Get("seconds");
  if (!seconds.IsNumber()) {
    throw_type_error(env, "seconds must be a number");
    return {};
  }
  int cpu = -1;
  if (const auto given = member(options, "cpu")) {
    const auto id = to_integer(*given, "cpu", INT32_MAX);
    if (!id) return {};
    cpu = static_cast<int>(*id);
  }
  Loop v4, v6;
  for (auto [name, loop] : {std::pair{"v4In", &v4}, {"v6In", &v6}}) {
    const auto path = to_string(options.Get(name), name);
    if (!path) return {};
    const std::string problem = loop->load(*path);
    if (!problem.empty()) {
      throw_coded_error(env, "EPCAP", problem);
      return {};
    }
  }
  Pinned pinned(cpu);
  if (pinned.error()) {
    throw_system_error(env, pinned.error(), "cannot pin to CPU " + std::to_string(cpu));
    return {};
  }
  const Result result = run(*settings, *table, v4, v6, seconds.As<Napi::Number>().DoubleValue());
  Napi::Object object = Napi::Object::New(env);
  object.Set("duration", Napi::Number::New(env, result.seconds));
  object.Set("encap", to_value(env, result.encap));
  object.Set("decap", to_value(env, result.decap));
  return object;
}

}  // namespace

void init_bench(Napi::Env env, Napi::Object exports) { exports.Set("bench", Napi::Function::New(env, bench, "bench")); }

}  // namespace lwaftr::addon
