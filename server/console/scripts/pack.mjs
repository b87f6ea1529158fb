// Leaves beside each built asset a compressed one, which the server sends to who can read it.
import { readdir, readFile, writeFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";

const ASSETS = new URL("../dist/assets/", import.meta.url);
// Below this a compressed file saves no packet.
const WORTH_PACKING_B = 1200;

for (const name of await readdir(ASSETS)) {
  const content = await readFile(new URL(name, ASSETS));
  if (content.length >= WORTH_PACKING_B) await writeFile(new URL(`${name}.gz`, ASSETS), gzipSync(content, { level: 9 }));
}
