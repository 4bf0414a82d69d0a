// Loses no state when a cell kills its own process, and goes back further when asked to.
import { PythonExecutor } from "vivarium";

await using executor = await PythonExecutor.create({ overlay: { import: ["os"] } });
await using session = await executor.createSession({ history: { count: 10 } });

await session.runCode("kept = ['before']");
await session.checkpoint("start");
await session.runCode("kept.append('later')");
const { error, state } = await session.runCode("import os; kept.append('lost'); os._exit(3)");
console.log(error?.kind, state, await session.getVariable("kept"));

await session.undo();
console.log(await session.getVariable("kept"));
await session.runCode("kept = None");
await session.restore("start");
console.log(await session.getVariable("kept"));
// exit rolledBack [ 'before', 'later' ]
// [ 'before' ]
// [ 'before' ]
