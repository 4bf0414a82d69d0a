// Follows a cell while it runs; the last event is the execution that awaiting would give.
import { PythonExecutor } from "vivarium";

await using executor = await PythonExecutor.create();
await using session = await executor.createSession();

const code = `
import time
for step in (1, 2, 3):
    print("step", step)
    time.sleep(0.05)
"done"
`;
for await (const event of session.runCode(code)) {
  if (event.type === "stdout") process.stdout.write(event.text);
  if (event.type === "result") console.log(event.execution.output);
}
// step 1
// step 2
// step 3
// done
