/** The console begins here. */
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { App } from "antd";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { ApiError } from "./api/client";
import { Routes } from "./app/routes";
import { ThemeProvider } from "./app/theme";
import { LanguageProvider } from "./i18n/i18n";
import "./app/app.css";

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 30_000,
      // A refusal stays a refusal; only a program that does not answer, or is busy, is worth asking again.
      retry: (count, error) => count < 2 && error instanceof ApiError && (error.status === 0 || error.status >= 502),
    },
  },
});

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");
createRoot(root).render(
  <StrictMode>
    <LanguageProvider>
      <ThemeProvider>
        <App message={{ maxCount: 3 }} className="app">
          <QueryClientProvider client={queries}>
            <Routes />
          </QueryClientProvider>
        </App>
      </ThemeProvider>
    </LanguageProvider>
  </StrictMode>,
);
