// Lists of softwire records: in order of key, and the rules no list may break.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "binding_table_layout.h"
#include "softwire_record.h"

namespace lwaftr {

// Records by (ipv4, psid), those of one key in the order given. Bulk loads usually come sorted; then nothing is built.
class SortedRecords {
 public:
  SortedRecords(const SoftwireRecord* records, size_t count);

  size_t size() const { return count_; }
  // Whether they were in order already.
  bool as_given() const { return order_.empty(); }
  const SoftwireRecord& operator[](size_t position) const { return records_[index(position)]; }
  // Where the record stands in the list as given.
  size_t index(size_t position) const { return order_.empty() ? position : order_[position].index; }
  // The position after the last record of the address (or key) at `position`.
  size_t address_end(size_t position) const;
  size_t key_end(size_t position) const;

 private:
  struct Entry {
    uint64_t key;
    uint32_t index;
  };
  const SoftwireRecord* records_;
  size_t count_;
  std::vector<Entry> order_;
};

enum class Rule : uint8_t {
  none,
  duplicate,    // (ipv4, psid) put twice
  port_set,     // two port sets for one address
  psid_range,   // psid >= 2^psid-length
  psid_length,  // psid-length + reserved-ports-bit-count > 16
  br_address,   // unspecified: marks an absent softwire
};

struct RuleBreach {
  Rule rule = Rule::none;
  size_t index = 0;             // the record that breaks the rule
  std::optional<size_t> other;  // the record it contradicts; none when that is a softwire of the table
};

// Whether the edits, taken together, leave the table within the rules: the last softwire of an address may go and
// others with another port set come in one list. The breach named is the first in the list's order.
RuleBreach check_rules(const table::View& table, const SortedRecords& edits);

}  // namespace lwaftr
