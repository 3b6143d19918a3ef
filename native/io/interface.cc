#include "interface.h"

#include <dirent.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cctype>
#include <cstring>

namespace lwaftr {

namespace {

// domain:bus:device.function, the domain optional: bb:dd.f
bool is_pci_address(const std::string& text) {
  static constexpr const char* kForms[] = {"xx:xx.x", "xxxx:xx:xx.x"};
  for (const char* form : kForms) {
    if (text.size() != strlen(form)) continue;
    bool fits = true;
    for (size_t i = 0; i < text.size(); i++) {
      fits = fits && (form[i] == 'x' ? isxdigit(static_cast<unsigned char>(text[i])) != 0 : text[i] == form[i]);
    }
    if (fits) return true;
  }
  return false;
}

}  // namespace

std::optional<InterfaceInfo> interface_info(const std::string& name) {
  if (name.empty() || name.size() >= IFNAMSIZ) return std::nullopt;
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return std::nullopt;
  InterfaceInfo info;
  ifreq request{};
  memcpy(request.ifr_name, name.data(), name.size());
  bool found = ioctl(fd, SIOCGIFINDEX, &request) == 0;
  if (found) {
    info.index = request.ifr_ifindex;
    found = ioctl(fd, SIOCGIFMTU, &request) == 0;
    info.mtu = static_cast<uint32_t>(request.ifr_mtu);
  }
  if (found) {
    found = ioctl(fd, SIOCGIFFLAGS, &request) == 0;
    info.up = (request.ifr_flags & IFF_UP) != 0;
    info.running = info.up && (request.ifr_flags & IFF_RUNNING) != 0;
  }
  if (found) {
    found = ioctl(fd, SIOCGIFHWADDR, &request) == 0;
    memcpy(info.mac.data(), request.ifr_hwaddr.sa_data, 6);
  }
  close(fd);
  if (!found) return std::nullopt;
  return info;
}

std::string resolve_interface(const std::string& device) {
  if (!is_pci_address(device)) return device;
  std::string address = device.size() == strlen("xx:xx.x") ? "0000:" + device : device;
  for (char& c : address) c = static_cast<char>(tolower(static_cast<unsigned char>(c)));
  DIR* directory = opendir(("/sys/bus/pci/devices/" + address + "/net").c_str());
  if (!directory) return device;
  std::string name = device;
  while (const dirent* entry = readdir(directory)) {
    if (entry->d_name[0] != '.') name = entry->d_name;
  }
  closedir(directory);
  return name;
}

}  // namespace lwaftr
