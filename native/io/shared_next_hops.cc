#include "shared_next_hops.h"

#include <map>
#include <memory>

namespace lwaftr {
namespace {

template <typename Interface>
NextHopCell* cell_of(const std::string& link, const Interface& interface) {
  static std::map<std::string, std::unique_ptr<NextHopCell>> cells;
  if (!interface.next_hop_ip) return nullptr;
  const std::string tag = interface.vlan_tag ? std::to_string(*interface.vlan_tag) : "untagged";
  const std::string key =
      link + '/' + tag + '/' + std::string(interface.next_hop_ip->begin(), interface.next_hop_ip->end());
  std::unique_ptr<NextHopCell>& cell = cells[key];
  if (!cell) cell = std::make_unique<NextHopCell>();
  return cell.get();
}

}  // namespace

NextHopCell* shared_next_hop(const std::string& link, const ExternalInterface& interface) {
  return cell_of(link, interface);
}

NextHopCell* shared_next_hop(const std::string& link, const InternalInterface& interface) {
  return cell_of(link, interface);
}

}  // namespace lwaftr
