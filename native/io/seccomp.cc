#include "seccomp.h"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <linux/sockios.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <vector>

namespace lwaftr {

namespace {

#if defined(__x86_64__)
constexpr uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#endif

constexpr uint32_t kAllow = SECCOMP_RET_ALLOW;
constexpr uint32_t kRefuse = SECCOMP_RET_ERRNO | EPERM;
constexpr uint32_t kUnknown = SECCOMP_RET_ERRNO | ENOSYS;
constexpr uint32_t kX32 = 0x40000000;  // calls of x86-64's other interface, which nothing here is built for

sock_filter statement(uint16_t code, uint32_t value) { return {code, 0, 0, value}; }
sock_filter unless_equal(uint32_t value, size_t skip) {
  return {BPF_JMP | BPF_JEQ | BPF_K, 0, static_cast<uint8_t>(skip), value};
}
constexpr uint16_t kLoad = BPF_LD | BPF_W | BPF_ABS;
constexpr uint16_t kReturn = BPF_RET | BPF_K;

class Filter {
 public:
  Filter() {
    add(statement(kLoad, offsetof(seccomp_data, arch)));
    add(unless_equal(kArchitecture, 1));
    add({BPF_JMP | BPF_JA, 0, 0, 1});
    add(statement(kReturn, SECCOMP_RET_KILL_PROCESS));
    add(statement(kLoad, offsetof(seccomp_data, nr)));
    add({BPF_JMP | BPF_JGE | BPF_K, 0, 1, kX32});
    add(statement(kReturn, SECCOMP_RET_KILL_PROCESS));
  }

  void add(std::initializer_list<long> calls, uint32_t verdict) {
    for (const long call : calls) {
      add(unless_equal(static_cast<uint32_t>(call), 1));
      add(statement(kReturn, verdict));
    }
  }

  // Allowed where the argument, which the kernel takes as 32 bits or of which those decide, has one of the values under
  // the mask. Refused otherwise.
  void allow_if(long call, size_t argument, uint32_t mask, std::initializer_list<uint32_t> values) {
    add(unless_equal(static_cast<uint32_t>(call), 2 + 2 * values.size() + 1));
    // Little-endian: the low half comes first.
    add(statement(kLoad, static_cast<uint32_t>(offsetof(seccomp_data, args) + 8 * argument)));
    add(statement(BPF_ALU | BPF_AND | BPF_K, mask));
    for (const uint32_t value : values) {
      add(unless_equal(value, 1));
      add(statement(kReturn, kAllow));
    }
    add(statement(kReturn, kRefuse));
  }

  int install(unsigned flags, uint32_t otherwise) {
    add(statement(kReturn, otherwise));
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return errno;
    const sock_fprog program{static_cast<uint16_t>(code_.size()), code_.data()};
    const long problem = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags | SECCOMP_FILTER_FLAG_LOG, &program);
    // Positive: a thread that has another filter.
    return problem == 0 ? 0 : problem < 0 ? errno : EBUSY;
  }

 private:
  void add(sock_filter instruction) { code_.push_back(instruction); }
  std::vector<sock_filter> code_;
};

constexpr uint32_t kEverything = 0xffffffff;

// What a newer kernel may know and the headers do not; the numbers are the same on all machines.
constexpr long kFutexWaitv = 449;
constexpr long kFchmodat2 = 452;
constexpr long kFutexWake = 454, kFutexWait = 455;

}  // namespace

int refuse_new_rings() {
  static const int problem = [] {
    Filter filter;
    filter.add({SYS_io_uring_setup}, kUnknown);
    return filter.install(0, kAllow);
  }();
  return problem;
}

