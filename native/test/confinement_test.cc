// A confined process tries what it may not, and what it must: each attempt in a process of its own, by the bare system
// call, as somebody who has taken it over would.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <functional>
#include <string>
#include <thread>

#include "io/landlock.h"
#include "io/seccomp.h"

namespace lwaftr::test {

namespace {

constexpr int kCannot = 255;  // there is nothing to confine with

// What `act` left in errno, 0 for success, after `confine` in a process of its own.
int confined(const std::function<int()>& confine, const std::function<long()>& act) {
  const pid_t child = fork();
  if (child == 0) {
    if (confine() != 0) _exit(kCannot);
    errno = 0;
    _exit(act() < 0 ? errno : 0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

struct Attempt {
  const char* what;
  std::function<long()> act;
  int expected;  // errno, or 0
};

// Files of the test, removed with it.
struct Folder {
  std::string path = "/tmp/lwaftr-confinement-" + std::to_string(getpid());
  Folder() {
    for (const char* name : {"", "/ours", "/shared", "/others"}) ::mkdir((path + name).c_str(), 0700);
    for (const char* name : {"/ours/file", "/shared/file", "/others/secret"})
      close(open((path + name).c_str(), O_CREAT | O_RDWR, 0600));
  }
  ~Folder() {
    for (const char* directory : {"/ours", "/shared", "/others"}) {
      for (const char* name : {"/file", "/new", "/secret"}) unlink((path + directory + name).c_str());
      rmdir((path + directory).c_str());
    }
    rmdir(path.c_str());
  }
};

long opened(const std::string& path, int flags) { return open(path.c_str(), flags, 0600); }

long make_thread() {
  int ran = 0;
  std::thread([&] { ran = 1; }).join();
  return ran - 1;
}

}  // namespace

TEST_CASE("a confined process starts nothing, reaches nobody, and takes nothing from under others") {
  const Folder folder;
  const std::string file = folder.path + "/ours/file";
  const int fd = open(file.c_str(), O_RDWR);
  REQUIRE(ftruncate(fd, 8192) == 0);
  const pid_t parent = getpid();
  const char* const words[] = {"/bin/true", nullptr};
  const sockaddr nowhere{AF_UNIX, "/nowhere"};
  const Attempt attempts[] = {
      {"another program", [&] { return syscall(SYS_execve, words[0], words, nullptr); }, EPERM},
      {"another program by descriptor", [&] { return syscall(SYS_execveat, fd, "", words, nullptr, 0x1000); }, EPERM},
      {"another process", [] { return syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0); }, EPERM},
      {"another process, by a structure", [] { return syscall(SYS_clone3, nullptr, 0); }, ENOSYS},
      {"a debugger", [&] { return syscall(SYS_ptrace, 16, parent, 0, 0); }, EPERM},
      {"another process's memory", [&] { return syscall(SYS_process_vm_writev, parent, 0, 0, 0, 0, 0); }, EPERM},
      {"a signal to the leader", [&] { return syscall(SYS_kill, parent, SIGKILL); }, EPERM},
      {"a signal to everybody", [] { return syscall(SYS_kill, -1, SIGKILL); }, EPERM},
      {"a signal to a thread of the leader's", [&] { return syscall(SYS_tgkill, parent, parent, SIGKILL); }, EPERM},
      {"a connection", [&] { return syscall(SYS_connect, socket(AF_UNIX, SOCK_STREAM, 0), &nowhere, 16); }, EPERM},
      {"a mount", [] { return syscall(SYS_mount, "none", "/mnt", "tmpfs", 0, nullptr); }, EPERM},
      {"a namespace", [] { return syscall(SYS_unshare, 0x10000000); }, EPERM},
      {"a module", [&] { return syscall(SYS_finit_module, fd, "", 0); }, EPERM},
      {"calls by a ring", [] { return syscall(SYS_io_uring_setup, 1, nullptr); }, ENOSYS},
      {"a file cut", [&] { return syscall(SYS_ftruncate, fd, 0); }, EPERM},
      {"a file cut by opening it", [&] { return opened(file, O_RDWR | O_TRUNC); }, EPERM},
      {"a file cut by opening it, by a structure", [] { return syscall(SYS_openat2, 0, nullptr, nullptr, 0); }, ENOSYS},
      {"a hole in a file", [&] { return syscall(SYS_fallocate, fd, 3, 0, 4096); }, EPERM},
      {"a file opened to writing", [&] { return syscall(SYS_fchmod, fd, 0777); }, EPERM},
      {"room for counters", [&] { return syscall(SYS_fallocate, fd, 0, 0, 16384); }, 0},
      {"a file", [&] { return opened(file, O_RDWR); }, 0},
      {"a thread", make_thread, 0},
  };
  for (const Attempt& attempt : attempts) {
    CAPTURE(attempt.what);
    CHECK(confined(confine_process, attempt.act) == attempt.expected);
  }
  CHECK(confined(confine_process, [] { return signal(SIGABRT, SIG_DFL), abort(), 0L; }) == 1000 + SIGABRT);
  close(fd);
}

TEST_CASE("all threads of a process are confined, those of before as well") {
  const auto elsewhere = [] {
    long answer = 0;
    std::thread thread([&] {
      while (prctl(PR_GET_SECCOMP) == 0) usleep(1000);
      answer = syscall(SYS_kill, 1, 0) < 0 ? -errno : 0;
    });
    if (confine_process() != 0) return -static_cast<long>(kCannot);
    thread.join();
    errno = static_cast<int>(-answer);
    return answer < 0 ? -1L : 0L;
  };
  CHECK(confined([] { return 0; }, elsewhere) == EPERM);
}

TEST_CASE("a packet thread has its packets, memory and time, and nothing else") {
#if defined(__SANITIZE_THREAD__)
  MESSAGE("not with ThreadSanitizer, which makes system calls of its own");
  return;
#endif
  const Folder folder;
  const std::string file = folder.path + "/ours/file";
  int pair[2];
  REQUIRE(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) == 0);
  char byte = 0;
  pollfd wait{pair[0], POLLIN, 0};
  const auto map = [](int protection) {
    return mmap(nullptr, 1 << 20, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? -1L : 0L;
  };
  const auto ask = [](unsigned long what) {
    ifreq request{};
    strcpy(request.ifr_name, "lo");
    return static_cast<long>(ioctl(socket(AF_INET, SOCK_DGRAM, 0), what, &request));
  };
  const Attempt attempts[] = {
      {"a file", [&] { return opened(file, O_RDONLY); }, EPERM},
      {"another packet socket", [] { return static_cast<long>(socket(AF_PACKET, SOCK_RAW, 0)); }, EPERM},
      {"a program in the kernel", [] { return syscall(SYS_bpf, 0, nullptr, 0); }, EPERM},
      {"memory that can be run", [&] { return map(PROT_READ | PROT_EXEC); }, EPERM},
      {"a thread", [] { return syscall(SYS_clone, 0x3d0f00, 0, 0, 0, 0); }, EPERM},
      {"an interface set down", [&] { return ask(SIOCSIFFLAGS); }, EPERM},
      {"a child waited for", [] { return syscall(SYS_wait4, -1, nullptr, 1, nullptr); }, EPERM},
      {"more of itself", [] { return syscall(SYS_execve, "/bin/true", nullptr, nullptr); }, EPERM},
      {"a datagram out", [&] { return static_cast<long>(send(pair[1], &byte, 1, 0)); }, 0},
      {"a wait", [&] { return static_cast<long>(poll(&wait, 1, 1)); }, 0},
      {"memory", [&] { return map(PROT_READ | PROT_WRITE); }, 0},
      {"an interface's state", [&] { return ask(SIOCGIFFLAGS); }, 0},
  };
  for (const Attempt& attempt : attempts) {
    CAPTURE(attempt.what);
    CHECK(confined(confine_packet_thread, attempt.act) == attempt.expected);
  }
  for (int end : pair) close(end);
}

TEST_CASE("only the files that are named can be opened, made or removed") {
  const Folder folder;
  const auto confine = [&] {
    return confine_files({{"/proc/self", folder.path + "/absent"}, {folder.path + "/shared"}, {folder.path + "/ours"}});
  };
  if (confined(confine, [] { return 0L; }) == kCannot) {
    MESSAGE("this kernel has no Landlock");
    return;
  }
  const Attempt attempts[] = {
      {"a file of ours", [&] { return opened(folder.path + "/ours/file", O_RDWR); }, 0},
      {"a new file of ours", [&] { return opened(folder.path + "/ours/new", O_RDWR | O_CREAT); }, 0},
      {"a shared file", [&] { return opened(folder.path + "/shared/file", O_RDWR); }, 0},
      {"a new file beside", [&] { return opened(folder.path + "/shared/new", O_RDWR | O_CREAT); }, EACCES},
      {"a shared file removed", [&] { return static_cast<long>(unlink((folder.path + "/shared/file").c_str())); },
       EACCES},
      {"a shared file renamed",
       [&] {
         return static_cast<long>(rename((folder.path + "/shared/file").c_str(), (folder.path + "/ours/new").c_str()));
       },
       EACCES},
      {"what is readable", [] { return opened("/proc/self/status", O_RDONLY); }, 0},
      {"writing to what is readable", [] { return opened("/proc/self/comm", O_WRONLY); }, EACCES},
      {"a secret", [&] { return opened(folder.path + "/others/secret", O_RDONLY); }, EACCES},
      {"the password file", [] { return opened("/etc/passwd", O_RDONLY); }, EACCES},
      {"the same by another way", [&] { return opened(folder.path + "/ours/../others/secret", O_RDONLY); }, EACCES},
      {"a new file of others", [&] { return opened(folder.path + "/others/new", O_RDWR | O_CREAT); }, EACCES},
      {"a file removed", [&] { return static_cast<long>(unlink((folder.path + "/others/secret").c_str())); }, EACCES},
      {"a file of ours removed", [&] { return static_cast<long>(unlink((folder.path + "/ours/file").c_str())); }, 0},
  };
  for (const Attempt& attempt : attempts) {
    CAPTURE(attempt.what);
    CHECK(confined(confine, attempt.act) == attempt.expected);
  }
}

}  // namespace lwaftr::test
