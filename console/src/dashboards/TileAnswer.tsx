/** What an insight says, small enough for a tile. */
import { lazy, Suspense, useMemo } from "react";
import type { InsightAnswer } from "../api/reporting";
import { useTheme } from "../app/theme";
import type { ChartOption } from "../charts/Chart";
import { Legend } from "../charts/ChartPanel";
import type { Named } from "../charts/parts";
import { useI18n } from "../i18n/i18n";
import { activeLegend, activeOption, curveOption } from "../insights/options";
import { linesShown, partName, trendOption } from "../insights/trendOptions";
import { wordFor } from "../people/person";
import { type Format, formatFor } from "../ui/format";

const Chart = lazy(() => import("../charts/Chart"));

interface Props {
  name: string;
  said: InsightAnswer;
  timeZone: string;
  height: number;
}

export function TileAnswer({ name, said, timeZone, height }: Props) {
  const { locale, t } = useI18n();
  const { palette } = useTheme();
  const format = useMemo(() => formatFor(locale, timeZone), [locale, timeZone]);
  const { option, legend } = useMemo((): { option: ChartOption | null; legend: Named[] } => {
    const words = { format, palette, t };
    if (said.kind === "retention")
      return { option: curveOption({ answer: said.answer, called: [], ...words }), legend: [] };
    if (said.kind === "active") {
      const always = () => true;
      return {
        option: activeOption({ answer: said.answer, known: always, whole: always, ...words }),
        legend: activeLegend(said.answer.interval, palette, t),
      };
    }
    if (said.kind === "trends") {
      const tag = locale === "en" ? "en-GB" : "zh-CN";
      const trend = { answer: said.answer, whole: false, timeZone, tag, ...words };
      const lines = linesShown(said.answer, false);
      return {
        option: trendOption(trend),
        legend: lines.map(({ line, part, colour }) => [colour(palette), partName(trend, line, part), "line"]),
      };
    }
    return { option: null, legend: [] };
  }, [said, format, palette, t, locale, timeZone]);
  if (option !== null)
    return (
      <>
        <Legend of={legend} />
        <Suspense>
          <Chart option={option} height={legend.length === 0 ? height : height - 24} label={name} />
        </Suspense>
      </>
    );
  if (said.kind === "funnel")
    return (
      <Bars
        format={format}
        rows={said.answer.steps.map((step, place) => ({
          key: String(place),
          name: step.events.map((event) => wordFor(t, "event", event)).join(" / "),
          value: step.shoppers,
          share: step.of_first ?? null,
        }))}
      />
    );
  if (said.kind === "paths")
    return (
      <Bars
        format={format}
        rows={said.answer.paths.map((path) => ({
          key: path.events.join("\n"),
          name: path.events.map((event) => wordFor(t, "event", event)).join(" → "),
          value: path.sessions,
          share: said.answer.sessions === 0 ? null : path.sessions / said.answer.sessions,
        }))}
      />
    );
  return null;
}

interface Row {
  key: string;
  name: string;
  value: number;
  share: number | null;
}

function Bars({ rows, format }: { rows: Row[]; format: Format }) {
  return (
    <ul className="tile-bars">
      {rows.map((row) => (
        <li key={row.key}>
          <span className="tile-bar-name" title={row.name}>
            {row.name}
          </span>
          <b>{format.count(row.value)}</b>
          <small>{format.percent(row.share)}</small>
          <i style={{ width: `${100 * (row.share ?? 0)}%` }} />
        </li>
      ))}
    </ul>
  );
}
