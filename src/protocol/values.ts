/* Values on the wire, both ways: JSON where it can say them, and `{"$": kind, "v": ...}` where not. */

export { decodeValue } from "./decode-value.ts";
export { encodeValue } from "./encode-value.ts";
