// Shows what a cell displays in the forms that a page can use: HTML, Markdown, pictures, JSON.
import { PythonExecutor } from "vivarium";

await using executor = await PythonExecutor.create();
await using session = await executor.createSession();

const { results } = await session.runCode(`
class Card:
    def __init__(self, name):
        self.name = name
    def __repr__(self):
        return f"Card({self.name!r})"
    def _repr_html_(self):
        return f"<b>{self.name}</b>"

display({"text/markdown": "# Cards"}, raw=True)
display(Card("Ada"))
Card("Grace")
`);
for (const bundle of results) console.log(bundle);
// { 'text/markdown': '# Cards' }
// { 'text/plain': "Card('Ada')", 'text/html': '<b>Ada</b>' }
// { 'text/plain': "Card('Grace')", 'text/html': '<b>Grace</b>' }
