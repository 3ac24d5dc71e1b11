/** Builds dist/: one script for each page, which is all that the page loads, and one style sheet for all of them. */
import { copyFile, readdir, rm } from "node:fs/promises";
import { build } from "vite";
import { pages } from "./weight.mjs";

await rm("dist", { recursive: true, force: true });
for (const name of pages) {
  await build({
    configFile: false,
    publicDir: false,
    logLevel: "warn",
    build: {
      // What webviews of the last years all run: Chrome 63, Safari 12.
      target: "es2018",
      emptyOutDir: false,
      outDir: "dist",
      minify: false,
      lib: { entry: `src/${name}.ts`, formats: ["iife"], name: "page", fileName: () => `${name}.js` },
      rolldownOptions: { output: { minify: true } },
    },
  });
}
for (const name of (await readdir("src")).filter((name) => name.endsWith(".css")))
  await copyFile(`src/${name}`, `dist/${name}`);
