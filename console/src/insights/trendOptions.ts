/** A trend as a chart and as a table. Pure. */
import type { TrendLines, TrendPart, TrendsAnswer } from "../api/types";
import type { Palette } from "../app/theme";
import type { ChartOption } from "../charts/Chart";
import { axisText, categories, placeIn, tip, tooltipBase, valueAxis } from "../charts/parts";
import type { Translate } from "../i18n/i18n";
import { wordFor } from "../people/person";
import { type Format, unknown } from "../ui/format";
import type { Table } from "./figures";

export interface TrendWords {
  answer: TrendsAnswer;
  format: Format;
  palette: Palette;
  t: Translate;
  timeZone: string;
  tag: string;
  /** Whether the whole is shown beside its parts. */
  whole: boolean;
}

/** So many lines are drawn. */
const mostLines = 14;
const tones = ["vine", "sky", "plum", "apricot", "good", "bad"] as const;

export interface LineShown {
  line: TrendLines;
  part: TrendPart;
  colour: (palette: Palette) => string;
}

/** The lines that are drawn: each whole, and its parts. */
export function linesShown(answer: TrendsAnswer, whole: boolean): LineShown[] {
  const all = answer.lines.flatMap((line) =>
    line.parts.filter(({ kind }) => kind !== "all" || whole || line.parts.length === 1).map((part) => ({ line, part })),
  );
  return all.slice(0, mostLines).map((one, place) => ({
    ...one,
    colour: (palette) => palette[tones[place % tones.length] ?? "vine"],
  }));
}

/** What a line is called: `A Order Completed · mail`. */
export function partName({ t }: Pick<TrendWords, "t">, line: TrendLines | undefined, part: TrendPart | null): string {
  if (line === undefined) return "";
  const events =
    line.name === "*"
      ? t("insights.anyEvent")
      : line.name
          .split(" + ")
          .map((name) => wordFor(t, "event", name))
          .join(" + ");
  const name =
    line.letter == null ? line.name : `${line.letter} ${events} · ${t(`trending.figure.${line.figure ?? "count"}`)}`;
  if (part === null || part.kind === "all") return name;
  const value =
    part.kind === "none" ? t("insights.noValue") : part.kind === "others" ? t("trending.others") : (part.value ?? "");
  return `${name} · ${value}`;
}

/** When an interval begins, in the shop's zone. */
export function startName({ answer, format, timeZone, tag }: TrendWords, start: string): string {
  if (answer.interval !== "hour") return format.period(start, answer.interval);
  const hour = new Intl.DateTimeFormat(tag, {
    timeZone,
    month: "short",
    day: "numeric",
    hour: "2-digit",
    minute: "2-digit",
  });
  return hour.format(new Date(start));
}

/** A figure of a line; a dash where there is nothing to tell of. */
export function figureText(
  { answer, format, tag }: TrendWords,
  line: TrendLines,
  value: number | null | undefined,
): string {
  if (value == null) return unknown;
  if (line.is_amount) return format.money(Math.round(value), answer.currency);
  return new Intl.NumberFormat(tag, { maximumFractionDigits: 2 }).format(value);
}

export function trendOption(words: TrendWords): ChartOption {
  const { answer, format, palette, t, whole } = words;
  const shown = linesShown(answer, whole);
  const amounts = answer.lines.every((line) => line.is_amount);
  const compared = answer.starts_before.length > 0;
  const drawn = ({ part, colour }: LineShown, place: number, before: boolean) => ({
    type: "line" as const,
    name: String(place),
    data: (before ? part.points_before : part.points)
      .slice(0, answer.starts.length)
      .map((value) => ({ value: value ?? null, line: place })),
    symbol: "circle",
    symbolSize: answer.starts.length > 40 || before ? 0 : 6,
    triggerLineEvent: !before,
    lineStyle: {
      color: colour(palette),
      width: before ? 1.4 : 2,
      type: before ? ("dashed" as const) : ("solid" as const),
    },
    itemStyle: { color: colour(palette) },
  });
  return {
    ...categories(
      answer.starts.map((start) => startName(words, start)),
      palette,
    ),
    tooltip: {
      ...tooltipBase(palette),
      formatter: (params) => {
        const place = placeIn(params);
        const start = answer.starts[place];
        if (start === undefined) return "";
        const earlier = answer.starts_before[place];
        const rows = shown.map(({ line, part, colour }): [string, string, string, string | null] => [
          colour(palette),
          partName({ t }, line, part),
          figureText(words, line, part.points[place]),
          compared ? figureText(words, line, part.points_before[place]) : null,
        ]);
        return tip(startName(words, start), earlier === undefined ? null : startName(words, earlier), rows, palette);
      },
    },
    yAxis: {
      ...valueAxis(palette),
      axisLabel: {
        ...axisText(palette),
        formatter: (value: number) => (amounts ? format.shortMoney(value, answer.currency) : format.shortCount(value)),
      },
    },
    series: [
      ...shown.map((one, place) => drawn(one, place, false)),
      ...(compared ? shown.map((one, place) => drawn(one, place, true)) : []),
    ],
  };
}

/** A row for each interval of each line; amounts in minor units. */
export function trendTable(answer: TrendsAnswer): Table {
  const rows = answer.lines.flatMap((line) =>
    line.parts.flatMap((part) =>
      answer.starts.map((start, place) => [
        line.letter ?? "",
        line.name,
        part.kind,
        part.value ?? null,
        start,
        part.points[place] ?? null,
        part.points_before[place] ?? null,
      ]),
    ),
  );
  return { head: ["series", "name", "part", "value", "start", "figure", "figure_before"], rows };
}
