/** What the person's page shows, put in order: names, groups of values, words of the program as people read them. Pure. */
import type { ComputedTrait, Identifier, IdentityEvidence, PersonDetail, PersonTag, PersonTrait } from "../api/types";
import { en } from "../i18n/en";
import type { PlainKey, Translate } from "../i18n/i18n";
import { type Format, minorDigits } from "../ui/format";

/** The page of whoever has this key. The dot is escaped too: the program takes what ends like a file for one. */
export function personPath(key: string): string {
  return `/people/${encodeURIComponent(key).replace(/\./g, "%2E")}`;
}

/** The word for something that has a name in the program; what is not in the dictionary is shown as it is. */
export function wordFor(t: Translate, prefix: string, name: string): string {
  const key = `${prefix}.${name}`;
  return key in en ? t(key as PlainKey) : name;
}

/** What the person is called; their best key if nobody says it. */
export function nameOf(person: PersonDetail, key: string): string {
  const said = (name: string) => person.traits.find((trait) => trait.name === name && trait.holds)?.value;
  const parts = [said("first_name") ?? said("firstName"), said("last_name") ?? said("lastName")];
  const together = parts.filter((part) => part !== undefined).join(" ");
  return said("name") ?? said("nickname") ?? (together !== "" ? together : (userIdOf(person) ?? key));
}

export function userIdOf(person: PersonDetail): string | undefined {
  return person.identifiers.find((identifier) => identifier.kind === "user_id")?.value;
}

export const valueGroups = {
  presence: [
    "first_seen",
    "last_seen",
    "days_since_seen",
    "sessions",
    "events",
    "product_views",
    "searches",
    "device",
    "region",
  ],
  buying: [
    "orders",
    "spend",
    "average_order_value",
    "refunds",
    "first_order",
    "last_order",
    "days_since_order",
    "order_gap_days",
    "discounted_orders",
    "cancelled_orders",
    "cart_adds",
    "wishes",
    "coupons_used",
  ],
  favourites: ["favourite_category", "favourite_brand", "favourite_price_band", "favourite_channel", "favourite_hour"],
  social: [
    "shares",
    "shares_opened_by_others",
    "invites_accepted",
    "followers_gained",
    "group_buys",
    "reviews",
    "content_likes",
    "content_comments",
  ],
} as const;
export type ValueGroup = keyof typeof valueGroups | "other";

export interface Grouped {
  group: ValueGroup;
  /** What there is to say. */
  known: ComputedTrait[];
  /** Counts and sums of nothing. */
  none: ComputedTrait[];
}

/** The values by group, in the order above; a value that is in no group is in `other`. Empty groups are left out. */
export function groupValues(computed: ComputedTrait[]): Grouped[] {
  const byName = new Map(computed.map((value) => [value.name, value]));
  const groups = Object.entries(valueGroups).map(([group, names]): [ValueGroup, ComputedTrait[]] => {
    const values = names.map((name) => byName.get(name)).filter((value) => value !== undefined);
    for (const name of names) byName.delete(name);
    return [group as ValueGroup, values];
  });
  groups.push(["other", [...byName.values()]]);
  return groups
    .filter(([, values]) => values.length > 0)
    .map(([group, values]) => ({
      group,
      known: values.filter((value) => !isNothing(value)),
      none: values.filter(isNothing),
    }));
}

function isNothing(value: ComputedTrait): boolean {
  return (value.type === "count" && value.value === 0) || (value.type === "money" && value.value.length === 0);
}

export function valueText(value: ComputedTrait, format: Format, t: Translate, tag: string): string {
  switch (value.type) {
    case "count":
      return format.count(value.value);
    case "days":
      return daysText(value.value, tag);
    case "moment":
      return format.dateTime(value.value);
    case "hour":
      return `${clockHour(value.value)} – ${clockHour(value.value + 1)}`;
    case "money":
      return value.value.map(({ minor, currency }) => format.money(minor, currency)).join(" + ");
    case "text":
      if (value.name === "favourite_price_band") return pricesIn(value.value, format);
      return value.name === "device" ? wordFor(t, "device", value.value) : value.value;
  }
}

/** Days, with a decimal while there are few of them; hours or minutes where there is not even one. */
export function daysText(days: number, tag: string): string {
  const minutes = Math.floor(days * 24 * 60);
  if (minutes < 60) return inUnits(minutes, "minute", tag, 0);
  if (minutes < 24 * 60) return inUnits(Math.floor(minutes / 60), "hour", tag, 0);
  return inUnits(days, "day", tag, days < 10 ? 1 : 0);
}

function inUnits(value: number, unit: string, tag: string, maximumFractionDigits: number): string {
  return new Intl.NumberFormat(tag, { style: "unit", unit, unitDisplay: "long", maximumFractionDigits }).format(value);
}

