// Keeps states by name and as a history, and goes back to them.
import { PythonExecutor } from "vivarium";

await using executor = await PythonExecutor.create();
await using session = await executor.createSession({ history: { count: 10 } });
const numbers = async () => console.log(await session.getVariable("numbers"));

await session.runCode("numbers = [1]");
await session.checkpoint("one");
await session.runCode("numbers.append(2)");
await session.runCode("numbers.append(3)");
await numbers();
await session.undo(); // by one cell
await numbers();
await session.restore("one"); // as often as wanted, until session.forget("one")
await numbers();
await session.undo(); // a restore is a step as well
await numbers();
await session.reset();
console.log(await session.variables());
// [ 1, 2, 3 ]
// [ 1, 2 ]
// [ 1 ]
// [ 1, 2 ]
// []
