/** The charts of insights, as ECharts options. Pure: figures and words in, options out. */

import type { ActiveAnswer, ActivePoint, Interval, RetentionAnswer } from "../api/types";
import { fontFamily } from "../app/font";
import type { Palette } from "../app/theme";
import type { ChartOption } from "../charts/Chart";
import { axisText, categories, escapeHtml, type Named, placeIn, tip, tooltipBase, valueAxis } from "../charts/parts";
import type { Translate } from "../i18n/i18n";
import { wordFor } from "../people/person";
import type { Format } from "../ui/format";
import type { Flow } from "./figures";

interface Words {
  format: Format;
  palette: Palette;
  t: Translate;
}

const counts = ({ format, palette }: Words) => ({
  ...valueAxis(palette),
  axisLabel: { ...axisText(palette), formatter: (value: number) => format.shortCount(value) },
});

const shares = ({ format, palette }: Words) => ({
  ...valueAxis(palette),
  minInterval: 0,
  min: 0,
  axisLabel: { ...axisText(palette), formatter: (value: number) => format.percent(value) },
});

/** How many took how long. */
export function timesOption({ names, times, ...words }: Words & { names: string[]; times: number[] }): ChartOption {
  const { format, palette, t } = words;
  const all = times.reduce((sum, count) => sum + count, 0);
  return {
    ...categories(names, palette),
    tooltip: {
      ...tooltipBase(palette),
      formatter: (params) => {
        const place = placeIn(params);
        const count = times[place] ?? 0;
        const rows: [string, string, string, null][] = [
          [palette.vine, t("funnelling.shoppers"), format.count(count), null],
          [palette.lineStrong, t("pathing.share"), format.percent(all === 0 ? null : count / all), null],
        ];
        return tip(names[place] ?? "", null, rows, palette);
      },
    },
    yAxis: counts(words),
    series: [
      {
        type: "bar",
        data: times,
        itemStyle: { color: palette.vine, borderRadius: [4, 4, 0, 0] },
        barMaxWidth: 46,
      },
    ],
  };
}

const afterKeys = {
  day: ["retaining.after.day", "retaining.afterHint.day"],
  week: ["retaining.after.week", "retaining.afterHint.week"],
  month: ["retaining.after.month", "retaining.afterHint.month"],
} as const;

/** What the k-th interval after is called: D7. */
export const afterName = (t: Translate, interval: Interval, number: number) => t(afterKeys[interval][0], { number });
export const afterHint = (t: Translate, interval: Interval, number: number) => t(afterKeys[interval][1], { number });

