import { PythonExecutor } from "../../src/index.ts";

/**
 * A supervisor to be killed: three sessions with busy cells and children. Says `ready` when every cell runs, and then
 * waits; its own process id is the root of the tree that must vanish.
 */
const executor = await PythonExecutor.create({ policy: "data" });
const busy = `
import os, signal, threading
for sign in (signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE):
    signal.signal(sign, signal.SIG_IGN)
for _ in range(3):
    if os.fork() == 0:
        os.setsid()
        while True:
            signal.pause()
print("busy", flush=True)
while True:
    pass
`;
await Promise.all(
  [1, 2, 3].map(async () => {
    const session = await executor.createSession();
    await new Promise<void>((resolve) => {
      // The end of this cell is the end of this process.
      session.runCode(busy, { onStdout: () => resolve() }).catch(() => {});
    });
  }),
);
process.stdout.write("ready\n");
