import {
  CLONE,
  FCNTL,
  HARMLESS_ARCH_PRCTL,
  HARMLESS_FCNTL,
  HARMLESS_IOCTL,
  HARMLESS_PRCTL,
  IOCTL,
  MODE,
  OPEN,
  PERSONALITY,
  PRCTL,
  PRIO_PROCESS,
  SIGCHLD,
  SIGKILL,
  SOCKET,
} from "./constants.ts";
import { type ArgIndex, allow, answer, anyBit, ask, oneOf, refuse, type SeccompRule } from "./rule.ts";

const FORBIDDEN_CLONE =
  CLONE.NEWNS |
  CLONE.NEWCGROUP |
  CLONE.NEWUTS |
  CLONE.NEWIPC |
  CLONE.NEWUSER |
  CLONE.NEWPID |
  CLONE.NEWNET |
  CLONE.PARENT |
  CLONE.PTRACE |
  CLONE.UNTRACED |
  CLONE.PIDFD;

/** CLONE_NEWTIME has no line: it lies in the byte where clone(2) keeps the exit signal, so that only clone3 can ask. */
const PROCESSES: readonly SeccompRule[] = [
  ask("clone", "a copy of the worker for a checkpoint: the keeper knows which it asked for", {
    arg: 0,
    op: "eq",
    value: CLONE.PARENT | SIGCHLD,
  }),
  refuse(
    "clone",
    "a new namespace gives capabilities, CLONE_PARENT a child to the keeper, CLONE_PIDFD a handle to signal with",
    anyBit(0, FORBIDDEN_CLONE),
  ),
  allow("clone", "a thread, which RLIMIT_NPROC counts", anyBit(0, CLONE.THREAD)),
  ask("clone fork vfork", "a new process: the keeper counts them"),
];

const setId = (arg: ArgIndex) => anyBit(arg, MODE.SETID);
const creates = (arg: ArgIndex) => anyBit(arg, OPEN.CREAT | OPEN.TMPFILE);
const PLANT =
  "the jail is nosuid, but a granted directory is also the host's: no set-id file may appear there";
const fileType = (arg: ArgIndex) =>
  ({ arg, op: "in", mask: MODE.TYPE | MODE.SETID, values: [0, MODE.REGULAR, MODE.FIFO] }) as const;

const FILES: readonly SeccompRule[] = [
  refuse("chmod fchmod creat", PLANT, setId(1)),
  refuse("fchmodat fchmodat2", PLANT, setId(2)),
  refuse("open", PLANT, creates(1), setId(2)),
  refuse("openat", PLANT, creates(2), setId(3)),
  allow("chmod fchmod fchmodat fchmodat2 creat open openat", "opening files and their ordinary modes"),
  allow("mknod", "os.mkfifo, and a regular file without open", fileType(1)),
  allow("mknodat", "os.mkfifo, and a regular file without open", fileType(2)),
  refuse("mknod mknodat", "a device node reaches the kernel's drivers"),
];

const SIGIO = "these choose a process and a signal for SIGIO, past the keeper";

/** The kernel takes both numbers as 32 bits: a check of all 64 could be walked around with a bit in the high half. */
const DESCRIPTORS: readonly SeccompRule[] = [
  allow(
    "fcntl",
    "flags, locks, duplicates, pipe sizes and seals",
    oneOf(1, ...Object.values(HARMLESS_FCNTL)),
  ),
  refuse("fcntl", SIGIO, oneOf(1, FCNTL.SETOWN, FCNTL.SETOWN_EX, FCNTL.SETSIG)),
  refuse(
    "fcntl",
    "a lease stalls whoever else opens the file, a notice tells of others' use",
    oneOf(1, FCNTL.SETLEASE, FCNTL.NOTIFY),
  ),
  answer("EINVAL", "fcntl", "as a kernel that does not know the command"),
  allow(
    "ioctl",
    "terminals, readable bytes, close-on-exec, clones of a file",
    oneOf(1, ...Object.values(HARMLESS_IOCTL)),
  ),
  refuse(
    "ioctl",
    "types into a terminal for its reader, or loads a line discipline",
    oneOf(1, IOCTL.TIOCSTI, IOCTL.TIOCLINUX, IOCTL.TIOCSETD),
  ),
  answer(
    "ENOTTY",
    "ioctl",
    "as a device that does not know the request; drivers are the kernel's largest surface",
  ),
];

