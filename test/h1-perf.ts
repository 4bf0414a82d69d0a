import { spawn } from "node:child_process";
import { LineReader } from "../src/protocol/lines.ts";
import { decodeValue, encodeValue } from "../src/protocol/values.ts";
const child = spawn("/usr/bin/python3", ["/tmp/h1/side.py"], { stdio: ["pipe", "pipe", "inherit"] });
const reader = new LineReader(1 << 28);
const waiting: ((l: string) => void)[] = []; const ready: string[] = [];
child.stdout.on("data", (c) => { for (const l of reader.feed(c)) { const w = waiting.shift(); if (w) w(l); else ready.push(l); } });
const next = () => new Promise<string>((r) => { const l = ready.shift(); if (l) r(l); else waiting.push(r); });
const cases: [string, unknown, number][] = [
  ["floats", Array.from({ length: 1e6 }, () => Math.random()), 8],
  ["ints", Array.from({ length: 1e6 }, (_, i) => i * 1000), 8],
  ["mixed", Array.from({ length: 1e6 }, (_, i) => i / 2), 8],
  ["bytes", new Uint8Array(1e7).map((_, i) => i * 7), 10],
  ["Float64Array", Float64Array.from({ length: 1e6 }, Math.random), 8],
];
for (const [name, value, mb] of cases) {
  let best = Infinity, text = "";
  for (let k = 0; k < 7; k++) {
    const t0 = performance.now();
    const line = JSON.stringify({ type: "x", value: encodeValue(value) });
    const t1 = performance.now();
    child.stdin.write(line + "\n");
    const t = JSON.parse(await next()); const back = await next();
    const t2 = performance.now();
    decodeValue(JSON.parse(back).value);
    const t3 = performance.now();
    if (t3 - t0 < best) { best = t3 - t0; text = `js enc ${(t1 - t0).toFixed(1)} py dec ${t.dec.toFixed(1)} py enc ${t.enc.toFixed(1)} js dec ${(t3 - t2).toFixed(1)} pipe ${(t2 - t1 - t.dec - t.enc).toFixed(1)} | both ways ${best.toFixed(1)} ms = ${(2 * mb * 1000 / best).toFixed(0)} MB/s`; }
  }
  console.log(name, text);
}
child.stdin.end();
