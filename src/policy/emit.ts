import { writeFileSync } from "node:fs";

import { policySchema } from "./schema.ts";

// Run after a change of the schema, then format: node --import tsx src/policy/emit.ts && npm run format
const target = new URL("../../policies/schema.json", import.meta.url);
const schema = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  title: "vivarium policy",
  ...policySchema,
};
writeFileSync(target, `${JSON.stringify(schema, null, 2)}\n`);
