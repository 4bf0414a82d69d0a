// Tries two continuations of one state at the same time, and goes on with the better one.
import { PythonExecutor } from "vivarium";

await using executor = await PythonExecutor.create();
await using session = await executor.createSession({ variables: { numbers: [3, 1, 2] } });

const branches = await session.fork(2);
const attempts = ["numbers.sort(); numbers[0]", "numbers.sort(reverse=True); numbers[0]"];
const scores = await Promise.all(branches.map((branch, index) => branch.runCode(attempts[index] ?? "")));
console.log(scores.map(({ output }) => output));

const [ascending, descending] = branches;
if (ascending && descending) {
  await session.adopt(descending);
  await ascending.close();
}
console.log(await session.getVariable("numbers"));
// [ 1, 3 ]
// [ 3, 2, 1 ]
