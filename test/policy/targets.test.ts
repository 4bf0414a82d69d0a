import { test } from "uvu";
import * as assert from "uvu/assert";

import type { PermissionName } from "../../src/policy/schema.ts";
import { parseTarget } from "../../src/policy/targets.ts";

const GOOD: readonly (readonly [permission: PermissionName, text: string, target: string])[] = [
  ["read", "./a", "/base/a"],
  ["read", "../a/", "/a"],
  ["write", "/x/../y", "/y"],
  ["read", "a b", "/base/a b"],
  ["run", "git", "git"],
  ["run", "@python", "@python"],
  ["run", "./tool", "/base/tool"],
  ["ffi", "libm.so.6", "libm.so.6"],
  ["ffi", "/usr/lib/libm.so", "/usr/lib/libm.so"],
  ["net", "Example.COM", "example.com"],
  ["net", "example.com.", "example.com"],
  ["net", "example.com:0443", "example.com:443"],
  ["net", "*.example.com:443", "*.example.com:443"],
  ["net", "127.0.0.1:80", "127.0.0.1:80"],
  ["net", "[::1]:80", "[::1]:80"],
  ["env", "HOME", "HOME"],
  ["env", "AWS_*", "AWS_*"],
  ["sys", "hostname", "hostname"],
  ["import", "*", "*"],
  ["import", "@stdlib", "@stdlib"],
  ["import", "numpy.*", "numpy.*"],
  ["import", "xml.etree", "xml.etree"],
  ["import", "ｊｓｏｎ", "json"],
];

for (const [permission, text, target] of GOOD) {
  test(`${permission} "${text}" means "${target}"`, () => {
    assert.equal(parseTarget(permission, text, "/base"), { target });
  });
}

const HOST = "is not host, host:port, *.host or [IPv6]:port";
const PORT = "a port is a number from 1 to 65535";
const MODULE = "is not a module, module.*, * or @stdlib";

const BAD: readonly (readonly [permission: PermissionName, text: string, problem: string])[] = [
  ["read", "*", "means everything, which is written without a list"],
  ["read", "~/x", '"~" is not expanded, write the whole path'],
  ["read", "./*.csv", "a pattern is not a path, name the folder"],
  ["run", "rm -rf", "is neither a file name nor a path"],
  ["run", "@perl", "is neither a file name nor a path"],
  ["ffi", "@python", "is neither a file name nor a path"],
  ["net", "https://example.com", "a host has no scheme, write host or host:port"],
  ["net", "example.com/path", HOST],
  ["net", "a b", HOST],
  ["net", "::1", HOST],
  ["net", "*.*.com", HOST],
  ["net", "a*.com", HOST],
  ["net", "a..b", HOST],
  ["net", "example.com:0", PORT],
  ["net", "example.com:65536", PORT],
  ["env", "A-B", "is not NAME or PREFIX_*"],
  ["env", "A=B", "is not NAME or PREFIX_*"],
  [
    "sys",
    "hostnam",
    "is not one of cpus, getPriority, gid, homedir, hostname, loadavg, networkInterfaces, osRelease, osUptime, setPriority, statfs, systemMemoryInfo, uid, username",
  ],
  ["import", "a.*.b", MODULE],
  ["import", "*.a", MODULE],
  ["import", "a*", MODULE],
  ["import", "a..b", MODULE],
  ["import", "1a", MODULE],
  ["import", "numpy>=2", MODULE],
  ["import", "@std", MODULE],
];

for (const [permission, text, problem] of BAD) {
  test(`${permission} "${text}" is refused`, () => {
    assert.equal(parseTarget(permission, text, "/base"), { problem });
  });
}

test.run();
