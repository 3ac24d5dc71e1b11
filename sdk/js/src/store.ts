/** Texts on the device, whatever keeps them there: what it does not take stays in memory. */
import type { Store } from "./platform";

/** What keeps texts; each of these may throw: storage can be forbidden, or full. */
export interface Disk {
  get(key: string): string | null;
  set(key: string, text: string): void;
  remove(key: string): void;
  keys(): string[];
}

/** What it answers, or nothing if it throws. */
export function attempt<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch {
    return undefined;
  }
}

export function storeOf(disk: Disk, prefix: string): Store {
  const memory = new Map<string, string>();
  const remove = (key: string) => {
    memory.delete(key);
    attempt(() => disk.remove(prefix + key));
  };
  return {
    get: (key) => memory.get(key) || attempt(() => disk.get(prefix + key)) || null,
    set(key, text) {
      // What was there before must not come back.
      remove(key);
      attempt(() => disk.set(prefix + key, text));
      if (attempt(() => disk.get(prefix + key)) !== text) memory.set(key, text);
    },
    remove,
    keys() {
      const kept = attempt(disk.keys) || [];
      const ours = kept.filter((key) => key.startsWith(prefix)).map((key) => key.slice(prefix.length));
      return [...new Set([...ours, ...memory.keys()])];
    },
  };
}
