// Lays more permissions and other limits over a shipped policy: here, one folder to read.
import { resolve } from "node:path";
import { PythonExecutor } from "vivarium";

await using executor = await PythonExecutor.create({
  policy: "strict",
  overlay: { read: ["examples"], limits: { wallMs: "5s" } },
});
await using session = await executor.createSession();

const firstLine = (path: string) =>
  session.runCode(`open(${JSON.stringify(resolve(path))}).readline().strip()`);
console.log((await firstLine("examples/hello.py")).output);
console.log((await firstLine("package.json")).error?.name);
// """A first program: it computes, keeps a file of its own, and looks at where it is."""
// FileNotFoundError
