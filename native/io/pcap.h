// Capture files: read by libpcap in whatever form it knows, written in one.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>

namespace lwaftr {

class PcapReader {
 public:
  struct Record {
    const uint8_t* data;  // valid until the next call
    size_t length;        // bytes captured
    uint64_t time;        // nanoseconds since 1970
  };

  PcapReader();
  ~PcapReader();
  PcapReader(PcapReader&&) noexcept;
  PcapReader& operator=(PcapReader&&) noexcept;

  // False, and error() says why, when the file is missing, no capture, or not of Ethernet frames.
  bool open(const std::string& path);
  // False at the end of the file, or, with error() set, where it is damaged.
  bool next(Record& record);
  const std::string& error() const { return error_; }

 private:
  struct Handle;
  std::unique_ptr<Handle> handle_;
  std::string path_;
  std::string error_;
};

// Little-endian, microseconds, version 2.4, snaplen 65535, Ethernet; every record at time 0.
class PcapWriter {
 public:
  PcapWriter() = default;
  PcapWriter(const PcapWriter&) = delete;
  PcapWriter& operator=(const PcapWriter&) = delete;
  ~PcapWriter();

  bool open(const std::string& path);
  bool write(const uint8_t* data, size_t length);
  // Everything is on its way to the file, or error() says why not.
  bool close();
  const std::string& error() const { return error_; }

 private:
  bool fail();

  std::FILE* file_ = nullptr;
  std::string path_;
  std::string error_;
};

}  // namespace lwaftr
