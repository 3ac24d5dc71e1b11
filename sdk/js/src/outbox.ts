/**
 * Messages that wait to be sent, on the device.
 *
 * Each lies under a key of its own, so that tabs which add and take away at the same moment never undo one another. Any
 * tab sends what any tab has put here. A message leaves when the server has answered for it: what is sent twice, it
 * knows by its message id.
 */
import type { Platform } from "./platform";

/** A message as it waits: its key and its JSON. */
export type Waiting = [key: string, json: string];

const MARK = "q.";

export interface Outbox {
  add(messageId: string, json: string): void;
  /** The oldest ones, so many and about so many bytes at most (one at least), without those that are on their way. */
  take(count: number, bytes: number, flying: Set<string>): Waiting[];
  done(key: string): void;
}

/** At least as many bytes as the text has in UTF-8. */
export const bytesOf = (text: string): number => text.replace(/[^\0-\x7f]/g, "___").length;

export function outboxOf({ store, now, warn }: Platform, limit: number): Outbox {
  let added = 0;
  const keys = () =>
    store
      .keys()
      .filter((key) => key.startsWith(MARK))
      .sort();
  return {
    add(messageId, json) {
      const order = now().toString(36).padStart(9, "0") + (added++).toString(36).padStart(4, "0");
      store.set(`${MARK}${order}.${messageId}`, json);
      const all = keys();
      const excess = all.slice(0, Math.max(0, all.length - limit));
      excess.forEach(store.remove);
      if (excess[0]) warn(`more than ${limit} events wait: ${excess.length} of the oldest given up`);
    },
    take(count, bytes, flying) {
      const taken: Waiting[] = [];
      let left = bytes;
      for (const key of keys()) {
        const json = !flying.has(key) && store.get(key);
        if (!json) continue;
        left -= bytesOf(json) + 1;
        if (taken[0] && (left < 0 || taken.length >= count)) break;
        taken.push([key, json]);
      }
      return taken;
    },
    done: store.remove,
  };
}
