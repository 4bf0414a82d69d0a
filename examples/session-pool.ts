// Keeps two sessions ready for callers who each want a fresh one.
import { PythonExecutor, SessionPool } from "vivarium";

await using executor = await PythonExecutor.create({ policy: "strict" });
await using pool = await SessionPool.create(executor, { size: 2, max: 4 });

const executions = await Promise.all([1, 2, 3, 4, 5, 6].map((n) => pool.run(`${n} ** 2`)));
console.log(executions.map(({ output }) => output));

await using session = await pool.acquire();
const { output } = await session.runCode("'n' in globals()");
console.log(output, pool.stats().inUse);
// [ 1, 4, 9, 16, 25, 36 ]
// false 1
