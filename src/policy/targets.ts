import { resolve } from "node:path";

import type { PermissionName } from "./schema.ts";

/** What a policy's entry means once it is read, or what is wrong with it, to follow the entry itself. */
export type Target = { readonly target: string } | { readonly problem: string };

/** What Deno's `sys` permission knows, for those of its names that mean something to Python. */
export const SYS_NAMES = [
  "cpus",
  "getPriority",
  "gid",
  "homedir",
  "hostname",
  "loadavg",
  "networkInterfaces",
  "osRelease",
  "osUptime",
  "setPriority",
  "statfs",
  "systemMemoryInfo",
  "uid",
  "username",
] as const;

/**
 * Reads one entry of a permission's list. Paths become absolute against `base`, hosts become lower case, module names
 * are normalised as Python does; nothing is looked up on this machine.
 */
export function parseTarget(permission: PermissionName, text: string, base: string): Target {
  if (text === "*" && permission !== "import")
    return { problem: "means everything, which is written without a list" };
  switch (permission) {
    case "read":
    case "write":
      return parsePath(text, base);
    case "run":
    case "ffi":
      if (permission === "run" && text === "@python") return { target: text };
      return text.includes("/") ? parsePath(text, base) : parseFileName(text);
    case "net":
      return parseHost(text);
    case "env":
      return parseVariable(text);
    case "sys":
      return parseSysName(text);
    case "import":
      return parseModule(text);
    default:
      return permission satisfies never;
  }
}

const parsePath = (text: string, base: string): Target => {
  if (text.startsWith("~")) return { problem: '"~" is not expanded, write the whole path' };
  if (/[*?[\]]/.test(text)) return { problem: "a pattern is not a path, name the folder" };
  return { target: resolve(base, text) };
};

const parseFileName = (text: string): Target =>
  /^[\w.+-]+$/.test(text) ? { target: text } : { problem: "is neither a file name nor a path" };

const parseHost = (text: string): Target => {
  if (text.includes("://")) return { problem: "a host has no scheme, write host or host:port" };
  const [, host, port] = /^(\[[\da-f:.]+\]|[^:[\]]+)(?::(\d{1,5}))?$/i.exec(text) ?? [];
  if (host === undefined || !isHost(host))
    return { problem: "is not host, host:port, *.host or [IPv6]:port" };
  if (port !== undefined && (Number(port) < 1 || Number(port) > 65_535)) {
    return { problem: "a port is a number from 1 to 65535" };
  }
  const name = host.toLowerCase().replace(/\.$/, "");
  return { target: port === undefined ? name : `${name}:${Number(port)}` };
};

const isHost = (host: string): boolean =>
  host.startsWith("[") ||
  (host.length <= 253 && /^(\*\.)?[a-z\d_]([a-z\d_-]*[a-z\d_])?(\.[a-z\d_-]+)*\.?$/i.test(host));

const parseVariable = (text: string): Target =>
  /^[A-Za-z_]\w*\*?$/.test(text) ? { target: text } : { problem: "is not NAME or PREFIX_*" };

const parseSysName = (text: string): Target =>
  (SYS_NAMES as readonly string[]).includes(text)
    ? { target: text }
    : { problem: `is not one of ${SYS_NAMES.join(", ")}` };

const parseModule = (text: string): Target => {
  const name = text.normalize("NFKC");
  const known =
    name === "*" ||
    name === "@stdlib" ||
    /^[\p{L}\p{Nl}_][\p{L}\p{Nl}\p{Mn}\p{Mc}\p{Nd}\p{Pc}]*(\.[\p{L}\p{Nl}_][\p{L}\p{Nl}\p{Mn}\p{Mc}\p{Nd}\p{Pc}]*)*(\.\*)?$/u.test(
      name,
    );
  return known ? { target: name } : { problem: "is not a module, module.*, * or @stdlib" };
};
