// A clock that a test sets, preloaded between a relay and the C library: the machine's own is never touched. Packet
// threads may open no file, which is what faketime does at each look; this maps its file before they begin.
//
//   FAULTS_CLOCK  that file: nanoseconds by which CLOCK_REALTIME is ahead, 64 bits
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const int64_t none = 0;
static const volatile int64_t* ahead = &none;
static int (*real)(clockid_t, struct timespec*);

__attribute__((constructor)) static void begin(void) {
  real = (__typeof__(real))dlsym(RTLD_NEXT, "clock_gettime");
  const char* path = getenv("FAULTS_CLOCK");
  int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
  if (fd < 0) return;
  void* memory = mmap(NULL, sizeof *ahead, PROT_READ, MAP_SHARED, fd, 0);
  close(fd);
  if (memory == MAP_FAILED) abort();
  ahead = memory;
}

int clock_gettime(clockid_t clock, struct timespec* time) {
  // Somebody may ask before this has begun.
  if (!real) real = (__typeof__(real))dlsym(RTLD_NEXT, "clock_gettime");
  int result = real(clock, time);
  if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
    int64_t now = time->tv_sec * 1000000000LL + time->tv_nsec + *ahead;
    time->tv_sec = now / 1000000000;
    time->tv_nsec = now % 1000000000;
  }
  return result;
}

int gettimeofday(struct timeval* restrict time, void* restrict zone) {
  (void)zone;
  struct timespec now;
  int result = clock_gettime(CLOCK_REALTIME, &now);
  time->tv_sec = now.tv_sec;
  time->tv_usec = now.tv_nsec / 1000;
  return result;
}

time_t time(time_t* into) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (into) *into = now.tv_sec;
  return now.tv_sec;
}