function clockHour(hour: number): string {
  return `${String(hour % 24).padStart(2, "0")}:00`;
}

/** `100.00 CNY – 199.99 CNY` with each price as the reader writes it. */
export function pricesIn(text: string, format: Format): string {
  return text.replace(/(\d+(?:\.\d+)?) ([A-Z]{3})\b/g, (_, amount: string, currency: string) =>
    format.money(Math.round(Number(amount) * 10 ** minorDigits(currency)), currency),
  );
}

/** A reason as people read it: sources by their names, names of fields without the marks of code. */
export function reasonText(text: string, nameOfSource: (id: string) => string): string {
  return text.replace(/\bsrc_[0-9a-z]+/g, nameOfSource).replace(/`([^`]*)`/g, "“$1”");
}

/** In an order that fills three columns evenly: interests are the longest by far. */
export const tagFamilies = ["basic", "consumption", "interest", "social", "psychological"] as const;
export type TagFamily = (typeof tagFamilies)[number];

export interface Family {
  family: TagFamily;
  /** The tags of one kind together: the terms of an interest. */
  tags: { tag: string; label: PersonTag["label"]; terms: PersonTag[] }[];
}

/** Tags by family, those without terms the weightiest first; the program's order of terms is kept. */
export function groupTags(tags: PersonTag[]): Family[] {
  return tagFamilies.map((family) => {
    const kinds = new Map<string, Family["tags"][number]>();
    for (const tag of tags.filter((tag) => tag.family === family)) {
      const kind = kinds.get(tag.tag) ?? { tag: tag.tag, label: tag.label, terms: [] };
      kind.terms.push(tag);
      kinds.set(tag.tag, kind);
    }
    return { family, tags: [...kinds.values()] };
  });
}

/** What is said, each thing once: the same word of one source is not repeated, what holds comes first. */
export function wordsSaid(traits: PersonTrait[]): PersonTrait[] {
  const latest = new Map<string, PersonTrait>();
  for (const trait of traits) {
    const place = JSON.stringify([trait.name, trait.value, trait.source_id]);
    const other = latest.get(place);
    if (other === undefined || trait.holds || (!other.holds && other.said_at < trait.said_at)) latest.set(place, trait);
  }
  return [...latest.values()].sort(
    (a, b) => compare(a.name, b.name) || Number(b.holds) - Number(a.holds) || compare(b.said_at, a.said_at),
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Two identifiers and all that was seen of them together. */
export interface Pair extends Pick<IdentityEvidence, "a" | "b" | "first_at" | "last_at" | "times"> {
  calls: string[];
  sources: string[];
}

/** Evidence with the calls and sources of the same two identifiers put together, in the order in which they first come. */
export function byPair(evidence: IdentityEvidence[]): Pair[] {
  const pairs = new Map<string, Pair>();
  for (const { a, b, call, source, first_at, last_at, times } of evidence) {
    const name = JSON.stringify([a, b]);
    const pair = pairs.get(name) ?? { a, b, first_at, last_at, times: 0, calls: [], sources: [] };
    if (!pair.calls.includes(call)) pair.calls.push(call);
    if (!pair.sources.includes(source)) pair.sources.push(source);
    if (first_at < pair.first_at) pair.first_at = first_at;
    if (last_at > pair.last_at) pair.last_at = last_at;
    pair.times += times;
    pairs.set(name, pair);
  }
  return [...pairs.values()];
}

/** Identifiers by kind, the kinds in the order in which they first come. */
export function byKind(identifiers: Identifier[]): [kind: string, identifiers: Identifier[]][] {
  const kinds = new Map<string, Identifier[]>();
  for (const identifier of identifiers) kinds.set(identifier.kind, [...(kinds.get(identifier.kind) ?? []), identifier]);
  return [...kinds];
}

/** What a kind of identifier is called: `openid:wx_app` is the openid of an app. */
export function kindText(kind: string, t: Translate): string {
  const [family = kind, name] = kind.split(/:(.*)/s);
  const word = wordFor(t, "kind", family);
  return name === undefined || name === "" ? word : `${word} · ${name}`;
}

/** Hashes are cut; nobody reads them to the end. */
export function shortValue({ kind, value }: Identifier): string {
  return /_hash$/.test(kind) && value.length > 20 ? `${value.slice(0, 12)}…` : value;
}

/** A person's id, as much of it as tells people apart at a glance. */
export function shortId(personId: string): string {
  return personId.length > 12 ? `${personId.slice(0, 10)}…` : personId;
}

/** Whether a person can be asked for by it: an anonymous id that always came with a user id is no shopper key. */
export function isKey(identifier: Identifier): boolean {
  return identifier.kind === "user_id";
}

/** One of four colours, the same for the same person every time. */
export function toneOf(personId: string): number {
  let sum = 0;
  for (const letter of personId) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 1009;
  return sum % 4;
}
