import { readFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";

import { checkPolicy } from "../../src/policy/check.ts";
import { fillLimits, LIMIT_NAMES, LIMITS } from "../../src/policy/limits.ts";
import { PERMISSION_NAMES } from "../../src/policy/schema.ts";
import { formatBytes, formatDuration } from "../../src/policy/units.ts";

const page = readFileSync(new URL("../../docs/policy.md", import.meta.url), "utf8");

test("the policy in the documentation is a policy", () => {
  const [, example = ""] = /```json\n(.*?)```/s.exec(page) ?? [];
  assert.is(checkPolicy(JSON.parse(example)), undefined);
});

test("the documentation's table of limits is the table of the code", () => {
  const defaults = fillLimits({});
  const special: Record<string, string> = {
    totalMs: "10 min, or `wallMs` if that is longer",
    cpuMs: "twice `wallMs`",
    outputBytes: "50,000",
  };
  const format = { ms: formatDuration, bytes: formatBytes, count: String };
  for (const name of LIMIT_NAMES) {
    const { unit, about } = LIMITS[name];
    const row = `| \`${name}\` | ${special[name] ?? format[unit](defaults[name])} | ${about} |`;
    assert.ok(page.includes(row), row);
  }
});

test("the documentation has every permission", () => {
  for (const name of PERMISSION_NAMES) assert.match(page, new RegExp(`^\\|[^|]*\`${name}\``, "m"));
});

test.run();
