// Gives a session values, works on them there, and takes values back, without loss and without pickle.
import { PythonExecutor } from "vivarium";

await using executor = await PythonExecutor.create();
await using session = await executor.createSession({
  variables: { rows: [{ n: 1 }, { n: 2 }], big: 2n ** 70n },
});

await session.setVariables({ when: new Date("2026-01-02T03:04:05Z"), raw: new Uint8Array([1, 2, 255]) });
const { output } = await session.runCode(`
total = sum(row["n"] for row in rows)
seen = {(1, 2): "a tuple as a key"}
big + total, when.year, raw[-1]
`);
console.log(output);
console.log(await session.getVariable("seen"));
console.log((await session.variables()).map(({ name, type }) => `${name}: ${type}`).join(", "));
await session.setVariables({ f: { rows: [() => 1] } }).catch((error) => console.log(error.message));
// [ 1180591620717411303427n, 2026, 255 ]
// Map(1) { [ 1, 2 ] => 'a tuple as a key' }
// rows: list, big: int, when: datetime, raw: bytes, total: int, seen: dict
// setVariables: f.rows[0]: a function has no twin in Python
