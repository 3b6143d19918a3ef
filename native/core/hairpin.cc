#include "hairpin.h"

#include "encapsulate.h"

namespace lwaftr {

void hairpin(Core& core, std::vector<Ipv4Packet>& scratch) {
  while (!core.hairpin.empty()) {
    scratch.clear();
    scratch.swap(core.hairpin);
    encapsulate(core, scratch.data(), scratch.size(), Origin::hairpin);
  }
}

}  // namespace lwaftr
