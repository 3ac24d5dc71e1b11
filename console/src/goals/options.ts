/** The chart of a goal: what it was, what it will be, what it should be. Pure. */
import type { GoalPoint } from "../api/reporting";
import type { Palette } from "../app/theme";
import type { ChartOption } from "../charts/Chart";
import { axisText, categories, placeIn, tip, tooltipBase, valueAxis } from "../charts/parts";
import type { Translate } from "../i18n/i18n";
import type { Format } from "../ui/format";

interface Words {
  format: Format;
  palette: Palette;
  t: Translate;
  told: (value: number) => string;
  short: (value: number) => string;
}

const gap = (value: number | null | undefined) => value ?? "-";

export function goalOption(points: GoalPoint[], { format, palette, t, told, short }: Words): ChartOption {
  const line = (data: (number | string)[], color: string, type: "solid" | "dashed" | "dotted", opacity = 1) => ({
    type: "line" as const,
    data,
    symbol: "none",
    lineStyle: { color, type, width: 2.2, opacity },
  });
  // The band is what lies between the bounds: the lower one unseen, the rest stacked on it.
  const band = (data: (number | string)[], seen: boolean) => ({
    type: "line" as const,
    stack: "band",
    data,
    symbol: "none",
    silent: true,
    lineStyle: { opacity: 0 },
    ...(seen ? { areaStyle: { color: palette.sky, opacity: 0.18 } } : {}),
  });
  return {
    ...categories(
      points.map((point) => format.period(point.day, "day")),
      palette,
    ),
    tooltip: {
      ...tooltipBase(palette),
      formatter: (params) => {
        const point = points[placeIn(params)];
        if (point === undefined) return "";
        const rows: [string, string, string, null][] = [];
        if (point.actual != null) rows.push([palette.vine, t("goals.actual"), told(point.actual), null]);
        if (point.expected != null) {
          const range = `${told(point.expected)} (${told(point.lower ?? 0)} – ${told(point.upper ?? 0)})`;
          rows.push([palette.sky, t("goals.expected"), range, null]);
        }
        rows.push([palette.textFaint, t("goals.pace"), told(point.pace), null]);
        return tip(format.date(point.day), null, rows, palette);
      },
    },
    yAxis: {
      ...valueAxis(palette),
      minInterval: 0,
      axisLabel: { ...axisText(palette), formatter: (value: number) => short(value) },
    },
    series: [
      band(
        points.map((point) => gap(point.lower)),
        false,
      ),
      band(
        points.map((point) => (point.upper == null || point.lower == null ? "-" : point.upper - point.lower)),
        true,
      ),
      line(
        points.map((point) => point.pace),
        palette.textFaint,
        "dotted",
      ),
      line(
        points.map((point) => gap(point.expected)),
        palette.sky,
        "dashed",
      ),
      line(
        points.map((point) => gap(point.actual)),
        palette.vine,
        "solid",
      ),
    ],
  };
}
