/** The ways to harm a sleeping process: each a Python function of its pid that prints the mark if it worked. */
export const WAYS = {
  kill: "os.kill(pid, 9); worked()",
  "kill of its group": "os.killpg(pid, 9); worked()",
  "kill of everything": "os.kill(-1, 9); worked()",
  tkill: "call(200, pid, 9)",
  tgkill: "call(234, pid, pid, 9)",
  rt_sigqueueinfo: "call(129, pid, 9, info(9))",
  rt_tgsigqueueinfo: "call(297, pid, pid, 9, info(9))",
  pidfd_send_signal: "call(424, os.pidfd_open(pid), 9, 0, 0)",
  pidfd_getfd: "call(438, os.pidfd_open(pid), 0, 0)",
  "ptrace attach": "call(101, 16, pid, 0, 0)",
  "ptrace seize": "call(101, 0x4206, pid, 0, 0)",
  process_vm_writev: "call(311, pid, vector(ours), 1, vector(heap(pid)), 1, 0)",
  "writing /proc/pid/mem":
    "os.pwrite(os.open(f'/proc/{pid}/mem', os.O_RDWR), b'xxxxxxxx', heap(pid)); worked()",
  prlimit: "resource.prlimit(pid, resource.RLIMIT_NOFILE, (0, 0)); worked()",
  oom_score_adj: "os.write(os.open(f'/proc/{pid}/oom_score_adj', os.O_WRONLY), b'1000'); worked()",
  setpriority: "os.setpriority(os.PRIO_PROCESS, pid, 19); worked()",
} as const;

/** Tries one way on each of `pids`; prints MARK with the pid where it worked, the error where not. */
export const attackOn = (pids: string, way: keyof typeof WAYS): string => `
import ctypes, os, resource, struct
libc = ctypes.CDLL(None, use_errno=True)
ours = ctypes.create_string_buffer(b"xxxxxxxx")

def call(number, *arguments):
    if libc.syscall(number, *[ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]) == -1:
        raise OSError(ctypes.get_errno(), "refused")
    worked()

def info(number):
    return ctypes.create_string_buffer(struct.pack("=iii", number, 0, -1), 128)

def heap(pid):
    for line in open(f"/proc/{pid}/maps"):
        if "[heap]" in line:
            return int(line.split("-")[0], 16)

def vector(address):
    start = address if isinstance(address, int) else ctypes.addressof(address)
    return ctypes.create_string_buffer(struct.pack("=QQ", start, 8))

for pid in ${pids}:
    def worked():
        print("ATTACK-SUCCEEDED", pid, flush=True)
    try:
        ${WAYS[way]}
    except Exception as error:
        print(type(error).__name__, error, flush=True)
`;
