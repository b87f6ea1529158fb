// Writes src/api/schema.d.ts from the server's OpenAPI, so that a changed field fails the build.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import openapiTS, { astToString } from "openapi-typescript";

const root = resolve(import.meta.dirname, "..");
const source = resolve(root, process.env.STEWARD_OPENAPI ?? "openapi.json");
const target = resolve(root, "src/api/schema.d.ts");

function described() {
  try {
    return JSON.parse(readFileSync(source, "utf8"));
  } catch (error) {
    const why = existsSync(source) ? `is not a JSON file (${error.message})` : "is missing";
    console.error(
      `console: ${source} ${why}. Write it with: steward server openapi > server/console/openapi.json\n` +
        "(or name another file in STEWARD_OPENAPI). Nothing was written.",
    );
    process.exit(2);
  }
}

writeFileSync(target, astToString(await openapiTS(described())));
