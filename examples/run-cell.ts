// Runs two cells in one session: what the first one leaves, the second one finds.
import { PythonExecutor } from "vivarium";

await using executor = await PythonExecutor.create({ policy: "strict" });
await using session = await executor.createSession();

await session.runCode(`
from collections import Counter
seen = Counter()
`);
const execution = await session.runCode(`
seen.update("abracadabra")
dict(seen.most_common(2))
`);
console.log(execution.output, execution.state);
// { a: 5, b: 2 } kept
