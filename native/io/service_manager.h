// sd_notify(3): what a service tells the service manager that started it. One datagram, which Node has no socket for.
#pragma once
#include <string>

namespace lwaftr {

// `socket` is a path, or '@' and a name in the abstract namespace, as NOTIFY_SOCKET has it. Answers 0 or errno.
int notify_service_manager(const std::string& socket, const std::string& message);

}  // namespace lwaftr
