// A refused import is found before anything of the cell runs, and says how to allow it.
import { PythonExecutor } from "vivarium";

await using executor = await PythonExecutor.create({ policy: "strict" });
await using session = await executor.createSession();

const execution = await session.runCode(`
print("never printed")
import subprocess
`);
console.log(execution.error?.kind, execution.error?.line);
for (const denial of execution.denials) console.log(denial.message);
console.log(JSON.stringify(execution.logs.stdout));
// import 3
// PermissionDenied: import of "subprocess" (<cell 1>, line 3); to allow it: --allow-import=subprocess
// ""