/** The average, with some places called out. */
export function curveOption({
  answer,
  called,
  ...words
}: Words & { answer: RetentionAnswer; called: number[] }): ChartOption {
  const { format, palette, t } = words;
  const { average, interval } = answer;
  return {
    ...categories(
      average.map((_, after) => afterName(t, interval, after)),
      palette,
    ),
    // Room for what is called out above its point.
    grid: { left: 4, right: 24, top: 28, bottom: 4, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
    tooltip: {
      ...tooltipBase(palette),
      formatter: (params) => {
        const after = placeIn(params);
        const rows: [string, string, string, null][] = [
          [palette.vine, t("retaining.cameBack"), format.percent(average[after]), null],
        ];
        return tip(afterHint(t, interval, after), null, rows, palette);
      },
    },
    yAxis: { ...shares(words), ...(Math.max(0, ...average.map(Number)) > 0.8 ? { max: 1, interval: 0.25 } : {}) },
    series: [
      {
        type: "line",
        data: average.map((share, after) => ({
          value: share ?? "-",
          symbolSize: called.includes(after) ? 9 : 0,
          label: {
            show: called.includes(after) && share !== null,
            position: "top" as const,
            // Beside the line, which falls steeply where it begins; the last one would leave the chart.
            align: after === average.length - 1 ? ("right" as const) : ("left" as const),
            distance: 8,
            color: palette.text,
            fontWeight: 600,
            formatter: `${afterName(t, interval, after)} ${format.percent(share)}`,
          },
        })),
        symbol: "circle",
        lineStyle: { color: palette.vine, width: 2.4 },
        itemStyle: { color: palette.vine, borderColor: palette.surface, borderWidth: 1.5 },
        areaStyle: { color: palette.vine, opacity: 0.08 },
      },
    ],
  };
}

interface Activity extends Words {
  answer: ActiveAnswer;
  /** Whether a point's days can hold data at all; what cannot is a gap. */
  known: (point: ActivePoint) => boolean;
  /** Whether its interval is over; one that is not is drawn paler. */
  whole: (point: ActivePoint) => boolean;
}

/** What the lines of activity are called; by day there are those of rolling windows too. */
export function activeLegend(interval: Interval, palette: Palette, t: Translate): Named[] {
  if (interval !== "day") return [[palette.vine, t("activity.title"), "line"]];
  return [
    [palette.vine, t("activity.daily"), "line"],
    [palette.sky, t("activity.weekly"), "line"],
    [palette.plum, t("activity.monthly"), "line"],
    [palette.apricot, t("activity.stickiness"), "dashed"],
  ];
}

export function activeOption(activity: Activity): ChartOption {
  const { answer, known, format, palette, t } = activity;
  const { points, interval } = answer;
  const daily = interval === "day";
  const line = (name: string, colour: string, pick: (point: ActivePoint) => number | null | undefined) => ({
    type: "line" as const,
    name,
    data: points.map((point) => (known(point) ? (pick(point) ?? null) : null)),
    symbol: "circle",
    symbolSize: points.length > 20 ? 0 : 6,
    lineStyle: { color: colour, width: 2 },
    itemStyle: { color: colour },
  });
  return {
    ...categories(
      points.map((point) => format.period(point.start, interval)),
      palette,
    ),
    tooltip: {
      ...tooltipBase(palette),
      formatter: (params) => {
        const point = points[placeIn(params)];
        if (point === undefined) return "";
        const figure = (value: number | null | undefined) => format.count(known(point) ? value : null);
        const rows: [string, string, string, null][] = [
          [palette.vine, t(daily ? "activity.daily" : "activity.title"), figure(point.active), null],
        ];
        if (daily) {
          rows.push([palette.sky, t("activity.weekly"), figure(point.weekly), null]);
          rows.push([palette.plum, t("activity.monthly"), figure(point.monthly), null]);
          rows.push([palette.apricot, t("activity.stickiness"), format.percent(point.stickiness), null]);
        }
        return tip(headingOf(activity, point), null, rows, palette);
      },
    },
    yAxis: [counts(activity), { ...shares(activity), max: 1, interval: 0.25, show: daily, splitLine: { show: false } }],
    series: [
      line(t(daily ? "activity.daily" : "activity.title"), palette.vine, ({ active }) => active),
      ...(daily
        ? [
            line(t("activity.weekly"), palette.sky, ({ weekly }) => weekly),
            line(t("activity.monthly"), palette.plum, ({ monthly }) => monthly),
            {
              ...line(t("activity.stickiness"), palette.apricot, ({ stickiness }) => stickiness),
              yAxisIndex: 1,
              symbolSize: 0,
              lineStyle: { color: palette.apricot, type: "dashed" as const, width: 1.6 },
            },
          ]
        : []),
    ],
  };
}

/** Which colour stands for whom. */
export const lifecycleColours = (palette: Palette) =>
  [
    ["returning", palette.sky],
    ["resurrected", palette.apricot],
    ["new", palette.plum],
    ["dormant", palette.textFaint],
  ] as const;

export function lifecycleOption(activity: Activity): ChartOption {
  const { answer, known, whole, format, palette, t } = activity;
  const { points, interval } = answer;
  const dense = points.length > 45;
  const colours = lifecycleColours(palette);
  return {
    ...categories(
      points.map((point) => format.period(point.start, interval)),
      palette,
    ),
    tooltip: {
      ...tooltipBase(palette),
      formatter: (params) => {
        const point = points[placeIn(params)];
        if (point === undefined) return "";
        const rows = colours.map(
          ([part, colour]) =>
            [colour, t(`activity.${part}`), format.count(known(point) ? point[part] : null), null] as [
              string,
              string,
              string,
              null,
            ],
        );
        return tip(headingOf(activity, point), null, rows, palette);
      },
    },
    yAxis: counts(activity),
    series: colours.map(([part, colour]) => ({
      type: "bar" as const,
      name: t(`activity.${part}`),
      stack: "shoppers",
      data: points.map((point) => {
        if (!known(point)) return null;
        const value = part === "dormant" ? -point.dormant : point[part];
        return whole(point) ? { value, group: part } : { value, group: part, itemStyle: { opacity: 0.45 } };
      }),
      itemStyle: { color: colour },
      barMaxWidth: 38,
      barCategoryGap: dense ? "18%" : "36%",
    })),
  };
}

function headingOf({ answer, whole, format, t }: Activity, point: ActivePoint): string {
  const period = format.period(point.start, answer.interval);
  return whole(point) ? period : t("overview.incomplete", { period });
}

/** An event has the same colour wherever it stands; the rarer ones share what is left. */
function coloursOf(flow: Flow, palette: Palette): Map<string, string> {
  const sums = new Map<string, number>();
  for (const { event, sessions } of flow.nodes) if (event !== null) sums.set(event, (sums.get(event) ?? 0) + sessions);
  const tones = [palette.vine, palette.sky, palette.plum, palette.apricot, palette.good, palette.bad];
  const ranked = [...sums].sort((left, right) => right[1] - left[1]);
  return new Map(ranked.map(([event], rank) => [event, tones[rank % tones.length] ?? palette.vine]));
}

export function sankeyOption({ flow, ...words }: Words & { flow: Flow }): ChartOption {
  const { format, palette, t } = words;
  const colours = coloursOf(flow, palette);
  const nodes = new Map(flow.nodes.map((node) => [node.name, node]));
  const nameOf = (key: string) => {
    const node = nodes.get(key);
    if (node === undefined) return key;
    if (node.kind === "end") return t("pathing.end");
    return node.event === null ? t("pathing.others") : wordFor(t, "event", node.event);
  };
  const colourOf = (key: string) => {
    const event = nodes.get(key)?.event;
    return event == null ? palette.lineStrong : (colours.get(event) ?? palette.lineStrong);
  };
  return {
    animationDuration: 300,
    textStyle: { fontFamily },
    tooltip: {
      ...tooltipBase(palette),
      trigger: "item",
      formatter: (params) => {
        const data = (params as { data?: unknown }).data as { name?: string; source?: string; target?: string };
        const value = (params as { value?: unknown }).value;
        const words =
          data.source !== undefined && data.target !== undefined
            ? `${nameOf(data.source)} → ${nameOf(data.target)}`
            : nameOf(data.name ?? "");
        return `${escapeHtml(words)} <b>${format.count(Number(value))}</b>`;
      },
    },
    series: [
      {
        type: "sankey",
        left: 4,
        right: 130,
        top: 10,
        bottom: 10,
        nodeWidth: 12,
        nodeGap: 12,
        draggable: false,
        emphasis: { focus: "adjacency" },
        label: {
          color: palette.text,
          fontSize: 12,
          width: 120,
          overflow: "truncate",
          formatter: ({ name }: { name: string }) => `${nameOf(name)}  ${format.shortCount(nodes.get(name)?.sessions)}`,
        },
        data: flow.nodes.map((node) => ({
          name: node.name,
          value: node.sessions,
          depth: node.step,
          itemStyle: { color: colourOf(node.name), borderWidth: 0 },
        })),
        links: flow.links.map((link) => ({
          ...link,
          lineStyle: { color: colourOf(link.source), opacity: 0.28, curveness: 0.5 },
        })),
      },
    ],
  };
}
