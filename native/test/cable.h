// A veth pair in a network namespace of the test's own.
#pragma once
#include <functional>
#include <string>

namespace lwaftr::test {

// By the shell. False: it failed.
bool run(const std::string& command);
std::string output(const std::string& command);

// Runs a test in a namespace with a veth pair relay/peer; in a thread, since a thread takes its namespace with it. Says
// so and does nothing where there are no namespaces.
void with_cable(const std::function<void()>& test);

}  // namespace lwaftr::test
