/** A timeline by days, and what to say of an event in one line. Pure. */
import type { TimelineEvent } from "../api/types";
import { dateIn } from "../overview/range";
import { readInstant } from "../ui/format";

export interface Day {
  /** A civil date in the shop's zone. */
  date: string;
  events: TimelineEvent[];
}

/** Events, the latest first, by the days of the shop's zone. */
export function byDay(events: TimelineEvent[], timeZone: string): Day[] {
  const days: Day[] = [];
  for (const event of events) {
    const date = dateIn(timeZone, readInstant(event.occurred_at));
    const last = days.at(-1);
    if (last?.date === date) last.events.push(event);
    else days.push({ date, events: [event] });
  }
  return days;
}

export type Tone = "money" | "social" | "shop" | "identity" | "rest";

/** Which of a few colours marks an event of this name. */
export function toneOfEvent(name: string): Tone {
  if (/^order|refund|payment/i.test(name)) return "money";
  if (/shar|follow|liked|comment|invite|group|review/i.test(name)) return "social";
  if (/product|cart|checkout|coupon|wishlist|promotion/i.test(name)) return "shop";
  return /^(identify|alias)$/i.test(name) ? "identity" : "rest";
}

/** What the event is about: the products by their names, else what was searched, seen or joined. */
export function subjectOf(event: TimelineEvent): string | null {
  const properties = (event.properties ?? {}) as Record<string, unknown>;
  const products = Array.isArray(properties.products) ? properties.products : [];
  const names = products.map((product) => text(product?.name) ?? text(product?.product_id)).filter(isText);
  if (names.length > 0)
    return names.length > 3 ? `${names.slice(0, 3).join(", ")} +${names.length - 3}` : names.join(", ");
  const query = text(properties.query);
  if (query !== null) return `“${query}”`;
  return (
    text(properties.segment_name) ??
    text(properties.name) ??
    text(event.product_id) ??
    text(properties.content_id) ??
    text(properties.group_buy_id)
  );
}

/** Whether there is anything to open. */
export function hasProperties(event: TimelineEvent): boolean {
  return event.properties != null && Object.keys(event.properties).length > 0;
}

function text(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : typeof value === "number" ? String(value) : null;
}

function isText(value: string | null): value is string {
  return value !== null;
}
