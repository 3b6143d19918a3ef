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

// Keeps `thread` on `cpu`; negative: on those of the thread that calls. Returns an errno when it cannot be.
inline int pin_packet_thread(std::thread& thread, int cpu) {
  cpu_set_t cpus;
  CPU_ZERO(&cpus);
  if (cpu >= 0) {
    CPU_SET(cpu, &cpus);
  } else if (const int problem = pthread_getaffinity_np(pthread_self(), sizeof cpus, &cpus)) {
    return problem;
  }
  return pthread_setaffinity_np(thread.native_handle(), sizeof cpus, &cpus);
}

// Starts `run` on `thread`. `cpu` negative: not pinned. Returns an errno when it runs, but cannot be pinned.
template <typename Run>
int start_packet_thread(std::thread& thread, const std::string& name, int cpu, Run run) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  // It names itself, since naming another thread takes writing in /proc.
  thread = std::thread([name = name.substr(0, 15), run = std::move(run)]() mutable {
    pthread_setname_np(pthread_self(), name.c_str());
    run();
  });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return cpu < 0 ? 0 : pin_packet_thread(thread, cpu);
}

}  // namespace lwaftr
