/** Numbers from Linux's own headers that the rules compare with. All are the same on x86_64 and aarch64. */

/** `linux/sched.h`. */
export const CLONE = {
  PIDFD: 0x1000,
  PTRACE: 0x2000,
  PARENT: 0x8000,
  THREAD: 0x1_0000,
  NEWNS: 0x2_0000,
  UNTRACED: 0x80_0000,
  NEWCGROUP: 0x200_0000,
  NEWUTS: 0x400_0000,
  NEWIPC: 0x800_0000,
  NEWUSER: 0x1000_0000,
  NEWPID: 0x2000_0000,
  NEWNET: 0x4000_0000,
} as const;

/** `asm-generic/fcntl.h`. */
export const OPEN = { CREAT: 0o100, TMPFILE: 0o2000_0000 } as const;

/** `linux/stat.h`. */
export const MODE = { TYPE: 0o17_0000, FIFO: 0o1_0000, REGULAR: 0o10_0000, SETID: 0o6000 } as const;

/** Commands of fcntl (`asm-generic/fcntl.h`, `linux/fcntl.h`): what a worker may ask for. A line added here is a grant. */
export const HARMLESS_FCNTL = {
  DUPFD: 0,
  GETFD: 1,
  SETFD: 2,
  GETFL: 3,
  SETFL: 4,
  GETLK: 5,
  SETLK: 6,
  SETLKW: 7,
  GETOWN: 9,
  GETSIG: 11,
  GETOWN_EX: 16,
  OFD_GETLK: 36,
  OFD_SETLK: 37,
  OFD_SETLKW: 38,
  GETLEASE: 1025,
  DUPFD_QUERY: 1027,
  DUPFD_CLOEXEC: 1030,
  SETPIPE_SZ: 1031,
  GETPIPE_SZ: 1032,
  ADD_SEALS: 1033,
  GET_SEALS: 1034,
} as const;

/** The rest that a rule names. */
export const FCNTL = {
  SETOWN: 8,
  SETSIG: 10,
  SETOWN_EX: 15,
  SETLEASE: 1024,
  NOTIFY: 1026,
} as const;

/** Requests of ioctl (`asm-generic/ioctls.h`, `linux/fs.h`): what a worker may ask for. A line added here is a grant. */
export const HARMLESS_IOCTL = {
  TCGETS: 0x5401,
  TCSETS: 0x5402,
  TCSETSW: 0x5403,
  TCSETSF: 0x5404,
  TCSBRK: 0x5409,
  TCXONC: 0x540a,
  TCFLSH: 0x540b,
  TIOCSCTTY: 0x540e,
  TIOCGPGRP: 0x540f,
  TIOCSPGRP: 0x5410,
  TIOCOUTQ: 0x5411,
  TIOCGWINSZ: 0x5413,
  TIOCSWINSZ: 0x5414,
  FIONREAD: 0x541b,
  FIONBIO: 0x5421,
  TIOCNOTTY: 0x5422,
  TCSBRKP: 0x5425,
  TIOCGSID: 0x5429,
  TCGETS2: 0x802c_542a,
  TCSETS2: 0x402c_542b,
  TCSETSW2: 0x402c_542c,
  TCSETSF2: 0x402c_542d,
  TIOCGPTN: 0x8004_5430,
  TIOCSPTLCK: 0x4004_5431,
  TIOCGPTPEER: 0x5441,
  FIONCLEX: 0x5450,
  FIOCLEX: 0x5451,
  FICLONE: 0x4004_9409,
  FICLONERANGE: 0x4020_940d,
  FS_IOC_GETFLAGS: 0x8008_6601,
} as const;

/** The rest that a rule names. */
export const IOCTL = {
  TIOCSTI: 0x5412,
  TIOCLINUX: 0x541c,
  TIOCSETD: 0x5423,
} as const;

/** Options of prctl (`linux/prctl.h`): what a worker may ask for. A line added here is a grant. */
export const HARMLESS_PRCTL = {
  GET_PDEATHSIG: 2,
  GET_DUMPABLE: 3,
  GET_KEEPCAPS: 7,
  SET_NAME: 15,
  GET_NAME: 16,
  GET_SECCOMP: 21,
  CAPBSET_READ: 23,
  GET_TSC: 25,
  GET_SECUREBITS: 27,
  SET_TIMERSLACK: 29,
  GET_TIMERSLACK: 30,
  GET_CHILD_SUBREAPER: 37,
  SET_NO_NEW_PRIVS: 38,
  GET_NO_NEW_PRIVS: 39,
  SET_THP_DISABLE: 41,
  GET_THP_DISABLE: 42,
  SVE_GET_VL: 51,
  GET_SPECULATION_CTRL: 52,
  GET_TAGGED_ADDR_CTRL: 56,
} as const;

/** The rest that a rule names. */
export const PRCTL = {
  SET_PDEATHSIG: 1,
  SET_DUMPABLE: 4,
  SET_KEEPCAPS: 8,
  SET_SECCOMP: 22,
  CAPBSET_DROP: 24,
  SET_SECUREBITS: 28,
  SET_MM: 35,
  SET_CHILD_SUBREAPER: 36,
  CAP_AMBIENT: 47,
  SET_SPECULATION_CTRL: 53,
  SET_PTRACER: 0x5961_6d61,
} as const;

/** Options of arch_prctl (`asm/prctl.h` of x86): what a worker may ask for. A line added here is a grant. */
export const HARMLESS_ARCH_PRCTL = {
  SET_GS: 0x1001,
  SET_FS: 0x1002,
  GET_FS: 0x1003,
  GET_GS: 0x1004,
  GET_XCOMP_SUPP: 0x1021,
  GET_XCOMP_PERM: 0x1022,
  REQ_XCOMP_PERM: 0x1023,
} as const;

/** `linux/socket.h` and `asm-generic/socket.h`. */
export const SOCKET = {
  AF_UNIX: 1,
  STREAM: 1,
  SEQPACKET: 5,
  TYPE: 0xf,
  SOL_SOCKET: 1,
  ATTACH_FILTER: 26,
  ATTACH_BPF: 50,
  ATTACH_REUSEPORT_CBPF: 51,
  ATTACH_REUSEPORT_EBPF: 52,
} as const;

export const SIGKILL = 9;
export const SIGCHLD = 17;
export const PRIO_PROCESS = 0;
export const PERSONALITY = { LINUX: 0, QUERY: 0xffff_ffff } as const;
