import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

/** Where `npm run dev` finds the running program. */
const program = "http://127.0.0.1:8480";

export default defineConfig({
  plugins: [react()],
  build: {
    outDir: "dist",
    target: "es2022",
    sourcemap: false,
    chunkSizeWarningLimit: 1100,
    rollupOptions: { input: { console: "index.html", docs: "docs/index.html" } },
  },
  test: { include: ["src/**/*.test.ts"] },
  server: {
    proxy: Object.fromEntries(["/api", "/v1", "/openapi.json"].map((path) => [path, { target: program }])),
  },
});
