/** Who moved from which stage to which, as a chart's nodes and links; and the months one can look at. Pure. */
import type { LifecycleReport } from "../api/types";
import type { Palette } from "../app/theme";
import { addDays, endOf } from "../overview/range";

export const stages = ["new", "growing", "mature", "won_back", "at_risk", "dormant", "lost"] as const;
export type Stage = (typeof stages)[number];
/** Where those come from who had not bought yet. */
export const nowhere = "none";

/** From the freshest to the faded. */
export function toneOfStage(stage: string, palette: Palette): string {
  switch (stage) {
    case "new":
    case "won_back":
      return palette.sky;
    case "growing":
    case "mature":
      return palette.vine;
    case "at_risk":
      return palette.apricot;
    case "dormant":
      return palette.plum;
    default:
      return palette.textFaint;
  }
}

export interface Node {
  name: string;
  stage: string;
  side: "before" | "now";
}
export interface Flow {
  nodes: Node[];
  links: { source: string; target: string; value: number; from: string; to: string }[];
}

/** Nodes in the order of the stages, those without anybody left out. */
export function flowOf(report: LifecycleReport): Flow {
  const links = report.moves.map((move) => ({
    source: `before:${move.from ?? nowhere}`,
    target: `now:${move.to}`,
    value: move.buyers,
    from: move.from ?? nowhere,
    to: move.to,
  }));
  const node = (side: Node["side"], stage: string): Node => ({ name: `${side}:${stage}`, stage, side });
  const all = [
    ...[nowhere, ...stages].map((stage) => node("before", stage)),
    ...stages.map((stage) => node("now", stage)),
  ];
  return { nodes: all.filter(({ name }) => links.some((link) => link.source === name || link.target === name)), links };
}

/** The two moments a month lies between, as the API is asked: the end of the month before, and its own end. */
export function monthBounds(month: string, today: string): { before: string; as_of: string | undefined } {
  const first = `${month}-01`;
  const last = endOf(first, "month");
  return { before: addDays(first, -1), as_of: last >= today ? undefined : last };
}

export function monthOf(date: string): string {
  return date.slice(0, 7);
}
