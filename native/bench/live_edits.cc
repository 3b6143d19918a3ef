#include "live_edits.h"

#include <cerrno>
#include <thread>
#include <vector>

#include "core/binding_table_writer.h"
#include "live_oracle.h"

namespace lwaftr {
namespace {

using Table = std::unique_ptr<BindingTableWriter>;

// Seconds between looks at the clock. Longer than a context switch by far: where the machine is busy, waking up is at
// the expense of the forwarding thread.
constexpr double kNap = 1e-3;

// The leader's part.
class Editor {
 public:
  Editor(LiveOracle& oracle, const SoftwireRecord* records, size_t count, const LiveOptions& options)
      : oracle_(oracle), records_(records, records + count), options_(options) {}

  // Builds generation 0; an errno.
  int begin() { return build(table_); }
  const BindingTable& table() const { return table_->table(); }
  void start() {
    thread_ = std::thread([this] { run(); });
  }
  void join() { thread_.join(); }

  // The forwarding thread, at each batch boundary: the generation to forward by from now on.
  const BindingTable* take(uint64_t& generation) {
    const BindingTable* next = next_.exchange(nullptr, std::memory_order_acq_rel);
    if (!next) return nullptr;
    generation++;
    taken_.store(generation, std::memory_order_release);
    return next;
  }
  std::atomic<bool> finished{false};  // until then the forwarding thread goes on
  int problem = 0;                    // an errno
  uint64_t steps = 0, reloads = 0;
  double reload_seconds = 0;

 private:
  int build(Table& table) {
    table = std::make_unique<BindingTableWriter>();
    if (int failure = table->create("")) return failure;
    RuleBreach breach;
    if (int failure = table->build(records_.data(), records_.size(), breach)) return failure;
    return breach.rule == Rule::none ? 0 : EINVAL;
  }

  void run() {
    const Stopwatch watch;
    while (!problem && (steps < options_.edits || reloads < options_.reloads)) {
      const double part = watch.seconds() / options_.seconds;
      const auto edits_due = static_cast<size_t>(part * static_cast<double>(options_.edits)) + 1;
      const auto reloads_due = static_cast<size_t>(part * static_cast<double>(options_.reloads) + 0.5);
      // Reloads come between pairs of edits, so the last of an odd number of edits waits for them.
      const bool may_edit = steps % 2 || steps + 1 < options_.edits || reloads == options_.reloads;
      if (steps < options_.edits && steps < edits_due && may_edit) {
        edit();
      } else if (reloads < options_.reloads && reloads < reloads_due && steps % 2 == 0) {
        reload();
      } else {
        std::this_thread::sleep_for(std::chrono::duration<double>(kNap));
      }
    }
    finished.store(true, std::memory_order_release);
  }

  void edit() {
    const SoftwireRecord record = oracle_.edit(steps, reloads);
    problem = table_->check(&record, 1).rule == Rule::none ? table_->prepare(&record, 1) : EINVAL;
    if (problem) return;
    steps++;
    oracle_.begun.store(steps, std::memory_order_release);
    table_->apply(&record, 1);
    oracle_.done.store(steps, std::memory_order_release);
  }

  void reload() {
    const Stopwatch watch;
    for (size_t i = 0; i < records_.size(); i++) records_[i] = oracle_.initial(reloads + 1, i);
    Table next;
    if ((problem = build(next))) return;
    reloads++;
    next_.store(&next->table(), std::memory_order_release);
    while (taken_.load(std::memory_order_acquire) != reloads)
      std::this_thread::sleep_for(std::chrono::duration<double>(kNap));
    table_.swap(next);
    reload_seconds += watch.seconds();
  }

  LiveOracle& oracle_;
  std::vector<SoftwireRecord> records_;
  const LiveOptions options_;
  Table table_;
  std::atomic<const BindingTable*> next_{nullptr};
  std::atomic<uint64_t> taken_{0};
  std::thread thread_;
};

}  // namespace

std::string run_live(const Settings& given, const SoftwireRecord* records, size_t count, FrameLoop& ipv4,
                     FrameLoop& ipv6, const LiveOptions& options, LiveResult& result) {
  // Nothing but the traffic itself may leave: the oracle counts on it.
  Settings settings = given;
  settings.internal.generate_icmp_errors = settings.external.generate_icmp_errors = false;
  settings.hairpinning = false;
  LiveOracle oracle(records, count, ipv4, ipv6);
  if (const std::string problem = oracle.prepare(); !problem.empty()) return problem;
  Editor editor(oracle, records, count, options);
  if (int failure = editor.begin()) return std::string("cannot build the table: ") + std::strerror(failure);

  Forwarder forwarder(settings, editor.table(), ipv4, ipv6);
  forwarder.run(std::min(options.seconds, 0.2));  // everything is in its cache
  const uint64_t before = forwarder.received;
  uint64_t generation = 0;
  editor.start();
  const Stopwatch watch;
  do {
    for (int i = 0; i < 16; i++) {
      if (const BindingTable* table = editor.take(generation)) forwarder.set_table(*table);
      if (!options.check) {
        forwarder.pass();
        continue;
      }
      oracle.batch_begins(generation, ipv4.next(), ipv6.next());
      forwarder.pass(
          [&](PacketSpan encapsulated, PacketSpan decapsulated) { oracle.batch_ends(encapsulated, decapsulated); });
    }
  } while (watch.seconds() < options.seconds || !editor.finished.load(std::memory_order_acquire));
  result.seconds = watch.seconds();
  result.cpu_seconds = watch.cpu_seconds();
  editor.join();
  if (editor.problem) return std::string("cannot edit the table: ") + std::strerror(editor.problem);
  result.received = forwarder.received - before;
  result.edits = editor.steps;
  result.reloads = editor.reloads;
  result.reload_seconds = editor.reload_seconds;
  result.wrong = oracle.wrong;
  result.marked = oracle.marked;
  return {};
}

}  // namespace lwaftr
