// Stops a running cell from elsewhere, by interrupt() or an AbortSignal; its state is kept.
import { PythonExecutor } from "vivarium";

await using executor = await PythonExecutor.create();
await using session = await executor.createSession();

const code = "import time\ncount = 0\nprint('begun')\nwhile True:\n    count += 1\n    time.sleep(0.001)";
const first = await session.runCode(code, { onStdout: () => session.interrupt() });
console.log(first.error?.kind, first.state);

const stop = new AbortController();
const second = await session.runCode(code, { signal: stop.signal, onStdout: () => stop.abort() });
console.log(second.error?.message);
console.log((await session.runCode("count >= 0")).output);
// interrupted kept
// the cell was interrupted; its state is kept
// true
