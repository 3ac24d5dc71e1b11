/** The charts of lifecycle and value, as ECharts options. Pure: figures and words in, options out. */

import type { ValueReport } from "../api/types";
import { fontFamily } from "../app/font";
import type { Palette } from "../app/theme";
import type { ChartOption } from "../charts/Chart";
import { axisText, categories, escapeHtml, placeIn, tip, tooltipBase, valueAxis } from "../charts/parts";
import type { Translate } from "../i18n/i18n";
import type { Format } from "../ui/format";
import { type Flow, nowhere, toneOfStage } from "./flow";

interface FlowWords {
  palette: Palette;
  name: (stage: string) => string;
  count: (buyers: number) => string;
}

export function flowOption(flow: Flow, { palette, name, count }: FlowWords): ChartOption {
  const stageOf = (node: string) => node.slice(node.indexOf(":") + 1);
  const sums = new Map<string, number>();
  for (const { source, target, value } of flow.links)
    for (const node of [source, target]) sums.set(node, (sums.get(node) ?? 0) + value);
  return {
    // It would be drawn from left to right, with the names on the left cut off until it is done.
    animation: false,
    textStyle: { fontFamily },
    tooltip: {
      ...tooltipBase(palette),
      trigger: "item",
      formatter: (params) => {
        const one = Array.isArray(params) ? params[0] : params;
        const data = one?.data as { source?: string; target?: string; value?: number; name?: string } | undefined;
        if (data?.source !== undefined && data.target !== undefined)
          return `${escapeHtml(name(stageOf(data.source)))} → ${escapeHtml(name(stageOf(data.target)))} <b>${count(data.value ?? 0)}</b>`;
        return data?.name === undefined
          ? ""
          : `${escapeHtml(name(stageOf(data.name)))} <b>${count(sums.get(data.name) ?? 0)}</b>`;
      },
    },
    series: [
      {
        type: "sankey",
        left: 150,
        right: 130,
        top: 10,
        bottom: 10,
        nodeWidth: 14,
        nodeGap: 14,
        layoutIterations: 0,
        draggable: false,
        emphasis: { focus: "adjacency" },
        label: {
          color: palette.textSoft,
          fontSize: 12.5,
          formatter: ({ name: node }: { name: string }) => `${name(stageOf(node))}  ${count(sums.get(node) ?? 0)}`,
        },
        data: flow.nodes.map((node) => ({
          ...node,
          depth: node.side === "before" ? 0 : 1,
          label: { position: node.side === "before" ? ("left" as const) : ("right" as const) },
          itemStyle: {
            color: node.stage === nowhere ? palette.lineStrong : toneOfStage(node.stage, palette),
            borderWidth: 0,
          },
        })),
        links: flow.links.map((link) => ({
          ...link,
          lineStyle: {
            color: toneOfStage(link.to, palette),
            opacity: link.from === link.to ? 0.14 : 0.42,
            curveness: 0.5,
          },
        })),
      },
    ],
  };
}

interface ValueWords {
  report: ValueReport;
  format: Format;
  palette: Palette;
  t: Translate;
}

/** What each tenth of the buyers will still be worth. */
export function tenthsOption({ report, format, palette, t }: ValueWords): ChartOption {
  const { deciles, currency } = report;
  return {
    ...categories(
      deciles.map(({ decile }) => String(decile)),
      palette,
    ),
    tooltip: {
      ...tooltipBase(palette),
      formatter: (params) => {
        const tenth = deciles[placeIn(params)];
        if (tenth === undefined) return "";
        return tip(
          t("clv.tenth", { number: tenth.decile }),
          null,
          [
            [palette.vine, t("clv.worth"), format.money(tenth.lifetime_value_minor, currency), null],
            [palette.lineStrong, t("clv.share"), format.percent(tenth.share), null],
            [palette.sky, t("clv.alive"), format.percent(tenth.alive), null],
          ],
          palette,
        );
      },
    },
    yAxis: {
      ...valueAxis(palette),
      axisLabel: { ...axisText(palette), formatter: (value: number) => format.shortMoney(value, currency) },
    },
    series: [
      {
        type: "bar",
        data: deciles.map(({ lifetime_value_minor }) => lifetime_value_minor),
        itemStyle: { color: palette.vine, borderRadius: [4, 4, 0, 0] },
        barMaxWidth: 46,
        cursor: "pointer",
      },
    ],
  };
}

/** What was predicted of the last third of the time, beside what happened, by how often buyers had come back before. */
export function heldOutOption({ report, format, palette, t }: ValueWords): ChartOption | null {
  const classes = report.held_out?.classes;
  if (classes === undefined || classes.length === 0) return null;
  const figure = (value: number) => value.toFixed(2);
  const bars = (name: string, colour: string, values: number[]) => ({
    type: "bar" as const,
    name,
    data: values,
    itemStyle: { color: colour, borderRadius: [3, 3, 0, 0] },
    barMaxWidth: 22,
  });
  return {
    ...categories(
      classes.map(({ frequency }) => (frequency === 7 ? "7+" : String(frequency))),
      palette,
    ),
    tooltip: {
      ...tooltipBase(palette),
      formatter: (params) => {
        const one = classes[placeIn(params)];
        if (one === undefined) return "";
        return tip(
          `${t("clv.cameBack", { times: one.frequency === 7 ? "7+" : String(one.frequency) })} · ${t("clv.persons", { count: format.count(one.persons) })}`,
          null,
          [
            [palette.sky, t("clv.predicted"), figure(one.predicted), null],
            [palette.apricot, t("clv.actual"), figure(one.actual), null],
          ],
          palette,
        );
      },
    },
    yAxis: { ...valueAxis(palette), minInterval: 0, axisLabel: axisText(palette) },
    series: [
      bars(
        t("clv.predicted"),
        palette.sky,
        classes.map(({ predicted }) => predicted),
      ),
      bars(
        t("clv.actual"),
        palette.apricot,
        classes.map(({ actual }) => actual),
      ),
    ],
  };
}
