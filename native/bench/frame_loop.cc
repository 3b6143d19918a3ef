#include "frame_loop.h"

#include "io/pcap.h"

namespace lwaftr {

std::string FrameLoop::load(const std::string& path) {
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

}  // namespace lwaftr
