/** The charts of attribution, sessions, correlation and baskets. Pure: figures and words in, options out. */
import type { Palette } from "../app/theme";
import type { ChartOption } from "../charts/Chart";
import { axisText, categories, placeIn, tip, tooltipBase, valueAxis } from "../charts/parts";

export interface Bars {
  names: string[];
  series: { name: string; colour: string; values: (number | null)[] }[];
  /** How a figure is told, and how on the axis. */
  say: (value: number | null) => string;
  short: (value: number) => string;
  palette: Palette;
  /** Bars from left to right, so that every name has room. */
  sideways?: boolean;
  /** A share on an axis of its own. */
  line?: { name: string; colour: string; values: (number | null)[]; say: (value: number | null) => string };
}

/** So long a name has room in one line; longer ones are folded. */
const oneLine = 36;
const folded = { width: 270, overflow: "break" as const };
/** As much of a name as has room in three lines. */
const cut = (name: string) => (name.length > 100 ? `${name.slice(0, 99)}…` : name);

/** How high a chart of so many names with so many bars each is when they lie sideways. */
export const sidewaysHeight = (names: number, bars: number) => 50 + names * (14 + 13 * bars);

export function barsOption({ names, series, say, short, palette, line, sideways = false }: Bars): ChartOption {
  const counts = { ...valueAxis(palette), minInterval: 0, axisLabel: { ...axisText(palette), formatter: short } };
  const long = names.some((name) => name.length > oneLine);
  const upright = categories(names, palette);
  const lying = {
    type: "category" as const,
    data: names,
    inverse: true,
    axisLine: { lineStyle: { color: palette.lineStrong } },
    axisTick: { show: false },
    axisLabel: { ...axisText(palette), lineHeight: 13, formatter: cut, ...(long ? folded : {}) },
  };
  return {
    ...upright,
    tooltip: {
      ...tooltipBase(palette),
      formatter: (params) => {
        const place = placeIn(params);
        const rows: [string, string, string, null][] = series.map(({ name, colour, values }) => [
          colour,
          name,
          say(values[place] ?? null),
          null,
        ]);
        if (line !== undefined) rows.push([line.colour, line.name, line.say(line.values[place] ?? null), null]);
        return tip(names[place] ?? "", null, rows, palette);
      },
    },
    ...(sideways ? { xAxis: { ...counts, axisLine: { show: false }, axisTick: { show: false } } } : {}),
    yAxis: [
      sideways ? lying : counts,
      {
        ...valueAxis(palette),
        minInterval: 0,
        min: 0,
        max: 1,
        interval: 0.25,
        show: line !== undefined,
        splitLine: { show: false },
        axisLabel: { ...axisText(palette), formatter: (value: number) => line?.say(value) ?? "" },
      },
    ],
    series: [
      ...series.map(({ name, colour, values }) => ({
        type: "bar" as const,
        name,
        data: values,
        itemStyle: { color: colour, borderRadius: sideways ? [0, 3, 3, 0] : [3, 3, 0, 0] },
        barMaxWidth: sideways ? 13 : 30,
      })),
      ...(line === undefined
        ? []
        : [
            {
              type: "line" as const,
              name: line.name,
              data: line.values,
              yAxisIndex: 1,
              symbol: "circle",
              symbolSize: names.length > 20 ? 0 : 6,
              lineStyle: { color: line.colour, width: 2 },
              itemStyle: { color: line.colour },
            },
          ]),
    ],
  };
}
