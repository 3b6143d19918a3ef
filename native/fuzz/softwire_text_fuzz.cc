// Softwires in text, whole and damaged. That what is read is what the ordinary reader reads is for test/fuzz.
#include "yang/softwire_text.h"

#include <cstring>

#include "choices.h"

namespace lwaftr::fuzz {
namespace {

bool same(const SoftwireRecord& a, const SoftwireRecord& b) { return std::memcmp(&a, &b, sizeof a) == 0; }

void check(const uint8_t* text, size_t size) {
  const yang::PlainSoftwires all = yang::ReadPlainSoftwires(text, size, 0);
  PROMISE(all.records.size() == all.offsets.size(), "an offset each");
  PROMISE(all.end <= size, "%zu of %zu", all.end, size);
  for (size_t i = 0; i < all.records.size(); i++) {
    const SoftwireRecord& record = all.records[i];
    PROMISE(std::memcmp(text + all.offsets[i], "softwire", 8) == 0, "no softwire at %u", all.offsets[i]);
    PROMISE(record.psid_length + record.reserved_ports_bit_count <= 16, "psid-length %u", record.psid_length);
    PROMISE(record.psid < 1 << record.psid_length, "psid %u of %u bits", record.psid, record.psid_length);
    PROMISE(record.br_address != Ipv6Address{} && record.operation == SoftwireRecord::kPut, "no softwire");
    if (i % 16 != 0) continue;
    const yang::PlainSoftwires rest = yang::ReadPlainSoftwires(text, size, all.offsets[i]);
    PROMISE(rest.end == all.end && rest.records.size() == all.records.size() - i, "another end");
    for (size_t j = 0; j < rest.records.size(); j++) PROMISE(same(rest.records[j], all.records[i + j]), "%zu", j);
  }
}

}  // namespace
}  // namespace lwaftr::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size <= 20000) lwaftr::fuzz::check(data, size);
  return 0;
}
