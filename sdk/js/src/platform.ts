/** What the tracker needs of where it runs: a page in a browser, a mini-program, a test. */
import type { Consent, Properties } from "./types";

/** Texts on the device, under keys that are the tracker's own. Nothing of it throws. */
export interface Store {
  get(key: string): string | null;
  set(key: string, text: string): void;
  remove(key: string): void;
  keys(): string[];
}

/** What came back. The status is 0 if nobody answered. */
export interface Answer {
  status: number;
  retryAfter?: string | null | undefined;
}

/** What is shown, and how one came there. */
export interface Place {
  url: string;
  path: string;
  title?: string;
  search?: string;
  /** The address of the page before. */
  referrer?: string;
  /** The query. */
  params: Record<string, string | undefined>;
}

export interface Platform {
  store: Store;
  now(): number;
  /** Cannot be guessed and is never given out twice. */
  uuid(): string;
  /** Runs it once, so many milliseconds from now; answers how to call that off. */
  after(ms: number, run: () => void): () => void;
  /**
   * Posts the text as text/plain, so that no browser asks permission first. `bytes` is at least its length; `leaving` if
   * the page may be gone before the answer.
   */
  send(url: string, body: string, bytes: number, leaving: boolean): Promise<Answer>;
  /** Runs it unless another tab is at it; answers whether it did. */
  alone(run: () => Promise<void>): Promise<boolean>;
  place(): Place;
  /** What else is known of the device, for an event's `context`. */
  device(): Properties;
  /** Calls when the page may be gone in a moment. */
  onLeave(run: () => void): void;
  /** Calls when there is reason to think that sending works now. */
  onBack(run: () => void): void;
  /** Tells the other tabs, and calls with what they tell; leaves nothing on the device. */
  tell(consent: Consent): void;
  onTold(run: (consent: Consent) => void): void;
  /** Whether the browser asks not to be tracked. */
  refuses(): boolean;
  warn(text: string): void;
}
