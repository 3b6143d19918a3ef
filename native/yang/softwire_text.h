// The fast path for softwires in configuration text: straight from bytes to records. Plain C++, without libyang.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/softwire_record.h"

namespace yang {

struct PlainSoftwires {
  std::vector<lwaftr::SoftwireRecord> records;
  std::vector<uint32_t> offsets;  // of each one's first byte in the text
  size_t end = 0;                 // offset behind the last one, where the next statement may begin
};

// Reads `softwire { … }` blocks from `at` on, as many as follow one another, that are written plainly (no quotes,
// dotted IPv6 or surprises) and sound. At anything else it stops in front of the entry: the ordinary reader
// (src/schema/text-reader.ts) takes that one, or says what is wrong with it. `size` is below 2^32.
PlainSoftwires ReadPlainSoftwires(const uint8_t* text, size_t size, size_t at);

}  // namespace yang
