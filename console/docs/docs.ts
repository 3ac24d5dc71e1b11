/** The API reference: `/openapi.json` as the running program serves it, made readable. Asks nobody else for anything. */
import "rapidoc";

const remembered = localStorage.getItem("fanvine.theme");
const dark =
  remembered === "dark" || (remembered !== "light" && window.matchMedia("(prefers-color-scheme: dark)").matches);

const attributes: Record<string, string> = {
  "spec-url": "/openapi.json",
  "load-fonts": "false",
  "regular-font": 'Inter, system-ui, -apple-system, "Segoe UI", Roboto, "PingFang SC", "Microsoft YaHei", sans-serif',
  "mono-font": "ui-monospace, SFMono-Regular, Menlo, Consolas, monospace",
  theme: dark ? "dark" : "light",
  "bg-color": dark ? "#0d1210" : "#ffffff",
  "text-color": dark ? "#e8eeea" : "#15201a",
  "primary-color": dark ? "#43bf95" : "#0d6e52",
  "nav-bg-color": dark ? "#0a100d" : "#10271f",
  "nav-text-color": "#bcd0c6",
  "nav-hover-bg-color": "#1c3a30",
  "nav-hover-text-color": "#f2faf6",
  "nav-accent-color": "#5fd6aa",
  "render-style": "focused",
  "schema-style": "table",
  "font-size": "default",
  "show-method-in-nav-bar": "as-colored-text",
  "default-schema-tab": "schema",
  "schema-description-expanded": "true",
  "nav-item-spacing": "default",
  "use-path-in-nav-bar": "false",
  "show-header": "false",
  "allow-server-selection": "false",
  "allow-spec-file-download": "false",
  "fetch-credentials": "same-origin",
};

const reference = document.createElement("rapi-doc");
for (const [name, value] of Object.entries(attributes)) reference.setAttribute(name, value);
reference.innerHTML = `
  <a slot="nav-logo" class="docs-brand" href="/" title="Fanvine">
    <img src="/favicon.svg" width="30" height="30" alt="" />
    Fanvine
  </a>`;

/** Whoever is signed in to the console may try calls from here: they carry the session's CSRF token. */
reference.addEventListener("before-try", (event) => {
  const { request } = (event as CustomEvent<{ request: Request }>).detail;
  if (csrfToken !== null) request.headers.append("x-csrf-token", csrfToken);
});

let csrfToken: string | null = null;
fetch("/api/v1/session")
  .then((answer) => (answer.ok ? (answer.json() as Promise<{ csrf_token: string }>) : null))
  .then((session) => {
    csrfToken = session?.csrf_token ?? null;
  })
  .catch(() => {
    // Reading needs no session; only trying does.
  });

document.body.append(reference);
