/** Takes what waits to the server: in batches, again when it fails, never faster than it is told. */
import { bytesOf, type Outbox, type Waiting } from "./outbox";
import type { Platform } from "./platform";

/** Of a batch. A browser lets requests that outlive their page hold 64 KiB together: one on its way and one at the end. */
const MOST_EVENTS = 50;
const MOST_BYTES = 30_000;
/** The first wait after a failure, and the longest. */
const FIRST_MS = 1_000;
const LONGEST_MS = 300_000;
/** A longer `Retry-After` is a mistake, or the clock was put back. */
const DAY_MS = 86_400_000;
/** Under which it is kept until when the server wants to be left alone: tabs and reloads wait as well. */
const WAIT = "w";

export interface Delivery {
  /** Sends within so many milliseconds. */
  soon(ms: number): void;
  /** Sends now, unless the server asked to wait. */
  flush(): Promise<void>;
  /** Sends what there is time for: the page may be gone in a moment. */
  leave(): void;
  /** The network is back: waits no longer because nobody answered. */
  back(): void;
}

export function deliveryOf(platform: Platform, outbox: Outbox, url: string, writeKey: string): Delivery {
  const { store, now, warn } = platform;
  const flying = new Set<string>();
  let failures = 0;
  /** Until when not to try because nobody answered. */
  let silent = 0;
  let running: Promise<void> | undefined;
  let refused = false;
  let due = Number.POSITIVE_INFINITY;
  let callOff = () => {};

  const waits = () => {
    const left = Math.max(Number(store.get(WAIT)), silent) - now();
    return left > 0 && left <= DAY_MS ? left : 0;
  };

  function soon(ms: number) {
    if (now() + ms >= due) return;
    callOff();
    due = now() + ms;
    callOff = platform.after(ms, () => {
      due = Number.POSITIVE_INFINITY;
      flush();
    });
  }

  function pause(heard: boolean, retryAfter: string | null | undefined) {
    // RFC 9110: seconds, or a date.
    const asked = retryAfter ? Number(retryAfter) * 1e3 || Date.parse(retryAfter) - now() : 0;
    // Full jitter: those who failed together do not come back together.
    const own = Math.min(LONGEST_MS, FIRST_MS * 2 ** failures++) * (0.5 + Math.random() / 2);
    const ms = Math.min(Math.max(own, asked || 0), DAY_MS);
    if (heard) store.set(WAIT, String(now() + ms));
    else silent = now() + ms;
    soon(ms);
  }

  /** Whether to go on with the next. */
  async function deliver(batch: Waiting[], leaving = false): Promise<boolean> {
    const parts = batch.map(([, json]) => json).join();
    const head = JSON.stringify({ writeKey, sentAt: new Date(now()).toISOString() });
    const body = `${head.slice(0, -1)},"batch":[${parts}]}`;
    for (const [key] of batch) flying.add(key);
    const { status, retryAfter } = await platform.send(url, body, bytesOf(body), leaving);
    for (const [key] of batch) flying.delete(key);
    if (status === 413 && batch[1]) {
      const half = batch.length >> 1;
      return (await deliver(batch.slice(0, half))) && deliver(batch.slice(half));
    }
    if ((status >= 200 && status < 300) || status === 400 || status === 413) {
      for (const [key] of batch) outbox.done(key);
      if (status >= 400) warn(`${batch.length} events refused with ${status}`);
      failures = 0;
      return true;
    }
    // If it was cleared meanwhile, consent was withdrawn, and nothing more is kept.
    const [[first] = [""]] = batch;
    if (!status || status === 408 || status === 429 || status >= 500) pause(!!status && !!store.get(first), retryAfter);
    else {
      // The key or the address is wrong. What waits is kept for a page that has them right.
      refused = true;
      warn(`refused with ${status}: check writeKey and host`);
    }
    return false;
  }

  async function sendAll() {
    for (;;) {
      const ms = waits();
      if (ms) return soon(ms);
      const batch = outbox.take(MOST_EVENTS, MOST_BYTES, flying);
      if (!batch[0] || !(await deliver(batch))) return;
    }
  }

  async function run() {
    // Another tab that is at it may have looked before the last event came.
    if (!refused && !(await platform.alone(sendAll))) soon(FIRST_MS);
  }

  function flush(): Promise<void> {
    running =
      running ||
      run().then(() => {
        running = undefined;
      });
    return running;
  }

  return {
    soon,
    flush,
    leave() {
      const batch = refused || waits() ? [] : outbox.take(MOST_EVENTS, MOST_BYTES, flying);
      if (batch[0]) deliver(batch, true);
    },
    back() {
      silent = 0;
      flush();
    },
  };
}
