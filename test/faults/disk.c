// A disk that is slow, that fails, or that loses power, as a relay meets it: preloaded, between it and the C library.
// Only lmdb's file is concerned. What the disk does is in a small file that the test writes to and this maps.
//
//   FAULTS_DISK     that file: struct control, below and in disk.ts
//   FAULTS_JOURNAL  where to note, before each write, what it replaces, and then what has become durable: with it the
//                   test puts back what a loss of power would have lost (power.ts)
//   FAULTS_BOOT     eight digits: lmdb asks whether the machine was started again, and after a loss of power it was
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { kWrite = 1, kDurableWrite = 2, kSync = 4 };

struct control {
  uint32_t delay;       // milliseconds that each operation takes
  uint32_t error;       // errno of those that fail
  uint32_t failing;     // which of them do: the sum of their kinds
  uint32_t die_at;      // the leader dies in its operation of this number; 0: in none
  uint32_t operations;  // of the leader, so far
};

struct note {
  uint32_t kind;  // of the operation: kWrite: begins, what follows is replaced; others: is durable, all of it or a part
  uint32_t old;   // bytes that follow
  uint64_t offset, length;
  uint64_t size;  // of the file, before
};

static struct control* control;
static int journal = -1;
static int leads;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

__attribute__((constructor)) static void begin(void) {
  char words[4096];
  int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
  ssize_t length = NEXT(read)(fd, words, sizeof words);
  close(fd);
  // Workers write to no disk, and may not call what this would.
  if (length <= 0 || memmem(words, length, "worker-process", 14)) return;
  leads = memmem(words, length, "\0run\0", 5) != NULL;
  const char* path = getenv("FAULTS_DISK");
  fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
  if (fd < 0) return;
  void* memory = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  if (memory == MAP_FAILED) abort();
  control = memory;
  path = getenv("FAULTS_JOURNAL");
  if (path) journal = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static int leads_to(int fd, const char* end) {
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path);
  ssize_t wanted = strlen(end);
  return length >= wanted && !memcmp(path + length - wanted, end, wanted);
}

static int concerns(int fd) {
  if (!control) return 0;
  int before = errno;
  int found = leads_to(fd, "/data.mdb");
  errno = before;
  return found;
}

static int is_durable(int fd) { return (fcntl(fd, F_GETFL) & O_DSYNC) != 0; }

static void note(struct note note, const void* old) {
  if (journal < 0) return;
  struct iovec parts[] = {{&note, sizeof note}, {(void*)old, note.old}};
  if (NEXT(writev)(journal, parts, 2) != (ssize_t)(sizeof note + note.old)) abort();
}

static void note_write(int fd, uint64_t offset, uint64_t length) {
  struct stat file;
  if (journal < 0 || fstat(fd, &file)) return;
  char path[64];
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  char* old = malloc(length + 1024);
  // Whole sectors: what is lost is.
  uint64_t begin = offset / 512 * 512, end = (offset + length + 511) / 512 * 512;
  int reader = open(path, O_RDONLY | O_CLOEXEC);
  ssize_t got = pread(reader, old, end - begin, begin);
  if (got < 0) abort();
  close(reader);
  note((struct note){kWrite, got, begin, end - begin, file.st_size}, old);
  free(old);
}

// Before an operation: true when it fails. With the mutex locked.
static int begins(int kind) {
  if (control->delay) {
    struct timespec time = {control->delay / 1000, control->delay % 1000 * 1000000L};
    nanosleep(&time, NULL);
  }
  errno = control->error;
  return (control->failing & kind) != 0;
}

// True when the power is lost in this one.
static int is_last(void) { return leads && ++control->operations == control->die_at; }

static void die(void) {
  kill(getpid(), SIGKILL);
  for (;;) pause();
}

static ssize_t written(int fd, const struct iovec* parts, int count, off_t offset, int seeks) {
  pthread_mutex_lock(&mutex);
  int kind = is_durable(fd) ? kDurableWrite : kWrite;
  uint64_t length = 0;
  for (int i = 0; i < count; i++) length += parts[i].iov_len;
  if (begins(kind)) {
    pthread_mutex_unlock(&mutex);
    return -1;
  }
  note_write(fd, offset, length);
  ssize_t result = seeks ? NEXT(writev)(fd, parts, count) : pwritev(fd, parts, count, offset);
  if (is_last()) die();
  if (kind == kDurableWrite && result == (ssize_t)length)
    note((struct note){kind, 0, offset, length, 0}, NULL);
  pthread_mutex_unlock(&mutex);
  return result;
}

static int synced(int fd, int (*sync)(int)) {
  pthread_mutex_lock(&mutex);
  int result = begins(kSync) ? -1 : 0;
  if (result == 0) {
    if (is_last()) die();
    result = sync(fd);
    if (result == 0) note((struct note){kSync, 0, 0, 0, 0}, NULL);
  }
  pthread_mutex_unlock(&mutex);
  return result;
}

ssize_t pwrite64(int fd, const void* data, size_t length, off64_t offset) {
  if (!concerns(fd)) return NEXT(pwrite64)(fd, data, length, offset);
  struct iovec part = {(void*)data, length};
  return written(fd, &part, 1, offset, 0);
}

ssize_t pwrite(int fd, const void* data, size_t length, off_t offset) { return pwrite64(fd, data, length, offset); }

ssize_t writev(int fd, const struct iovec* parts, int count) {
  if (!concerns(fd)) return NEXT(writev)(fd, parts, count);
  return written(fd, parts, count, lseek(fd, 0, SEEK_CUR), 1);
}

ssize_t write(int fd, const void* data, size_t length) {
  if (!concerns(fd)) return NEXT(write)(fd, data, length);
  struct iovec part = {(void*)data, length};
  return written(fd, &part, 1, lseek(fd, 0, SEEK_CUR), 1);
}

int fdatasync(int fd) { return concerns(fd) ? synced(fd, NEXT(fdatasync)) : NEXT(fdatasync)(fd); }
int fsync(int fd) { return concerns(fd) ? synced(fd, NEXT(fsync)) : NEXT(fsync)(fd); }

// Ways to write that lmdb has, and does not go here: should it, the test would prove nothing.
int msync(void* address, size_t length, int flags) {
  if (control) abort();
  return NEXT(msync)(address, length, flags);
}

int ftruncate64(int fd, off64_t length) {
  if (concerns(fd)) abort();
  return NEXT(ftruncate64)(fd, length);
}

ssize_t read(int fd, void* data, size_t length) {
  ssize_t result = NEXT(read)(fd, data, length);
  const char* boot = control ? getenv("FAULTS_BOOT") : NULL;
  if (boot && result >= 8 && leads_to(fd, "/boot_id")) memcpy(data, boot, 8);
  return result;
}
