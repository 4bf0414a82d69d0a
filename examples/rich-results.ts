// Shows what a cell displays in the forms that a page can use, and answers what it asks.
import { PythonExecutor } from "vivarium";

await using executor = await PythonExecutor.create();
await using session = await executor.createSession({ onInput: (prompt) => (prompt ? "Ada" : null) });

const { results } = await session.runCode(`
class Card:
    def __init__(self, name): self.name = name
    def _repr_html_(self): return f"<b>{self.name}</b>"

display(Card("first"))
Card(input("Who? "))
`);
for (const bundle of results) console.log(bundle["text/html"]);
console.log((await session.complete("Ca")).matches.map(({ text }) => text));
// <b>first</b>
// <b>Ada</b>
// [ 'Card' ]
