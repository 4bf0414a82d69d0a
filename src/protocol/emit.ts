import { writeFileSync } from "node:fs";

import { protocolSchemas } from "./messages.ts";

/** The text of `runtime/vivarium/protocol.json`; a test fails when the file differs. */
export function protocolText(): string {
  return `${JSON.stringify(protocolSchemas, null, 1)}\n`;
}

export const protocolFile = new URL("../../runtime/vivarium/protocol.json", import.meta.url);

if (process.argv[1] && import.meta.url === new URL(`file://${process.argv[1]}`).href) {
  writeFileSync(protocolFile, protocolText());
}
