/** The scripts of all pages, and what each weighs; more than 60 KB fails. */
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

/** Each is src/NAME.ts. */
export const pages = [
  "group",
  "bargain",
  "assist",
  "lottery",
  "check-in",
  "tasks",
  "coupons",
  "sharing",
  "vote",
  "quiz",
  "contest",
  "shop",
];
/** In bytes, not compressed. */
const most = 60_000;

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const name of pages) {
    const script = await readFile(new URL(`dist/${name}.js`, import.meta.url));
    console.log(`${name.padEnd(10)} ${script.length} bytes, ${gzipSync(script).length} gzipped`);
    if (script.length > most) {
      console.error(`${name} weighs more than ${most} bytes`);
      process.exitCode = 1;
    }
  }
}
