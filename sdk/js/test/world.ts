/** A world to test in: a clock, a device whose storage outlives its pages, a server that knows what it has seen. */
import type { Place, Platform } from "../src/platform";
import { storeOf } from "../src/store";
import { trackerOf } from "../src/tracker";
import type { Consent, Options } from "../src/types";

// biome-ignore lint/suspicious/noExplicitAny: what was sent is looked at freely
export type Sent = any;

export const options: Options = { writeKey: "fvw_test", host: "https://fanvine.example/" };
export const minutes = (count: number) => count * 60_000;

/** Numbers that come out the same every time (mulberry32). */
export function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export class World {
  time = Date.parse("2026-03-01T08:00:00Z");
  timers: { at: number; run: () => void; page: object }[] = [];
  disk = new Map<string, string>();
  tabs: { told: (consent: Consent) => void; open: boolean }[] = [];
  warnings: string[] = [];
  /** Every request that reached the server, and what it has stored, by message id. */
  requests: { url: string; writeKey: string; sentAt: string; batch: Sent[] }[] = [];
  stored = new Map<string, Sent>();
  /** What the server answers: 200 unless told. "lost" takes the events, but nobody hears of it; "down" hears nothing. */
  answer: (batch: Sent[]) => number | "lost" | "down" | [number, string] = () => 200;
  refuses = false;
  private ids = 0;

  get events(): Sent[] {
    return [...this.stored.values()];
  }

  named(name: string): Sent[] {
    return this.events.filter(({ event }) => event === name);
  }

  /** A page is opened: the tracker on it, and how to leave it. */
  open(place: Partial<Place> = {}, more: Partial<Options> = {}) {
    const page = { open: true, told: (_: Consent) => {} };
    this.tabs.push(page);
    let leave = () => {};
    let back = () => {};
    const shown: Place = { url: "https://shop.example/", path: "/", referrer: "", params: {}, ...place };
    const kept = this.disk;
    const disk = {
      get: (key: string) => kept.get(key) ?? null,
      set: (key: string, text: string) => void kept.set(key, text),
      remove: (key: string) => void kept.delete(key),
      keys: () => [...kept.keys()],
    };
    const platform: Platform = {
      store: storeOf(disk, more.prefix || "fv."),
      now: () => this.time,
      uuid: () => `id-${++this.ids}`.padEnd(36, "-"),
      after: (ms, run) => {
        const timer = { at: this.time + ms, run, page };
        this.timers.push(timer);
        return () => {
          this.timers = this.timers.filter((other) => other !== timer);
        };
      },
      send: async (url, body) => this.hear(url, body),
      alone: async (run) => run().then(() => true),
      place: () => ({ ...shown }),
      device: () => ({ locale: "zh-CN" }),
      onLeave: (run) => {
        leave = run;
      },
      onBack: (run) => {
        back = run;
      },
      tell: (consent) => {
        for (const tab of this.tabs) if (tab !== page && tab.open) tab.told(consent);
      },
      onTold: (run) => {
        page.told = run;
      },
      refuses: () => this.refuses,
      warn: (text) => this.warnings.push(text),
    };
    const tracker = trackerOf(platform, { ...options, ...more });
    return {
      ...tracker,
      shown,
      back: () => back(),
      /** The page is gone, its timers with it. */
      close: () => {
        leave();
        page.open = false;
        this.timers = this.timers.filter((timer) => timer.page !== page);
      },
    };
  }

  private async hear(url: string, body: string) {
    const request = JSON.parse(body);
    const answer = this.answer(request.batch);
    if (answer === "down") return { status: 0 };
    this.requests.push({ url, ...request });
    const [status, retryAfter] = Array.isArray(answer) ? answer : [answer];
    if (status === "lost" || status === 200)
      for (const message of request.batch)
        if (!this.stored.has(message.messageId)) this.stored.set(message.messageId, message);
    return { status: status === "lost" ? 0 : status, retryAfter };
  }

  /** So much time goes by. */
  async pass(ms: number) {
    const until = this.time + ms;
    for (;;) {
      await settled();
      const next = this.timers.filter(({ at }) => at <= until).sort((one, other) => one.at - other.at)[0];
      if (!next) break;
      this.timers = this.timers.filter((timer) => timer !== next);
      this.time = Math.max(this.time, next.at);
      next.run();
    }
    this.time = until;
  }
}

/** What was promised has happened. */
export const settled = () => new Promise((done) => setImmediate(done));
