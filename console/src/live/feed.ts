/** The list behind the Live page: newest first, bounded, each event once. Pure. */
import type { LiveEvent } from "../api/types";

export const shownLimit = 400;
export const rateSeconds = 60;

/** Puts `arrived` (in any order) on top of `shown`; what is there already is not repeated, what is oldest falls out. */
export function merge(shown: LiveEvent[], arrived: LiveEvent[], limit = shownLimit): LiveEvent[] {
  const seen = new Set(shown.map((event) => event.message_id));
  const fresh: LiveEvent[] = [];
  for (const event of arrived) {
    if (seen.has(event.message_id)) continue;
    seen.add(event.message_id);
    fresh.push(event);
  }
  if (fresh.length === 0) return shown;
  // Sorting is stable, so events received in the same instant keep the order in which they came.
  return [...fresh, ...shown].sort((a, b) => Date.parse(b.received_at) - Date.parse(a.received_at)).slice(0, limit);
}

export interface Filter {
  events: string[];
  text: string;
}

export function matches(event: LiveEvent, filter: Filter): boolean {
  if (filter.events.length > 0 && !filter.events.includes(nameOf(event))) return false;
  const text = filter.text.trim().toLowerCase();
  if (text === "") return true;
  return [event.event, event.shopper_id, event.anonymous_id, event.product_id, event.order_id].some((value) =>
    value?.toLowerCase().includes(text),
  );
}

/** What an event is called: its own name, or its kind for those without one (identify, group, alias). */
export function nameOf(event: LiveEvent): string {
  return event.event == null || event.event === "" ? event.kind : event.event;
}

/** Events per second over the last minute, oldest first; `counts` maps a unix second to its events. */
export function rates(counts: ReadonlyMap<number, number>, nowMs: number, sinceMs: number): (number | null)[] {
  const now = Math.floor(nowMs / 1000);
  const since = Math.floor(sinceMs / 1000);
  return Array.from({ length: rateSeconds }, (_, index) => {
    const second = now - rateSeconds + index;
    return second < since ? null : (counts.get(second) ?? 0);
  });
}
