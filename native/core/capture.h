// A capture of live traffic. What is received is copied aside before anything touches it, and goes into the ring once
// it is known what became of it; what is sent goes there as it leaves. It costs each frame of a queue a look at the
// filter and a copy of at most `snap_length` bytes, and nothing while there is none: two branches a batch, and one
// where a packet is dropped.
#pragma once
#include <array>
#include <memory>
#include <optional>
#include <vector>

#include "binding_table.h"
#include "capture_ring.h"
#include "clock.h"
#include "filter.h"
#include "packet.h"

namespace lwaftr {

struct CaptureOptions {
  // What is wanted, bit by bit.
  static constexpr uint8_t kIn = 1;        // received on the links
  static constexpr uint8_t kOut = 2;       // sent on the links
  static constexpr uint8_t kDrop = 4;      // dropped
  static constexpr uint8_t kPassthru = 8;  // received from and sent to the passthru device

  Filter filter;  // on frames without their 802.1Q tag, as the filters of the configuration
  uint8_t where = kIn | kOut | kDrop | kPassthru;
  std::optional<Counter> reason;  // only what was dropped for it
  uint32_t snap_length = UINT32_MAX;
};

class Capture final : public Witness {
 public:
  // At most `most` frames are received at once: beyond that they count as lost.
  Capture(CaptureOptions options, std::unique_ptr<CaptureRing> ring, size_t most);

  // Frames received, before they are touched; `table` is for the names of their softwires and may be null.
  void received(const std::array<PacketList, kPortCount>& frames, const BindingTable* table, Time now);
  // Frames that leave: after received(), and all else, of the same batch.
  void sent(const std::array<PacketList, kPortCount>& frames);

  void dropped(const Packet& packet, Counter reason) override;
  void used(const Packet& packet, Use use) override;

 private:
  // A frame received in this batch.
  struct Staged {
    const Packet* packet;  // nullptr: its buffer was freed, and may be another packet's now
    CaptureRecord record;
  };
  static constexpr size_t kSlots = 1024;

  void stage(Port port, const Packet& packet);
  Staged* find(const Packet& packet);
  bool wants(const Staged& staged) const;
  bool accepts(const Packet& packet) const;
  void write(CaptureRecord record, const uint8_t* frame);
  uint8_t* bytes(size_t index) { return bytes_.data() + index * snap_length_; }

  const CaptureOptions options_;
  const uint32_t snap_length_;
  const bool stages_;
  std::unique_ptr<CaptureRing> ring_;
  const BindingTable* table_ = nullptr;
  Time now_ = 0;
  size_t count_ = 0;
  std::vector<Staged> staged_;
  std::vector<uint8_t> bytes_;
  std::array<uint16_t, kSlots> slots_{};  // by packet: index in staged_ + 1; 0: free
};

}  // namespace lwaftr
