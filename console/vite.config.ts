import react from "@vitejs/plugin-react";
import { loadEnv } from "vite";
import { defineConfig } from "vitest/config";

export default defineConfig(({ mode }) => {
  /** Where `npm run dev` finds the running program. */
  const program = loadEnv(mode, ".", "FANVINE_").FANVINE_URL ?? "http://127.0.0.1:8480";
  return {
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
      proxy: Object.fromEntries(
        ["/api", "/v1", "/metrics", "/openapi.json"].map((path) => [path, { target: program }]),
      ),
    },
  };
});
