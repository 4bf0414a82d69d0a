// Lays more permissions and other limits over a shipped policy: here, one folder to read.
import { PythonExecutor } from "vivarium";

await using executor = await PythonExecutor.create({
  policy: "strict",
  overlay: { read: ["examples"], limits: { wallMs: "5s" } },
});
await using session = await executor.createSession({ argv: [process.cwd()] });

const execution = await session.runCode(`
with open("${process.cwd()}/examples/hello.py") as file:
    print(file.readline(), end="")
open("${process.cwd()}/package.json")
`);
console.log(execution.logs.stdout.trim());
console.log(execution.error?.name);
// """A first program: it computes, keeps a file of its own, and looks at where it is."""
// FileNotFoundError
