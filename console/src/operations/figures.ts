/** The text of `/metrics` (OpenMetrics) as figures, and what two readings of it say of the time between them. */

export interface Sample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

/** One reading: when, and what. */
export interface Reading {
  at: number;
  samples: Sample[];
}

type Labels = Record<string, string>;

const line = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/;
const label = /(\w+)="((?:[^"\\]|\\.)*)"/g;
const escapes: Record<string, string> = { "\\n": "\n", '\\"': '"', "\\\\": "\\" };
const requests = "http_request_duration_seconds";

export function readFigures(text: string): Sample[] {
  const samples: Sample[] = [];
  for (const row of text.split("\n")) {
    const found = row.startsWith("#") ? null : line.exec(row);
    if (found === null) continue;
    const labels: Labels = {};
    for (const [, key, value] of (found[2] ?? "").matchAll(label)) {
      if (key !== undefined) labels[key] = (value ?? "").replace(/\\[n"\\]/g, (mark) => escapes[mark] ?? mark);
    }
    samples.push({ name: found[1] ?? "", labels, value: Number(found[3]) });
  }
  return samples;
}

const matches = (sample: Sample, labels: Labels) =>
  Object.entries(labels).every(([key, value]) => sample.labels[key] === value);

/** All of that name, without the prefix all have. */
export const named = (reading: Reading, name: string) =>
  reading.samples.filter((sample) => sample.name === `fanvine_${name}`);

/** The sum of all values of that name with those labels; none if there is none. */
export function total(reading: Reading, name: string, labels: Labels = {}): number | null {
  const found = named(reading, name).filter((sample) => matches(sample, labels));
  return found.length === 0 ? null : found.reduce((sum, sample) => sum + sample.value, 0);
}

/** By how much a second something grew that only grows. None when the program was started anew between. */
export function rate(before: Reading | null, now: Reading, name: string): number | null {
  const last = total(now, name);
  if (before === null || last === null || now.at <= before.at) return null;
  const grown = last - (total(before, name) ?? 0);
  return grown < 0 ? null : grown / ((now.at - before.at) / 1000);
}

/** The seconds within which a share of the requests between two readings was answered, as near as the buckets tell. */
export function quantile(before: Reading | null, now: Reading, share: number, labels: Labels = {}): number | null {
  const counts = (reading: Reading) => {
    const byBound = new Map<number, number>();
    for (const sample of named(reading, `${requests}_bucket`)) {
      if (!matches(sample, labels)) continue;
      const bound = sample.labels.le === "+Inf" ? Number.POSITIVE_INFINITY : Number(sample.labels.le);
      byBound.set(bound, (byBound.get(bound) ?? 0) + sample.value);
    }
    return byBound;
  };
  const earlier = before === null ? new Map<number, number>() : counts(before);
  const buckets = [...counts(now)]
    .map(([bound, count]) => ({ bound, count: count - (earlier.get(bound) ?? 0) }))
    .sort((one, other) => one.bound - other.bound);
  const all = buckets.at(-1)?.count ?? 0;
  if (all <= 0) return null;
  let below = 0;
  let lower = 0;
  for (const { bound, count } of buckets) {
    if (count >= share * all) {
      if (!Number.isFinite(bound)) return lower;
      return count === below ? bound : lower + ((share * all - below) / (count - below)) * (bound - lower);
    }
    below = count;
    lower = bound;
  }
  return lower;
}

export interface RouteRow {
  route: string;
  method: string;
  requests: number;
  failed: number;
  mean: number;
  slow: number | null;
}

/** Every route since the program started, the busiest first. */
export function routes(now: Reading): RouteRow[] {
  const rows = new Map<string, RouteRow>();
  for (const { labels, value } of named(now, `${requests}_count`)) {
    if (value === 0) continue;
    const { route = "", method = "", status = "" } = labels;
    const key = `${method} ${route}`;
    const row = rows.get(key) ?? { route, method, requests: 0, failed: 0, mean: 0, slow: null };
    row.requests += value;
    if (status >= "500") row.failed += value;
    rows.set(key, row);
  }
  for (const row of rows.values()) {
    const of = { route: row.route, method: row.method };
    row.mean = (total(now, `${requests}_sum`, of) ?? 0) / row.requests;
    row.slow = quantile(null, now, 0.95, of);
  }
  return [...rows.values()].sort((one, other) => other.requests - one.requests);
}
