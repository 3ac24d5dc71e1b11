/** Where in a query the program found the mistake. */
import type { Problem } from "../api/types";

/** Both counted from one. */
export interface Position {
  line: number;
  column: number;
}

/** Reads the place a problem points at: its `pointer` ("line 3, column 7"), else what its sentence says. */
export function positionOf(problem: Problem): Position | null {
  const { pointer } = problem as { pointer?: string | null };
  for (const text of [pointer, problem.detail]) {
    const found = /line:?\s*(\d+)\D{1,4}column:?\s*(\d+)/i.exec(text ?? "");
    if (found) return { line: Number(found[1]), column: Number(found[2]) };
  }
  return null;
}
