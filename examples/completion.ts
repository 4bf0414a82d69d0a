// Completes Python from what the session has, without running any of its code.
import { PythonExecutor } from "vivarium";

await using executor = await PythonExecutor.create();
await using session = await executor.createSession();

await session.runCode(`
prices = {"apple": 3, "apricot": 4}
class Basket:
    def add(self, fruit, amount=1): ...
basket = Basket()
`);
for (const source of ["pri", "basket.a", 'prices["ap', "basket.add(am"]) {
  const { start, end, matches } = await session.complete(source);
  console.log(
    source.slice(start, end),
    "->",
    matches.map(({ text, kind }) => `${text} (${kind})`).join(", "),
  );
}
// pri -> prices (name), print (function)
// a -> add (function)
// ap -> apple (key), apricot (key)
// am -> amount= (parameter)
