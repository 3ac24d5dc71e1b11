/** How many events came beside how many were to be expected. */
import { addDays } from "../overview/range";

export interface DayVolume {
  day: string;
  events: number;
  /** The median of the same weekday over the four weeks before; `null` while fewer than two of them are known. */
  expected: number | null;
  /** Less than half of that, or more than twice. */
  unusual: boolean;
}

const weeks = 4;
/** Below this a difference means nothing. */
const enough = 20;

export function median(values: number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[sorted.length >> 1];
  const lower = sorted[(sorted.length - 1) >> 1];
  return upper === undefined || lower === undefined ? null : (upper + lower) / 2;
}

/** The days of `from` to `to`. A day without events counts as none, once there had been any. */
export function volumes(counts: Map<string, number>, from: string, to: string): DayVolume[] {
  const first = [...counts.keys()].sort()[0];
  const days: DayVolume[] = [];
  for (let day = from; day <= to; day = addDays(day, 1)) {
    const before = Array.from({ length: weeks }, (_, week) => addDays(day, -7 * (week + 1)));
    const known = before.filter((earlier) => first !== undefined && earlier >= first);
    const expected = known.length < 2 ? null : median(known.map((earlier) => counts.get(earlier) ?? 0));
    const events = counts.get(day) ?? 0;
    const unusual =
      expected !== null && Math.max(expected, events) >= enough && (events < expected / 2 || events > expected * 2);
    days.push({ day, events, expected, unusual });
  }
  return days;
}
