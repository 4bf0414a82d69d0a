// Comes back after being killed: what the session knew before the cell is still there.
import { PythonExecutor } from "vivarium";

await using executor = await PythonExecutor.create();
await using session = await executor.createSession();

await session.runCode("basket = ['apple', 'pear']");
// One long call of C code hears no interrupt, so that the process has to be killed.
const { error, state } = await session.runCode("basket.clear(); sum(range(10**12))", { timeoutMs: 500 });
console.log(`${error?.name}: ${error?.message}`);
console.log(state, await session.getVariable("basket"));
// TimeoutError: the cell ran longer than 500 ms, did not stop within 1000 ms of being interrupted, and was killed; the session is as it was before the cell
// rolledBack [ 'apple', 'pear' ]
