import { existsSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";

test.each(["fanvine.js", "index.js", "miniprogram.js", "miniprogram/index.js"])(
  "%s is less than 6 KB gzipped",
  (name) => {
    const file = new URL(`../dist/${name}`, import.meta.url);
    if (!existsSync(file)) throw new Error(`there is no dist/${name}: npm run build makes it`);
    const bytes = gzipSync(readFileSync(file), { level: 9 }).length;
    console.log(`${name}: ${bytes} bytes gzipped`);
    expect(bytes).toBeLessThan(6_000);
  },
);
