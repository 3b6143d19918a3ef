#include "live_oracle.h"

#include <algorithm>
#include <numeric>

#include "core/parse.h"
#include "core/port.h"
#include "core/wire.h"

namespace lwaftr {
namespace {

constexpr size_t kMarkedByReload = 64;  // one softwire in so many
constexpr uint8_t kEdited = 0xed, kReloaded = 0xee;

// A B4 address that tells which edit or reload wrote it; the low bytes stay the softwire's own.
SoftwireRecord mark(SoftwireRecord record, uint8_t kind, uint64_t number) {
  record.b4_ipv6[0] = kind;
  for (int i = 0; i < 5; i++) record.b4_ipv6[1 + i] = static_cast<uint8_t>(number >> 8 * i);
  return record;
}

uint64_t scatter(uint64_t n) { return n * 0x9e3779b97f4a7c15 >> 20; }

// The softwire's side of a packet: destination of what comes from the internet, source of what comes from a B4.
bool softwire_end(const uint8_t* frame, size_t length, bool tunnelled, uint32_t& address, uint16_t& port) {
  const size_t ip = ethernet::kHeader + (tunnelled ? ipv6::kHeader : 0);
  const size_t header = length > ip ? (frame[ip] & 15) * 4u : 0;
  if (header < ipv4::kHeader || length < ip + header + 8) return false;
  const uint8_t protocol = frame[ip + ipv4::kProtocol];
  const uint8_t* payload = frame + ip + header;
  const int found = tunnelled ? port_from_b4(protocol, payload, length - ip - header)
                              : port_towards_b4(protocol, payload, length - ip - header);
  address = load32(frame + ip + (tunnelled ? ipv4::kSource : ipv4::kDestination));
  port = static_cast<uint16_t>(found);
  return found != kNoPort;
}

}  // namespace

LiveOracle::LiveOracle(const SoftwireRecord* records, size_t count, const FrameLoop& ipv4, const FrameLoop& ipv6)
    : records_(records), count_(count), ipv4_(ipv4), ipv6_(ipv6) {}

std::string LiveOracle::prepare() {
  std::vector<uint32_t> order(count_);
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) { return records_[a].key() < records_[b].key(); });
  const auto from = [&](uint64_t key) {
    return std::lower_bound(order.begin(), order.end(), key,
                            [&](uint32_t record, uint64_t k) { return records_[record].key() < k; });
  };
  const auto find = [&](const FrameLoop& loop, bool tunnelled, std::vector<uint32_t>& found) {
    for (size_t i = 0; i < loop.size(); i++) {
      uint32_t address = 0;
      uint16_t port = 0;
      if (!softwire_end(loop.data(i), loop.length(i), tunnelled, address, port)) return false;
      // All softwires of an address have its port set: the first of them tells the PSID.
      const auto first = from(uint64_t{address} << 16);
      if (first == order.end() || records_[*first].address() != address) return false;
      const PortSet port_set = records_[*first].port_set();
      const uint64_t key = uint64_t{address} << 16 | port_set.psid(port);
      const auto softwire = from(key);
      if (!port_set.usable(port) || softwire == order.end() || records_[*softwire].key() != key) return false;
      found.push_back(*softwire);
    }
    return true;
  };
  if (find(ipv4_, false, ipv4_record_) && find(ipv6_, true, ipv6_record_)) return {};
  return "edits under load need captures in which every packet is a softwire's, as generate-configuration writes them";
}

// A softwire of the traffic, so that the edit can be seen.
size_t LiveOracle::target(uint64_t step) const { return ipv4_record_[scatter(step / 2 + 1) % ipv4_record_.size()]; }

SoftwireRecord LiveOracle::edit(uint64_t step, uint64_t generation) const {
  const SoftwireRecord record = initial(generation, target(step));
  return step % 2 ? record : mark(record, kEdited, step / 2);
}

SoftwireRecord LiveOracle::initial(uint64_t generation, size_t record) const {
  if (!generation || scatter(record + generation) % kMarkedByReload) return records_[record];
  return mark(records_[record], kReloaded, generation);
}

void LiveOracle::batch_begins(uint64_t generation, size_t ipv4_frame, size_t ipv6_frame) {
  generation_ = generation;
  first_step_ = done.load(std::memory_order_acquire);
  ipv4_frame_ = ipv4_frame;
  ipv6_frame_ = ipv6_frame;
}

// Whether `legal` holds for the softwire in one of the states that it had during the batch. After n steps, step n - 1
// was the last; only while n is odd is something marked.
template <class Legal>
bool LiveOracle::some_state(size_t record, Legal legal) const {
  for (uint64_t n = first_step_; n <= last_step_; n++) {
    const bool edited = n % 2 && target(n - 1) == record;
    if (legal(edited ? edit(n - 1, generation_) : initial(generation_, record))) return true;
  }
  return false;
}

bool LiveOracle::leaves_rightly(const Packet& packet, size_t record) {
  const uint8_t* header = packet.data + ethernet::kHeader;
  marked += header[ipv6::kDestination] == kEdited || header[ipv6::kDestination] == kReloaded;
  return some_state(record, [&](const SoftwireRecord& legal) {
    return !std::memcmp(header + ipv6::kSource, legal.br_address.data(), 16) &&
           !std::memcmp(header + ipv6::kDestination, legal.b4_ipv6.data(), 16);
  });
}

void LiveOracle::batch_ends(PacketSpan from_internet, PacketSpan from_b4s) {
  last_step_ = begun.load(std::memory_order_acquire);
  // All of these leave, in order.
  for (size_t i = 0; i < Pipeline::kBatch; i++) {
    const size_t frame = (ipv4_frame_ + i) % ipv4_.size();
    if (i >= from_internet.count || !leaves_rightly(*from_internet.packets[i], ipv4_record_[frame])) wrong++;
  }
  if (from_internet.count > Pipeline::kBatch) wrong += from_internet.count - Pipeline::kBatch;
  // Those whose softwire is marked are refused. What left is told by its IPv4 addresses and ports.
  size_t out = 0;
  for (size_t i = 0; i < Pipeline::kBatch; i++) {
    const size_t frame = (ipv6_frame_ + i) % ipv6_.size();
    const uint32_t record = ipv6_record_[frame];
    const uint8_t* inner = ipv6_.data(frame) + ethernet::kHeader + ipv6::kHeader;
    const bool left =
        out < from_b4s.count &&
        !std::memcmp(from_b4s.packets[out]->data + ethernet::kHeader + ipv4::kSource, inner + ipv4::kSource, 12);
    const bool right = some_state(
        record, [&](const SoftwireRecord& legal) { return (legal.b4_ipv6 == records_[record].b4_ipv6) == left; });
    wrong += !right;
    marked += !left;
    out += left;
  }
  wrong += from_b4s.count - out;
}

}  // namespace lwaftr
