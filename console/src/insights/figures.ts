/** What the answers say beyond their own figures: tables for CSV, who went no further, flows. Pure. */
import type { ActiveAnswer, FunnelAnswer, Interval, PathLink, PathsAnswer, RetentionAnswer } from "../api/types";
import { addDays } from "../overview/range";
import { unknown } from "../ui/format";
import type { Step } from "./question";

type Row = (string | number | null)[];
export interface Table {
  head: string[];
  rows: Row[];
}

const share = (part: number, of: number) => (of > 0 ? part / of : null);

/** For each step, the one before it that may not be left out; for the first, itself. */
function previousOf(steps: Step[], place: number): number {
  for (let before = place - 1; before > 0; before--) if (steps[before]?.optional !== true) return before;
  return 0;
}

/** The steps; and for each value of a break-down its own, with the value in the first column. */
export function funnelTable(answer: FunnelAnswer, steps: Step[]): Table {
  const all = answer.steps.map(
    (step, place): Row => [
      "all",
      null,
      place + 1,
      step.events.join(" / "),
      step.shoppers,
      step.of_first ?? null,
      step.of_previous ?? null,
      step.median_s ?? null,
      step.mean_s ?? null,
    ],
  );
  const parts = answer.parts.flatMap((part) =>
    part.shoppers.map((shoppers, place): Row => {
      const previous = part.shoppers[previousOf(steps, place)] ?? 0;
      return [
        "part",
        part.value ?? null,
        place + 1,
        answer.steps[place]?.events.join(" / ") ?? "",
        shoppers,
        share(shoppers, part.shoppers[0] ?? 0),
        share(shoppers, previous),
        null,
        null,
      ];
    }),
  );
  const head = ["of", "value", "step", "events", "shoppers", "of_first", "of_previous", "median_s", "mean_s"];
  return { head, rows: [...all, ...parts] };
}

/**
 * How many got to a step and no further. Unknown where a later step may be left out: then who left it out is not among
 * those who got there, but is among those who got further.
 */
export function wentNoFurther(answer: FunnelAnswer, steps: Step[], place: number): number | null {
  if (steps.some((step) => step.optional)) return null;
  const here = answer.steps[place]?.shoppers ?? 0;
  return here - (answer.steps[place + 1]?.shoppers ?? 0);
}

export function retentionTable(answer: RetentionAnswer): Table {
  const length = Math.max(0, ...answer.cohorts.map(({ returned }) => returned.length));
  const after = Array.from({ length }, (_, place) => place);
  return {
    head: ["start", "shoppers", ...after.map(String)],
    rows: [
      ...answer.cohorts.map(
        (cohort): Row => [cohort.start, cohort.shoppers, ...after.map((place) => cohort.returned[place] ?? null)],
      ),
      ["average", null, ...after.map((place) => answer.average[place] ?? null)],
    ],
  };
}

/** The intervals after the first that are called out. */
export const milestones: Record<Interval, number[]> = { day: [1, 7, 30], week: [1, 4, 12], month: [1, 3, 12] };

export interface Flow {
  nodes: { name: string; event: string | null; step: number; sessions: number; kind: "event" | "others" | "end" }[];
  links: { source: string; target: string; value: number }[];
}

/**
 * What a Sankey draws: a node per event and place of the path, those with few sessions together as others; and, if `ends`
 * are wanted, one per place for the paths that end there.
 */
export function flowOf(links: PathLink[], most: number, ends: boolean): Flow {
  const columns = columnsOf(links);
  const named = new Map<number, Set<string>>();
  for (const [step, column] of columns) {
    const ranked = [...column].sort((left, right) => right[1] - left[1]).map(([event]) => event);
    named.set(step, new Set(ranked.length <= most ? ranked : ranked.slice(0, most - 1)));
  }
  const nodes = new Map<string, Flow["nodes"][number]>();
  const place = (step: number, event: string | null, sessions: number) => {
    const kind = event === null ? "end" : named.get(step)?.has(event) === true ? "event" : "others";
    const name = `${step}:${kind}:${kind === "event" ? event : ""}`;
    const node = nodes.get(name) ?? { name, event: kind === "event" ? event : null, step, sessions: 0, kind };
    node.sessions += sessions;
    nodes.set(name, node);
    return name;
  };
  for (const [step, column] of columns) for (const [event, sessions] of column) place(step, event, sessions);
  const sums = new Map<string, Flow["links"][number]>();
  for (const { step, from, to, sessions } of links) {
    if (to == null && !ends) continue;
    const source = place(step, from, 0);
    const target = place(step + 1, to ?? null, to == null ? sessions : 0);
    const link = sums.get(`${source}→${target}`) ?? { source, target, value: 0 };
    link.value += sessions;
    sums.set(`${source}→${target}`, link);
  }
  return { nodes: [...nodes.values()], links: [...sums.values()] };
}

/** For each place of the paths, the sessions of each event there. */
function columnsOf(links: PathLink[]): Map<number, Map<string, number>> {
  const columns = new Map<number, Map<string, number>>();
  const sources = new Set(links.map(({ step, from }) => `${step}:${from}`));
  const add = (step: number, event: string, sessions: number) => {
    const column = columns.get(step) ?? new Map<string, number>();
    column.set(event, (column.get(event) ?? 0) + sessions);
    columns.set(step, column);
  };
  for (const { step, from, to, sessions } of links) {
    add(step, from, sessions);
    // Of the last place there are no links.
    if (to != null && !sources.has(`${step + 1}:${to}`)) add(step + 1, to, sessions);
  }
  return columns;
}

/** How much colour a share gets: in whole percent, none for nobody. */
export function strengthOf(part: number, of: number): number {
  return part === 0 || of === 0 ? 0 : Math.round(8 + 82 * Math.sqrt(part / of));
}

/** A time as people say it, in the largest unit there is one of: 2.5 hours. */
export function durationText(seconds: number | null | undefined, tag: string): string {
  if (seconds == null) return unknown;
  const [unit, length] = units.find(([, length]) => seconds >= length) ?? (["second", 1] as const);
  const style = { style: "unit", unit, unitDisplay: "short", maximumFractionDigits: 1 } as const;
  return new Intl.NumberFormat(tag, style).format(seconds / length);
}

const units = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
] as const;

/** The first day of the interval so many after the one that begins with `start`. */
export function startAfter(start: string, interval: Interval, after: number): string {
  if (interval !== "month") return addDays(start, after * (interval === "week" ? 7 : 1));
  const day = new Date(`${start}T00:00:00Z`);
  day.setUTCMonth(day.getUTCMonth() + after);
  return day.toISOString().slice(0, 10);
}

export function activeTable({ points }: ActiveAnswer): Table {
  return {
    head: ["start", "active", "new", "returning", "resurrected", "dormant", "weekly", "monthly", "stickiness"],
    rows: points.map(
      (point): Row => [
        point.start,
        point.active,
        point.new,
        point.returning,
        point.resurrected,
        point.dormant,
        point.weekly ?? null,
        point.monthly ?? null,
        point.stickiness ?? null,
      ],
    ),
  };
}

export function pathsTable({ paths, sessions }: PathsAnswer): Table {
  return {
    head: ["sessions", "share", "path"],
    rows: paths.map((path): Row => [path.sessions, share(path.sessions, sessions), path.events.join(" > ")]),
  };
}
