// Threads that carry packets: named, pinned where asked, deaf to signals, which are for the thread that runs
// JavaScript.
#pragma once
#include <pthread.h>
#include <sched.h>
#include <signal.h>

#include <string>
#include <thread>
#include <utility>

namespace lwaftr {

// Starts `run` on `thread`. `cpu` negative: not pinned. Returns an errno when it runs, but cannot be pinned.
template <typename Run>
int start_packet_thread(std::thread& thread, const std::string& name, int cpu, Run run) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread = std::thread(std::move(run));
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  pthread_setname_np(thread.native_handle(), name.substr(0, 15).c_str());
  if (cpu < 0) return 0;
  cpu_set_t cpus;
  CPU_ZERO(&cpus);
  CPU_SET(cpu, &cpus);
  return pthread_setaffinity_np(thread.native_handle(), sizeof cpus, &cpus);
}

}  // namespace lwaftr