int confine_process() {
  Filter filter;
  // Other programs and processes. Threads are made by clone(), whose flags can be seen; by clone3() they cannot.
  filter.add({SYS_clone3, SYS_openat2, SYS_io_uring_setup, SYS_io_uring_enter, SYS_io_uring_register}, kUnknown);
  filter.allow_if(SYS_clone, 0, CLONE_THREAD, {CLONE_THREAD});
  filter.add({SYS_execve, SYS_execveat, SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev, SYS_process_madvise,
              SYS_kcmp, SYS_kill, SYS_tkill, SYS_rt_sigqueueinfo, SYS_rt_tgsigqueueinfo, SYS_pidfd_open,
              SYS_pidfd_getfd, SYS_pidfd_send_signal, SYS_perf_event_open},
             kRefuse);
  filter.allow_if(SYS_tgkill, 0, kEverything, {static_cast<uint32_t>(getpid())});  // abort()
  // It is connected to, and connects to nobody: not to the leader's doors either.
  filter.add({SYS_connect}, kRefuse);
  // The machine.
  filter.add({SYS_mount,
              SYS_umount2,
              SYS_move_mount,
              SYS_open_tree,
              SYS_fsopen,
              SYS_fsconfig,
              SYS_fsmount,
              SYS_fspick,
              SYS_mount_setattr,
              SYS_pivot_root,
              SYS_chroot,
              SYS_setns,
              SYS_unshare,
              SYS_init_module,
              SYS_finit_module,
              SYS_delete_module,
              SYS_kexec_load,
              SYS_reboot,
              SYS_swapon,
              SYS_swapoff,
              SYS_settimeofday,
              SYS_clock_settime,
              SYS_clock_adjtime,
              SYS_adjtimex,
              SYS_sethostname,
              SYS_setdomainname,
              SYS_quotactl,
              SYS_acct,
              SYS_syslog,
              SYS_add_key,
              SYS_request_key,
              SYS_keyctl,
              SYS_userfaultfd,
              SYS_fanotify_init,
              SYS_name_to_handle_at,
              SYS_open_by_handle_at,
              SYS_personality},
             kRefuse);
  // Files: a shorter one would take memory from under those who map it, among them the leader.
  filter.add({SYS_truncate, SYS_ftruncate, SYS_fchmod, SYS_fchmodat, kFchmodat2, SYS_fchown, SYS_fchownat, SYS_mknodat,
              SYS_setxattr, SYS_lsetxattr, SYS_fsetxattr},
             kRefuse);
  filter.allow_if(SYS_openat, 2, O_TRUNC, {0});
  filter.allow_if(SYS_fallocate, 1, kEverything, {0});
#if defined(__x86_64__)
  filter.add({SYS_fork, SYS_vfork, SYS_creat, SYS_chmod, SYS_chown, SYS_lchown, SYS_mknod, SYS_iopl, SYS_ioperm,
              SYS_kexec_file_load},
             kRefuse);
  filter.allow_if(SYS_open, 1, O_TRUNC, {0});
#endif
  return filter.install(SECCOMP_FILTER_FLAG_TSYNC, kAllow);
}

#if defined(__SANITIZE_THREAD__)
int confine_packet_thread() { return 0; }
#else
int confine_packet_thread() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {};
  if (syscall(SYS_capset, &header, none) != 0) return errno;

  Filter filter;
  // Packets: rings, datagrams, the TAP; the sockets of links in memory.
  filter.add(
      {SYS_read, SYS_readv, SYS_write, SYS_writev, SYS_recvfrom, SYS_recvmsg, SYS_recvmmsg, SYS_sendto, SYS_sendmsg,
       SYS_sendmmsg, SYS_accept4, SYS_shutdown, SYS_close, SYS_getsockopt, SYS_ppoll, SYS_epoll_pwait, SYS_epoll_ctl},
      kAllow);
  // Whether an interface is there, and up.
  filter.allow_if(SYS_socket, 0, kEverything, {AF_INET, AF_UNIX});
  filter.allow_if(SYS_ioctl, 1, kEverything, {SIOCGIFINDEX, SIOCGIFNAME, SIOCGIFMTU, SIOCGIFFLAGS, SIOCGIFHWADDR});
  // Waiting, and time where the kernel has no page for it.
  filter.add({SYS_futex, kFutexWaitv, kFutexWake, kFutexWait, SYS_clock_gettime, SYS_clock_nanosleep, SYS_nanosleep,
              SYS_gettimeofday, SYS_sched_yield, SYS_restart_syscall},
             kAllow);
  // Memory, none of it to be run.
  filter.allow_if(SYS_mmap, 2, PROT_EXEC, {0});
  filter.allow_if(SYS_mprotect, 2, PROT_EXEC, {0});
  filter.add({SYS_munmap, SYS_mremap, SYS_madvise, SYS_brk, SYS_getrandom, SYS_sched_getaffinity}, kAllow);
  // A thread's beginning and end, abort() among them.
  filter.add({SYS_set_robust_list, SYS_rseq, SYS_getpid, SYS_gettid, SYS_rt_sigprocmask, SYS_rt_sigaction,
              SYS_rt_sigreturn, SYS_sigaltstack, SYS_exit, SYS_exit_group, SYS_membarrier, SYS_getcpu},
             kAllow);
  filter.allow_if(SYS_tgkill, 0, kEverything, {static_cast<uint32_t>(getpid())});
#if defined(__x86_64__)
  filter.add({SYS_poll, SYS_epoll_wait}, kAllow);
#endif
  return filter.install(0, kRefuse);
}
#endif

}  // namespace lwaftr
