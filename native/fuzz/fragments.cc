#include "frames.h"
#include "slow.h"

namespace lwaftr::fuzz {

std::vector<Bytes> choose_fragments(Choices& choices, const Bytes& frame) {
  if (frame.size() < 34) return {};
  size_t ip = get16(&frame[12]) == 0x8100 ? 18 : 14;
  const bool tunnel = frame.size() >= ip + 60 && frame[ip] >> 4 == 6 && frame[ip + 6] == 4;
  const uint8_t how = choices.byte();
  if (tunnel && how & 1) ip += 40;  // inside
  const bool ipv6 = frame[ip] >> 4 == 6;
  if (!ipv6 && header_length(&frame[ip]) < 20) return {};
  const size_t head = ip + (ipv6 ? 40 : header_length(&frame[ip]));
  if (head > frame.size()) return {};
  const size_t total = frame.size() - head;
  const size_t step = 8 * (1 + choices.byte() % 200u);
  std::vector<Bytes> pieces;
  for (size_t at = 0; at < total && pieces.size() < 24; at += step) {
    const size_t length = std::min(step + (how & 2 ? 8 : 0), total - at);
    const bool more = at + length < total;
    Bytes piece(frame.begin(), frame.begin() + static_cast<long>(head));
    if (ipv6) {
      const size_t position = at | more;
      const Bytes header{frame[ip + 6],
                         0,
                         static_cast<uint8_t>(position >> 8),
                         static_cast<uint8_t>(position),
                         0,
                         0,
                         0,
                         static_cast<uint8_t>(how / 64)};
      piece.insert(piece.end(), header.begin(), header.end());
      piece[ip + 6] = 44;
    } else {
      put16(&piece[ip + 6], (more ? 0x2000 : 0) | at / 8);
    }
    piece.insert(piece.end(), frame.begin() + static_cast<long>(head + at),
                 frame.begin() + static_cast<long>(head + at + length));
    // Lengths and checksum, of this piece and of the tunnel around it.
    mend(piece, Mend::lengths_and_checksums);
    pieces.push_back(piece);
  }
  // Out of order, twice or not at all.
  if (how & 4) std::reverse(pieces.begin(), pieces.end());
  if (how & 8 && !pieces.empty()) pieces.push_back(pieces[choices.byte() % pieces.size()]);
  if (how & 16 && !pieces.empty()) pieces.erase(pieces.begin() + choices.byte() % static_cast<int>(pieces.size()));
  return pieces;
}

}  // namespace lwaftr::fuzz
