import { answer, refuse, type SeccompRule } from "./rule.ts";

/** Calls that no cell may make. Most need a capability anyway: what is refused here never reaches the code behind it. */
export const REFUSED: readonly SeccompRule[] = [
  refuse("unshare setns", "a user namespace of its own gives a process every capability inside it"),
  refuse(
    `mount umount2 pivot_root chroot open_tree open_tree_attr move_mount mount_setattr fsopen fsconfig fsmount fspick`,
    "the jail's walls are mounts",
  ),
  refuse("statmount listmount", "mounts describe the host"),
  refuse("name_to_handle_at open_by_handle_at", "a file handle opens files past every path check"),
  refuse(
    `ptrace process_vm_readv process_vm_writev process_madvise process_mrelease kcmp`,
    "reaching into another process: the keeper and the checkpoints have the same user",
  ),
  refuse(
    "pidfd_open pidfd_getfd",
    "a pidfd names a process for signals and descriptors; asyncio falls back to a waiting thread",
  ),
  refuse("bpf", "loads programs into the kernel"),
  refuse("perf_event_open", "counts other processes' work, and was behind many kernel holes"),
  refuse("userfaultfd", "stops the kernel in the middle of a copy, which makes races winnable"),
  refuse("io_uring_setup io_uring_enter io_uring_register", "makes calls that no seccomp filter sees"),
  refuse(
    "io_setup io_destroy io_submit io_cancel io_getevents io_pgetevents",
    "kernel AIO: nothing in Python uses it, and it holds kernel memory",
  ),
  refuse("add_key request_key keyctl", "keyrings are shared with other processes of the same user"),
  refuse(
    "init_module finit_module delete_module kexec_load kexec_file_load reboot",
    "replaces the kernel, or parts",
  ),
  refuse(
    "swapon swapoff acct quotactl quotactl_fd syslog vhangup sethostname setdomainname",
    "administers the host",
  ),
  refuse("settimeofday clock_settime clock_adjtime adjtimex", "the clock is everybody's"),
  refuse(
    "sync syncfs",
    "writes out whole file systems of the host, again and again; fsync does one's own file",
  ),
  refuse("iopl ioperm modify_ldt", "ports and segments of the processor"),
  refuse(
    "setuid setgid setreuid setregid setresuid setresgid setfsuid setfsgid setgroups capset",
    "who the worker is was settled before it started",
  ),
  refuse(
    "seccomp landlock_create_ruleset landlock_add_rule landlock_restrict_self",
    "confinement is complete; another filter could take calls away from the keeper",
  ),
  refuse("lsm_get_self_attr lsm_set_self_attr lsm_list_modules", "the host's security modules"),
  refuse(
    `shmget shmat shmctl shmdt semget semop semtimedop semctl msgget msgsnd msgrcv msgctl
     mq_open mq_unlink mq_timedsend mq_timedreceive mq_notify mq_getsetattr`,
    "memory that outlives the process and no rlimit counts; where there is no IPC namespace, the host's own",
  ),
  refuse(
    "memfd_create memfd_secret",
    "memory that neither the rlimits nor the watchdog see; /tmp has a size, anonymous mmap is counted",
  ),
  refuse(
    "mbind set_mempolicy get_mempolicy set_mempolicy_home_node migrate_pages move_pages",
    "placement in NUMA nodes, also of other processes; libnuma takes this as a machine without",
  ),
  refuse(
    "inotify_init inotify_init1 inotify_add_watch inotify_rm_watch fanotify_init fanotify_mark cachestat",
    "tells of other sessions' use of shared files",
  ),
  refuse(
    "bind listen accept accept4 connect",
    "there is no socket to use it on: a pair is connected already",
  ),
  refuse("ioprio_set vmsplice file_getattr file_setattr", "nothing in Python needs it"),
  refuse("uselib ustat sysfs lookup_dcookie nfsservctl _sysctl", "left over from older kernels"),
];

/** Calls that answer as if they had never been written, because callers then take an older way that a filter can read. */
export const ABSENT: readonly SeccompRule[] = [
  answer("ENOSYS", "clone3", "its flags lie in memory, out of a filter's sight; libc falls back to clone"),
  answer(
    "ENOSYS",
    "openat2",
    "its mode lies in memory, out of a filter's sight; callers fall back to openat",
  ),
  answer("ENOSYS", "remap_file_pages", "mmap does it since Linux 4.0"),
  answer(
    "ENOSYS",
    `create_module get_kernel_syms query_module getpmsg putpmsg afs_syscall tuxcall security vserver
     epoll_ctl_old epoll_wait_old set_thread_area get_thread_area`,
    "Linux has only a number for it here, no call",
  ),
];