const SOCKETS: readonly SeccompRule[] = [
  allow("socketpair", "asyncio's wake-up and multiprocessing's pipes", oneOf(0, SOCKET.AF_UNIX), {
    arg: 1,
    op: "in",
    mask: SOCKET.TYPE,
    values: [SOCKET.STREAM, SOCKET.SEQPACKET],
  }),
  refuse(
    "socketpair",
    "a datagram pair can still send to any socket's address; other families are no pair's business",
  ),
  refuse(
    "setsockopt",
    "a socket filter is a program that the kernel runs",
    oneOf(1, SOCKET.SOL_SOCKET),
    oneOf(
      2,
      SOCKET.ATTACH_FILTER,
      SOCKET.ATTACH_BPF,
      SOCKET.ATTACH_REUSEPORT_CBPF,
      SOCKET.ATTACH_REUSEPORT_EBPF,
    ),
  ),
  allow("setsockopt", "buffer sizes and the like"),
];

const OTHERS = "of another process: the keeper and the checkpoints have the same user";
const self = oneOf(0, 0);

const SCHEDULING: readonly SeccompRule[] = [
  allow("prlimit64", "the caller's own limits, which only go down", self),
  refuse("prlimit64", `limits ${OTHERS}`),
  allow(
    "sched_setaffinity sched_setparam sched_setscheduler sched_setattr",
    "the calling thread's own",
    self,
  ),
  refuse("sched_setaffinity sched_setparam sched_setscheduler sched_setattr", `scheduling ${OTHERS}`),
  allow("setpriority", "os.nice of the caller, which only goes down", oneOf(0, PRIO_PROCESS), oneOf(1, 0)),
  refuse("setpriority", `priority ${OTHERS}`),
  allow("get_robust_list", "the calling thread's own", self),
  refuse("get_robust_list", `addresses ${OTHERS}`),
];

const SELF: readonly SeccompRule[] = [
  allow(
    "prctl",
    "names, reading, and what only ever makes the caller weaker",
    oneOf(0, ...Object.values(HARMLESS_PRCTL)),
  ),
  allow(
    "prctl",
    "readable through /proc, as the keeper's watchdog needs it",
    oneOf(0, PRCTL.SET_DUMPABLE),
    oneOf(1, 1),
  ),
  refuse("prctl", "a process that hides from /proc hides from the watchdog", oneOf(0, PRCTL.SET_DUMPABLE)),
  allow("prctl", "dying with the parent", oneOf(0, PRCTL.SET_PDEATHSIG), oneOf(1, SIGKILL)),
  refuse(
    "prctl",
    "another signal, or none, would outlive a keeper that is not PID 1",
    oneOf(0, PRCTL.SET_PDEATHSIG),
  ),
  refuse("prctl", "a subreaper takes orphans away from the keeper", oneOf(0, PRCTL.SET_CHILD_SUBREAPER)),
  refuse(
    "prctl",
    "capabilities, tracers, filters, forged memory maps and switched-off mitigations",
    oneOf(
      0,
      PRCTL.SET_KEEPCAPS,
      PRCTL.SET_SECCOMP,
      PRCTL.SET_MM,
      PRCTL.SET_PTRACER,
      PRCTL.CAPBSET_DROP,
      PRCTL.CAP_AMBIENT,
      PRCTL.SET_SECUREBITS,
      PRCTL.SET_SPECULATION_CTRL,
    ),
  ),
  answer("EINVAL", "prctl", "as a kernel that does not know the option"),
  allow(
    "arch_prctl",
    "thread-local storage, and the tiles of AMX",
    oneOf(0, ...Object.values(HARMLESS_ARCH_PRCTL)),
  ),
  answer("EINVAL", "arch_prctl", "as a processor that does not have the feature"),
  allow("personality", "asking, and the ordinary one", oneOf(0, PERSONALITY.LINUX, PERSONALITY.QUERY)),
  refuse("personality", "others switch off address randomisation or act as another system"),
];

/** Calls whose arguments decide. Each ends in a rule without a condition, so that no case is left to the default. */
export const CHECKED: readonly SeccompRule[] = [
  ...PROCESSES,
  ...FILES,
  ...DESCRIPTORS,
  ...SOCKETS,
  ...SCHEDULING,
  ...SELF,
];
