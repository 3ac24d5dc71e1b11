/**
 * Builds dist/: for a script tag (fanvine.js, which the program carries inside it), as ES modules for bundlers, and as
 * CommonJS for what WeChat's developer tools call "build npm".
 */
import { readFile, rm, writeFile } from "node:fs/promises";
import { build } from "vite";

const { version } = JSON.parse(await readFile("package.json", "utf8"));

const builds = [
  { entry: "src/script.ts", format: "iife", file: "fanvine.js" },
  { entry: "src/index.ts", format: "es", file: "index.js" },
  { entry: "src/miniprogram.ts", format: "es", file: "miniprogram.js" },
  { entry: "src/miniprogram.ts", format: "cjs", file: "miniprogram/index.js" },
];

await rm("dist", { recursive: true, force: true });
for (const { entry, format, file } of builds) {
  await build({
    configFile: false,
    logLevel: "warn",
    define: { __VERSION__: JSON.stringify(version) },
    build: {
      // What webviews of the last years all run: Chrome 63, Safari 12.
      target: "es2018",
      emptyOutDir: false,
      outDir: "dist",
      minify: false,
      lib: { entry, formats: [format], name: "fanvineTracker", fileName: () => file },
      rolldownOptions: { output: { minify: true } },
    },
  });
}
// The package speaks ES modules; this one folder does not.
await writeFile("dist/miniprogram/package.json", '{ "type": "commonjs" }\n');
