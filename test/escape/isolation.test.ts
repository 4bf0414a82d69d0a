import { test } from "uvu";
import * as assert from "uvu/assert";

import { PythonExecutor } from "../../src/index.ts";
import { KNOWN, workerOf } from "../session/workers.ts";
import { gone, runtimeProcesses } from "../support/processes.ts";
import { timed } from "../support/timed.ts";

/** What one session must not learn of another, of the supervisor, or keep hold of between its cells. */
let executor: PythonExecutor;

const SECRET = "supervisor-secret-7f3a";

test.before(async () => {
  process.env.VIVARIUM_TEST_SECRET = SECRET;
  executor = await PythonExecutor.create({ policy: "data", overlay: { import: ["ctypes"], ffi: true } });
});

test.after(() => executor.close());

test("what a session leaves in /tmp, /workspace and /dev/shm, another one does not see", async () => {
  await using one = await executor.createSession();
  await using other = await executor.createSession();
  const left = await one.runCode(`
for folder in ("/tmp", "/workspace", "/dev/shm"):
    with open(folder + "/left-behind", "w") as file:
        file.write("mine")
    with open(folder + "/left-behind") as file:
        assert file.read() == "mine"`);
  assert.is(left.error, undefined);
  const { output } = await other.runCode(
    `import os\n[name for folder in ("/tmp", "/workspace", "/dev/shm") for name in os.listdir(folder)]`,
  );
  assert.equal(output, []);
});

test("System V memory, queues and semaphores reach no other session, because there are none", async () => {
  await using session = await executor.createSession();
  const { output } = await session.runCode(`
import ctypes, errno
libc = ctypes.CDLL(None, use_errno=True)
found = []
for name, call in (("shmget", lambda: libc.shmget(77, 4096, 0o1666)), ("msgget", lambda: libc.msgget(77, 0o1666)),
                   ("semget", lambda: libc.semget(77, 1, 0o1666))):
    found.append((name, call(), errno.errorcode[ctypes.get_errno()]))
found`);
  assert.equal(
    output,
    ["shmget", "msgget", "semget"].map((name) => [name, -1, "EPERM"]),
  );
});

test("named shared memory of one session cannot be attached by another", async () => {
  await using one = await executor.createSession();
  await using other = await executor.createSession();
  const made = await one.runCode(`
from multiprocessing import shared_memory
memory = shared_memory.SharedMemory("vivarium-shared", create=True, size=16)
memory.buf[:2] = b"hi"
again = shared_memory.SharedMemory("vivarium-shared")
bytes(again.buf[:2])`);
  assert.equal(made.output, new Uint8Array([104, 105]));
  const attached = await other.runCode(
    `from multiprocessing import shared_memory\nshared_memory.SharedMemory("vivarium-shared")`,
  );
  assert.is(attached.error?.name, "FileNotFoundError");
});

test("the supervisor's environment and command line are in no file and no memory of a session", async () => {
  await using session = await executor.createSession();
  const { output, error } = await session.runCode(`${SCAN}
secret = b"supervisor-" + b"secret-7f3a"
seen = [name for name, value in os.environ.items() if secret.decode() in value]
for pid in (name for name in os.listdir("/proc") if name.isdigit()):
    for file in ("environ", "cmdline"):
        try:
            with open(f"/proc/{pid}/{file}", "rb") as opened:
                seen += [f"{pid}/{file}"] if secret in opened.read() else []
        except PermissionError:
            pass
# A pattern that does not match itself, because it is in memory too.
seen, sorted(scan(rb"VIVARIUM_TEST_SECRE[T]=super"))`);
  assert.is(error, undefined);
  assert.equal(output, [[], []]);
});

test("the arguments of one session are not in the memory of another", async () => {
  const argv = (n: number): string[] => ["program", `argument-${n}-of-a-session-${"z".repeat(20)}`];
  const sessions = await Promise.all(
    Array.from({ length: 8 }, (_, n) => executor.createSession({ argv: argv(n) })),
  );
  for (const [n, session] of sessions.entries()) {
    const { output, error } = await session.runCode(`${SCAN}
arguments = {int(found) for found in scan(rb"argument-(\\d+)-of-a-sess" + rb"ion-zzzz")}
sorted(arguments - {${n}})`);
    assert.is(error, undefined);
    assert.equal(output, [], `session ${n}`);
  }
  await Promise.all(sessions.map((session) => session.close()));
});

