#include "device.h"

#include <cstring>

namespace lwaftr {

void OpenError::set(int error_number, const std::string& interface, const char* doing) {
  number = error_number;
  message = interface + ": " + doing + ": " + strerror(error_number);
}

}  // namespace lwaftr
