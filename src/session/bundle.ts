import type { WireBundle } from "../protocol/messages.ts";

/**
 * One object in the forms in which it can be shown, by MIME type, as Jupyter has them: text as a string, pictures (but
 * SVG, which is text) as base64, JSON as plain data. Written by the cell: escape it, or show it in a frame of its own.
 */
export type MimeBundle = Readonly<Record<string, unknown>>;

/** A bundle from the wire; forms that are not what their type says are left out. */
export function decodeBundle(wire: WireBundle): MimeBundle {
  // fromEntries defines keys and does not assign them, so that a type `__proto__` is a key like any other.
  return Object.fromEntries(wire.filter(isForm).map(({ mime, data }) => [mime, data]));
}

const isForm = ({ mime, data }: WireBundle[number]): boolean => {
  if (!MIME.test(mime)) return false;
  return mime.endsWith("/json") || mime.endsWith("+json") ? isShallow(data) : typeof data === "string";
};

const MIME = /^[a-z]+\/[\w.+-]+(;.*)?$/;

/** Whether whoever walks over it needs no deep stack. */
const isShallow = (data: unknown): boolean => {
  let level: unknown[] = [data];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > DEEPEST) return false;
    level = level.flatMap((item) => (typeof item === "object" && item !== null ? Object.values(item) : []));
  }
  return true;
};

const DEEPEST = 200;