test("two sessions draw different random numbers, from every generator", async () => {
  const draw = `import os, random, secrets, uuid\n[random.random(), secrets.token_hex(8), uuid.uuid4().hex, os.urandom(8).hex()]`;
  await using one = await executor.createSession();
  await using other = await executor.createSession();
  const first = (await one.runCode(draw)).output as unknown[];
  const second = (await other.runCode(draw)).output as unknown[];
  for (const [index, value] of first.entries()) assert.is.not(value, second[index]);
});

test("a worker made after a death draws other random numbers than the first one", async () => {
  await using session = await executor.createSession();
  const draw = "import random\nrandom.random()";
  const first = (await session.runCode(draw)).output;
  await session.runCode("import os\nos._exit(1)");
  assert.is.not((await session.runCode(draw)).output, first);
});

// Not under a policy that starts processes, whose multiprocessing sends descriptors: docs/limits-and-isolation.md.
test("a strict session cannot leave descriptors in flight, which would keep others from starting", async () => {
  await using strict = await PythonExecutor.create({ policy: "strict" });
  await using session = await strict.createSession();
  const { error } = await session.runCode(`
import asyncio
socket = asyncio.base_events.socket
ends = socket.socketpair()
try:
    for _ in range(100):
        socket.send_fds(ends[0], [b"x"], [0] * 100)
except OSError:
    pass`);
  assert.is(error, undefined);
  await using other = await timed(25_000, "another session", strict.createSession());
  assert.is((await other.runCode("1 + 1")).output, 2);
});

test("memory that children take between two cells is counted: the session is stopped", async () => {
  await using session = await executor.createSession();
  await session.runCode(KNOWN);
  const worker = await workerOf(session);
  const before = new Set(runtimeProcesses().map(({ identity }) => identity));
  await session.runCode(`
import os, time
for _ in range(10):
    if os.fork() == 0:
        time.sleep(0.5)
        kept = bytearray(b"x") * (300 << 20)
        time.sleep(1000)
        os._exit(0)`);
  // Those that the worker started; its own copy, which takes over from it, is new too.
  await gone(
    runtimeProcesses().filter(({ identity, parent }) => !before.has(identity) && parent === worker.pid),
  );
  const { state } = await timed(25_000, "the next cell", session.runCode("1"));
  // The namespace is none the worse: there is a copy of it.
  assert.is(state, "kept");
});

test("what a cell leaves running has no more processor time than cells have", async () => {
  await using strict = await PythonExecutor.create({
    policy: "strict",
    overlay: { limits: { cpuMs: 500, wallMs: 1000 } },
  });
  const before = new Set(runtimeProcesses().map(({ identity }) => identity));
  await using session = await strict.createSession();
  const own = runtimeProcesses().filter(({ identity }) => !before.has(identity));
  const worker = own.filter(({ parent }) => own.some(({ pid }) => pid === parent));
  assert.is(worker.length, 1);
  await session.runCode(`
import threading
def spin():
    while True: pass
threading.Thread(target=spin, daemon=True).start()`);
  await gone(worker);
  const { state } = await timed(25_000, "the next cell", session.runCode("1"));
  assert.is(state, "lost");
});

const SCAN = `
import os, re
def scan(pattern):
    """What matches in the writable memory of this process."""
    found = set()
    with open("/proc/self/maps") as maps, open("/proc/self/mem", "rb", 0) as memory:
        for line in maps:
            place, rights = line.split()[:2]
            if "w" not in rights:
                continue
            low, high = (int(end, 16) for end in place.split("-"))
            try:
                memory.seek(low)
                found |= set(re.findall(pattern, memory.read(high - low)))
            except (OSError, ValueError):
                continue
    return found
`;

test.run();
