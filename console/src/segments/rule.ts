/** The rule of a segment as the API takes it: JSON, of which `crates/domain/people/src/segments/rule.rs` is the definition. */

export type Rule = { all: Rule[] } | { any: Rule[] } | { not: Rule } | Clause;

/** A rule that is neither a group nor a negation. */
export type Clause =
  | { trait: ValueTest }
  | { computed: ValueTest }
  | { tag: TagTest }
  | { event: EventTest }
  | { last_of: FollowTest }
  | { sequence: SequenceTest }
  | { segment: string }
  | { list: string };

export type ClauseKind = "trait" | "computed" | "tag" | "event" | "last_of" | "sequence" | "segment" | "list";

export interface Money {
  minor: number;
  currency: string;
}
export type Literal = boolean | number | string | Money | { day: string };

export type Compare = "eq" | "ne" | "lt" | "le" | "gt" | "ge";
export const compares: readonly Compare[] = ["eq", "ne", "lt", "le", "gt", "ge"];

export type Test =
  | { [K in Compare]: { [P in K]: Literal } }[Compare]
  | { in: Literal[] }
  | { between: [Literal, Literal] }
  | "exists"
  | { contains: string }
  | { starts_with: string }
  | { within: string }
  | { over: string };

export type TestKind = Compare | "in" | "between" | "exists" | "contains" | "starts_with" | "within" | "over";

export type Bound<T> = { [K in Compare]: { [P in K]: T } }[Compare];

export interface ValueTest {
  name: string;
  is: Test;
}
export interface TagTest {
  tag: string;
  term?: string;
  weight: Bound<number>;
}
export interface Filter {
  field: string;
  is: Test;
}
export interface Selection {
  /** Any event if absent. */
  names?: string[];
  where?: Filter[];
}
export type Measure =
  | { count: Bound<number> }
  | { days: Bound<number> }
  | { revenue: Bound<Money> }
  | { quantity: Bound<number> }
  | { property: { path: string; sum: Bound<number> } };
export type MeasureKind = "count" | "days" | "revenue" | "quantity" | "property";

export type Window = "ever" | { last: string } | { between: { from: string; to: string } } | { since: Selection };
export type Period = Exclude<Window, "ever" | { since: Selection }>;

export interface EventTest {
  of: Selection;
  measure: Measure;
  window?: Window;
}
export interface FollowTest {
  last: number;
  of: Selection;
  by: Selection;
  on?: string;
  count: Bound<number>;
}
export interface SequenceTest {
  steps: Selection[];
  within: string;
  without?: Selection;
  window: Period;
}

export function testKind(test: Test): TestKind {
  return test === "exists" ? "exists" : (Object.keys(test)[0] as TestKind);
}

export function boundKind(bound: Bound<unknown>): Compare {
  return (Object.keys(bound)[0] ?? "ge") as Compare;
}

export function boundValue<T>(bound: Bound<T>): T {
  return Object.values(bound)[0] as T;
}

export function makeBound<T>(kind: Compare, value: T): Bound<T> {
  return { [kind]: value } as Bound<T>;
}

export function measureKind(measure: Measure): MeasureKind {
  return Object.keys(measure)[0] as MeasureKind;
}

export function clauseKind(clause: Clause): ClauseKind {
  return Object.keys(clause)[0] as ClauseKind;
}

export const spanUnits = ["minutes", "hours", "days", "calendar days"] as const;
export type SpanUnit = (typeof spanUnits)[number];

/** `30 days`, `1 calendar day`; what is none reads as 30 days. */
export function readSpan(text: string): { count: number; unit: SpanUnit } {
  const found = /^(\d+) (calendar day|day|hour|minute)s?$/.exec(text.trim());
  return found === null ? { count: 30, unit: "days" } : { count: Number(found[1]), unit: `${found[2]}s` as SpanUnit };
}

export function writeSpan(count: number, unit: SpanUnit): string {
  return `${count} ${count === 1 ? unit.slice(0, -1) : unit}`;
}

/** What a literal is, as far as its test and its input are concerned. */
export type LiteralKind = "text" | "number" | "bool" | "money" | "day";

export function literalKind(literal: Literal): LiteralKind {
  if (typeof literal === "string") return "text";
  if (typeof literal === "number") return "number";
  if (typeof literal === "boolean") return "bool";
  return "day" in literal ? "day" : "money";
}

/** The literals a test compares with. */
export function literalsOf(test: Test): Literal[] {
  if (test === "exists") return [];
  if ("in" in test) return test.in;
  if ("between" in test) return test.between;
  const [kind, value] = Object.entries(test)[0] ?? [];
  return compares.includes(kind as Compare) ? [value as Literal] : [];
}

/** An empty value of a kind, to begin with. */
export function blank(kind: LiteralKind, currency: string, today: string): Literal {
  switch (kind) {
    case "text":
      return "";
    case "number":
      return 0;
    case "bool":
      return true;
    case "money":
      return { minor: 0, currency };
    case "day":
      return { day: today };
  }
}
