import { allow, type SeccompRule } from "./rule.ts";

/**
 * Calls that a Python program makes whatever its arguments: they act on the caller, on what it has opened, or on paths
 * that the mount namespace and Landlock judge.
 */
export const ALLOWED: readonly SeccompRule[] = [
  allow(
    `read write readv writev pread64 pwrite64 preadv pwritev preadv2 pwritev2 lseek close close_range dup dup2 dup3
     pipe pipe2 flock fsync fdatasync sync_file_range fadvise64 readahead fallocate ftruncate
     sendfile splice tee copy_file_range`,
    "file contents, through a descriptor that is already open",
  ),
  allow(
    `stat fstat lstat newfstatat statx access faccessat faccessat2 readlink readlinkat statfs fstatfs
     getdents getdents64 getcwd chdir fchdir umask`,
    "what is there: paths lead no further than the jail's mounts and Landlock",
  ),
  allow(
    `mkdir mkdirat rmdir unlink unlinkat rename renameat renameat2 link linkat symlink symlinkat truncate
     chown fchown lchown fchownat utime utimes futimesat utimensat`,
    "changing the tree: only where the policy mounted it writable, and without any capability",
  ),
  allow(
    `getxattr lgetxattr fgetxattr getxattrat listxattr llistxattr flistxattr listxattrat setxattr lsetxattr fsetxattr
     setxattrat removexattr lremovexattr fremovexattr removexattrat`,
    "shutil.copystat copies extended attributes; without capabilities only those of the user's own kind",
  ),
  allow(
    `brk mmap munmap mremap mprotect msync madvise mincore mlock mlock2 munlock mlockall munlockall mseal
     pkey_alloc pkey_free pkey_mprotect map_shadow_stack membarrier`,
    "the caller's own memory, bounded by rlimits; ctypes and compilers need executable pages",
  ),
  allow(
    `futex futex_waitv futex_wake futex_wait futex_requeue rseq set_robust_list set_tid_address
     sched_yield getcpu gettid exit exit_group restart_syscall`,
    "threads and their locks",
  ),
  allow(
    `rt_sigaction rt_sigprocmask rt_sigreturn rt_sigpending rt_sigtimedwait rt_sigsuspend sigaltstack
     signalfd signalfd4 pause`,
    "receiving signals; sending them is another rule",
  ),
  allow(
    `clock_gettime clock_getres clock_nanosleep nanosleep gettimeofday time times alarm getitimer setitimer
     timer_create timer_settime timer_gettime timer_getoverrun timer_delete
     timerfd_create timerfd_settime timerfd_gettime`,
    "reading the clock and waiting; a timer signals only its own process",
  ),
  allow(
    `select pselect6 poll ppoll epoll_create epoll_create1 epoll_ctl epoll_wait epoll_pwait epoll_pwait2
     eventfd eventfd2`,
    "waiting for descriptors: asyncio and selectors",
  ),
  allow(
    `sendto sendmsg sendmmsg recvfrom recvmsg recvmmsg shutdown getsockname getpeername getsockopt`,
    "the two ends of a socketpair, as asyncio and multiprocessing use them; no other socket exists",
  ),
  allow(
    `getpid getppid getpgid getpgrp getsid setpgid setsid wait4 waitid
     getuid geteuid getgid getegid getresuid getresgid getgroups capget`,
    "who the caller is, and waiting for its own children",
  ),
  allow(
    `getrlimit setrlimit getrusage getpriority sched_getaffinity sched_getparam sched_getscheduler sched_getattr
     sched_get_priority_max sched_get_priority_min sched_rr_get_interval ioprio_get sysinfo uname getrandom`,
    "facts and limits; a hard limit can only be lowered",
  ),
  allow("uretprobe uprobe", "the kernel makes a process call these itself, when the host's owner probes it"),
];
