#include "filter.h"

#include <pcap/pcap.h>

namespace lwaftr {

struct Filter::Program {
  bpf_program code{};
  ~Program() { pcap_freecode(&code); }
};

Filter::Filter() = default;
Filter::~Filter() = default;
Filter::Filter(Filter&&) noexcept = default;
Filter& Filter::operator=(Filter&&) noexcept = default;

std::string Filter::compile(const std::string& pflang) {
  constexpr int kSnapLength = 65535;
  program_.reset();
  if (pflang.empty()) return {};
  auto program = std::make_unique<Program>();
  std::unique_ptr<pcap_t, void (*)(pcap_t*)> pcap(pcap_open_dead(DLT_EN10MB, kSnapLength), pcap_close);
  std::string message;
  if (!pcap) {
    message = "libpcap is out of memory";
  } else if (pcap_compile(pcap.get(), &program->code, pflang.c_str(), 1, PCAP_NETMASK_UNKNOWN) != 0) {
    message = pcap_geterr(pcap.get());
  }
  program_ = std::move(program);
  return message;
}

Filters::Filters(const Settings& settings) {
  ingress4.compile(settings.external.ingress_filter);
  ingress6.compile(settings.internal.ingress_filter);
  egress4.compile(settings.external.egress_filter);
  egress6.compile(settings.internal.egress_filter);
}

bool Filter::accepts(const uint8_t* frame, size_t length) const {
  const auto size = static_cast<uint32_t>(length);
  return program_->code.bf_len && bpf_filter(program_->code.bf_insns, frame, size, size) != 0;
}

}  // namespace lwaftr
