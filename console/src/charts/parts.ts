/** What the charts of all pages are made of. */
import { fontFamily } from "../app/font";
import type { Palette } from "../app/theme";
import type { ChartOption } from "./Chart";

/** What a colour stands for. */
export type Named = readonly [colour: string, name: string, shape: "bar" | "line" | "dashed"];

const escapes: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
export const escapeHtml = (text: string) => text.replace(/[&<>"]/g, (char) => escapes[char] ?? char);

export function valueAxis(palette: Palette) {
  return { type: "value" as const, splitNumber: 4, minInterval: 1, splitLine: { lineStyle: { color: palette.line } } };
}

export function axisText(palette: Palette) {
  return { color: palette.textFaint, fontSize: 11.5 };
}

/** The box beside the pointer, over a whole place of the axis. */
export function tooltipBase(palette: Palette) {
  return {
    trigger: "axis" as const,
    confine: true,
    axisPointer: { type: "shadow" as const, shadowStyle: { color: palette.text, opacity: 0.05 } },
    backgroundColor: palette.surface,
    borderColor: palette.lineStrong,
    textStyle: { color: palette.text, fontSize: 12.5 },
    extraCssText:
      "border-radius:10px;box-shadow:0 8px 28px rgb(0 0 0 / 14%);padding:10px 14px;font-variant-numeric:tabular-nums",
  };
}

/** What the box says: rows of colour, name, figure and, where there is one, the figure of before. */
export function tip(
  heading: string,
  earlier: string | null,
  rows: [colour: string, name: string, now: string, before: string | null][],
  palette: Palette,
): string {
  const cell = `style="padding:2px 0 2px 18px;text-align:right"`;
  const head =
    earlier === null
      ? ""
      : `<tr style="color:${palette.textFaint}"><td></td><td ${cell}></td><td ${cell}>${escapeHtml(earlier)}</td></tr>`;
  const body = rows
    .map(
      ([colour, name, now, before]) =>
        `<tr><td><span style="display:inline-block;width:8px;height:8px;border-radius:2px;margin-right:8px;background:${colour}"></span>${escapeHtml(name)}</td>` +
        `<td ${cell}><b style="font-weight:600">${escapeHtml(now)}</b></td>` +
        `${before === null ? "" : `<td ${cell}><span style="color:${palette.textFaint}">${escapeHtml(before)}</span></td>`}</tr>`,
    )
    .join("");
  return `<div style="font-weight:600;margin-bottom:4px">${escapeHtml(heading)}</div><table style="border-collapse:collapse">${head}${body}</table>`;
}

/** A chart over places with names, such as days or tenths. */
export function categories(names: string[], palette: Palette): ChartOption {
  return {
    animationDuration: 300,
    textStyle: { fontFamily },
    grid: { left: 4, right: 4, top: 16, bottom: 4, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
    xAxis: {
      type: "category",
      data: names,
      axisLine: { lineStyle: { color: palette.lineStrong } },
      axisTick: { show: false },
      axisLabel: { ...axisText(palette), hideOverlap: true },
    },
  };
}

/** Which of these places the pointer is over, by what a tooltip is told. */
export function placeIn(params: unknown): number {
  const one = (Array.isArray(params) ? params[0] : params) as { dataIndex?: number } | undefined;
  return one?.dataIndex ?? 0;
}
