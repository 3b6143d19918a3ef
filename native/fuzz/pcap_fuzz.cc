// Capture files, whole and damaged; and what is written is what is read.
#include <sys/mman.h>
#include <unistd.h>

#include <string>

#include "choices.h"
#include "io/pcap.h"

namespace lwaftr::fuzz {
namespace {

// A file in memory, by a path of its own.
class File {
 public:
  File() : fd_(memfd_create("capture", MFD_CLOEXEC)) { PROMISE(fd_ >= 0, "no memory file"); }
  ~File() { close(fd_); }
  std::string path() const { return "/proc/self/fd/" + std::to_string(fd_); }
  void fill(const uint8_t* data, size_t size) {
    PROMISE(write(fd_, data, size) == static_cast<ssize_t>(size), "short");
  }

 private:
  int fd_;
};

std::vector<Bytes> read_all(const std::string& path, size_t most) {
  std::vector<Bytes> records;
  PcapReader reader;
  if (!reader.open(path)) {
    PROMISE(!reader.error().empty(), "refused without a word");
    return records;
  }
  size_t total = 0;
  for (PcapReader::Record record; reader.next(record);) {
    records.emplace_back(record.data, record.data + record.length);
    PROMISE((total += record.length) <= most, "%zu bytes out of a file of %zu", total, most);
  }
  return records;
}

}  // namespace
}  // namespace lwaftr::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace lwaftr;
  using namespace lwaftr::fuzz;
  File input, output;
  input.fill(data, size);
  const std::vector<Bytes> records = read_all(input.path(), size);
  PcapWriter writer;
  PROMISE(writer.open(output.path()), "%s", writer.error().c_str());
  size_t total = 0;
  for (const Bytes& record : records) {
    PROMISE(writer.write(record.empty() ? data : record.data(), record.size()), "%s", writer.error().c_str());
    total += record.size();
  }
  PROMISE(writer.close(), "%s", writer.error().c_str());
  if (records.size() && std::all_of(records.begin(), records.end(), [](const Bytes& r) { return r.size() <= 65535; })) {
    PROMISE(read_all(output.path(), total) == records, "written and read again, %zu records differ", records.size());
  }
  return 0;
}
