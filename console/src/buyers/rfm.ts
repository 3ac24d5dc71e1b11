/** What the RFM matrix shows, put in order. Pure. */
import type { RfmBands, RfmCell, RfmReport } from "../api/types";
import type { Format } from "../ui/format";

export const rfmGroups = [
  "champions",
  "promising",
  "at_risk",
  "win_back",
  "regulars",
  "newcomers",
  "fading",
  "lost",
] as const;
export type RfmGroupCode = (typeof rfmGroups)[number];

export const metrics = ["buyers", "orders", "spend"] as const;
export type Metric = (typeof metrics)[number];

export const scores = [1, 2, 3, 4, 5] as const;

/** Which quarter of the matrix a cell lies in; the colour follows from it. */
export type Quarter = "best" | "fresh" | "risky" | "gone";

const groupsOf: Record<Quarter, readonly [high: RfmGroupCode, low: RfmGroupCode]> = {
  best: ["champions", "regulars"],
  fresh: ["promising", "newcomers"],
  risky: ["at_risk", "fading"],
  gone: ["win_back", "lost"],
};

/** A score above the mean is high, as the program has it. */
export function quarterOf(cell: Pick<RfmCell, "recency" | "frequency">, report: RfmReport): Quarter {
  const recent = cell.recency > report.recency.mean;
  const often = cell.frequency > report.frequency.mean;
  return recent ? (often ? "best" : "fresh") : often ? "risky" : "gone";
}

/** The two groups a quarter consists of: those who spent above the mean, then the others. */
export function groupsIn(quarter: Quarter): readonly [RfmGroupCode, RfmGroupCode] {
  return groupsOf[quarter];
}

export function quarterOfGroup(group: string): Quarter {
  const found = Object.entries(groupsOf).find(([, groups]) => (groups as readonly string[]).includes(group));
  return (found?.[0] ?? "gone") as Quarter;
}

/** Whether a group's buyers spent above the mean. */
export function isHighSpend(group: string): boolean {
  return Object.values(groupsOf).some(([high]) => high === group);
}

export function cellAt(report: RfmReport, recency: number, frequency: number): RfmCell | undefined {
  return report.matrix.find((cell) => cell.recency === recency && cell.frequency === frequency);
}

export function measure(cell: Pick<RfmCell, "buyers" | "orders" | "spend_minor">, metric: Metric): number {
  return metric === "spend" ? cell.spend_minor : cell[metric];
}

export function measureText(
  value: number,
  metric: Metric,
  format: Format,
  currency: string | null | undefined,
): string {
  return metric === "spend" ? format.money(value, currency) : format.count(value);
}

/** The values a score stands for, both ends included; `null` is no end, and no range at all is a score nobody has. */
export function rangeOf(
  bands: RfmBands,
  score: number,
  better: "lower" | "higher",
): { least: number | null; most: number | null } | null {
  const cut = score === 1 ? null : (bands.cuts[score - 2] ?? null);
  if (score > 1 && cut === null) return null;
  // The nearest better score that somebody has begins where this one ends.
  const next = bands.cuts.slice(score - 1).find((value) => value !== null) ?? null;
  return better === "lower"
    ? { least: next === null ? null : next + 1, most: cut }
    : { least: cut, most: next === null ? null : next - 1 };
}

/** Four numbers as the API takes them, or why not: `""` for fifths of the buyers. */
export function readCuts(text: string, factor = 1): { cuts: string } | { wrong: true } {
  const trimmed = text.trim();
  if (trimmed === "") return { cuts: "" };
  const numbers = trimmed.split(/[\s,，、]+/).map(Number);
  if (numbers.length !== 4 || numbers.some((number) => !Number.isFinite(number))) return { wrong: true };
  return { cuts: numbers.map((number) => Math.round(number * factor)).join(",") };
}
