// A cell that runs too long is interrupted, and what the session knew before it is still there.
import { PythonExecutor } from "vivarium";

await using executor = await PythonExecutor.create();
await using session = await executor.createSession();

await session.runCode("answer = 42");
const { error, state } = await session.runCode("while True: pass", { timeoutMs: 300 });
console.log(error?.kind, state);
console.log(error?.message);
const { output } = await session.runCode("answer");
console.log(output);
// timeout kept
// the cell ran longer than 300 ms and was interrupted; its state is kept
// 42
