/** A page in a browser. */
import { uuidOf } from "./ids";
import { paramsOf } from "./links";
import type { Answer, Platform } from "./platform";
import { attempt, type Disk, storeOf } from "./store";
import type { Consent } from "./types";

/** Together, requests that outlive their page may hold 64 KiB. */
const MOST_KEPT_ALIVE = 60_000;
const TIMEOUT_MS = 30_000;
/** Under which tabs tell one another what the shopper agreed to, for a moment. */
const TOLD = "t";

const disk: Disk = {
  get: (key) => localStorage.getItem(key),
  set: (key, text) => localStorage.setItem(key, text),
  remove: (key) => localStorage.removeItem(key),
  keys: () => Object.keys(localStorage),
};

async function send(url: string, body: string, bytes: number, leaving: boolean): Promise<Answer> {
  if (leaving && !("keepalive" in Request.prototype)) {
    // Answers nothing: it is sent again by the next page, and the server knows it by its message ids.
    navigator.sendBeacon(url, body);
    return { status: 0 };
  }
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), TIMEOUT_MS);
  try {
    const keepalive = bytes < MOST_KEPT_ALIVE;
    const { signal } = stop;
    const answer = await fetch(url, { method: "POST", body, keepalive, credentials: "omit", signal });
    return { status: answer.status, retryAfter: answer.headers.get("Retry-After") };
  } catch {
    return { status: 0 };
  } finally {
    clearTimeout(timer);
  }
}

export function browserOf(prefix: string): Platform {
  const bytes = new Uint8Array(1);
  return {
    store: storeOf(disk, prefix),
    now: Date.now,
    uuid: () => uuidOf(() => crypto.getRandomValues(bytes)[0] as number),
    after(ms, run) {
      const timer = setTimeout(run, ms);
      return () => clearTimeout(timer);
    },
    send,
    async alone(run) {
      let ran = true;
      const inside = (lock: unknown) => {
        ran = !!lock;
        return lock ? run() : undefined;
      };
      // Only pages with TLS have locks; without them two tabs may send the same, which counts once.
      await (navigator.locks ? navigator.locks.request(prefix, { ifAvailable: true }, inside) : run());
      return ran;
    },
    place: () => ({
      url: location.href,
      path: location.pathname,
      title: document.title,
      search: location.search,
      referrer: document.referrer,
      params: paramsOf(location.search),
    }),
    device: () => ({
      locale: navigator.language,
      timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
      screen: { width: screen.width, height: screen.height, density: devicePixelRatio },
      userAgent: navigator.userAgent,
    }),
    onLeave(run) {
      addEventListener("pagehide", run);
      document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && run());
    },
    onBack: (run) => addEventListener("online", run),
    tell(consent) {
      attempt(() => localStorage.setItem(prefix + TOLD, consent));
      attempt(() => localStorage.removeItem(prefix + TOLD));
    },
    onTold: (run) =>
      addEventListener("storage", ({ key, newValue }) => {
        if (key === prefix + TOLD && newValue) run(newValue as Consent);
      }),
    refuses: () =>
      navigator.doNotTrack === "1" || !!(navigator as { globalPrivacyControl?: boolean }).globalPrivacyControl,
    warn: (text) => console.warn(`fanvine: ${text}`),
  };
}
