#include "pcap.h"

#include <pcap/pcap.h>

#include <cerrno>
#include <cstring>

namespace lwaftr {

struct PcapReader::Handle {
  pcap_t* pcap = nullptr;
  ~Handle() {
    if (pcap) pcap_close(pcap);
  }
};

PcapReader::PcapReader() = default;
PcapReader::~PcapReader() = default;
PcapReader::PcapReader(PcapReader&&) noexcept = default;
PcapReader& PcapReader::operator=(PcapReader&&) noexcept = default;

bool PcapReader::open(const std::string& path) {
  char message[PCAP_ERRBUF_SIZE] = "";
  path_ = path;
  handle_ = std::make_unique<Handle>();
  // Opened here, since libpcap would take "-" for standard input.
  std::FILE* file = std::fopen(path.c_str(), "rb");
  if (!file) {
    error_ = path + ": " + std::strerror(errno);
    return false;
  }
  handle_->pcap = pcap_fopen_offline_with_tstamp_precision(file, PCAP_TSTAMP_PRECISION_NANO, message);
  if (!handle_->pcap) {
    std::fclose(file);
    error_ = path + ": not a capture file: " + message;
    return false;
  }
  const int link_type = pcap_datalink(handle_->pcap);
  if (link_type != DLT_EN10MB) {
    const char* name = pcap_datalink_val_to_name(link_type);
    error_ = path + ": link type " + (name ? name : std::to_string(link_type)) + " instead of Ethernet";
    return false;
  }
  return true;
}

bool PcapReader::next(Record& record) {
  pcap_pkthdr* header;
  const u_char* data;
  const int result = pcap_next_ex(handle_->pcap, &header, &data);
  if (result == 1) {
    // With nanosecond precision tv_usec holds nanoseconds.
    record = {data, header->caplen,
              static_cast<uint64_t>(header->ts.tv_sec) * 1000000000 + static_cast<uint64_t>(header->ts.tv_usec)};
    return true;
  }
  if (result != PCAP_ERROR_BREAK) error_ = path_ + ": " + pcap_geterr(handle_->pcap);
  return false;
}

namespace {

void put32(uint8_t* at, uint32_t value) {
  for (int i = 0; i < 4; i++) at[i] = static_cast<uint8_t>(value >> 8 * i);
}

}  // namespace

PcapWriter::~PcapWriter() {
  if (file_) std::fclose(file_);
}

bool PcapWriter::fail() {
  if (error_.empty()) error_ = path_ + ": " + std::strerror(errno);
  return false;
}

bool PcapWriter::open(const std::string& path) {
  path_ = path;
  file_ = std::fopen(path.c_str(), "wb");
  if (!file_) return fail();
  uint8_t header[24] = {};
  put32(header, 0xa1b2c3d4);
  header[4] = 2;
  header[6] = 4;
  put32(header + 16, 65535);
  put32(header + 20, 1);
  return std::fwrite(header, sizeof header, 1, file_) == 1 || fail();
}

bool PcapWriter::write(const uint8_t* data, size_t length) {
  uint8_t header[16] = {};
  put32(header + 8, static_cast<uint32_t>(length));
  put32(header + 12, static_cast<uint32_t>(length));
  return (std::fwrite(header, sizeof header, 1, file_) == 1 && std::fwrite(data, 1, length, file_) == length) || fail();
}

bool PcapWriter::close() {
  const bool closed = std::fclose(file_) == 0;
  file_ = nullptr;
  return closed || fail();
}

}  // namespace lwaftr
