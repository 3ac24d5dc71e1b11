/** What an insight says, small enough for a tile. */
import { lazy, Suspense, useMemo } from "react";
import type { InsightAnswer } from "../api/reporting";
import { useTheme } from "../app/theme";
import type { ChartOption } from "../charts/Chart";
import { Legend } from "../charts/ChartPanel";
import type { Named } from "../charts/parts";
import { type Translate, useI18n } from "../i18n/i18n";
import { ratioText, ruleName } from "../insights/analyses";
import { barsOption } from "../insights/analysisOptions";
import { activeLegend, activeOption, curveOption } from "../insights/options";
import { linesShown, partName, trendOption } from "../insights/trendOptions";
import { type FactorKey, factorWords } from "../metrics/metrics";
import { wordFor } from "../people/person";
import { type Format, formatFor, growthOf } from "../ui/format";

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
    if (said.kind === "sessions") {
      const { points, interval } = said.answer;
      const option = barsOption({
        names: points.map(({ start }) => format.period(start, interval)),
        series: [
          { name: t("visiting.sessions"), colour: palette.vine, values: points.map(({ sessions }) => sessions) },
        ],
        say: format.count,
        short: format.shortCount,
        palette,
      });
      return { option, legend: [] };
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
  const rows = rowsOf(said, format, t);
  return rows === null ? null : <Bars rows={rows} format={format} />;
}

/** So many rows a tile shows. */
const mostRows = 20;

function rowsOf(said: InsightAnswer, format: Format, t: Translate): Row[] | null {
  if (said.kind === "funnel")
    return said.answer.steps.map((step, place) => ({
      key: String(place),
      name: step.events.map((event) => wordFor(t, "event", event)).join(" / "),
      figure: format.count(step.shoppers),
      share: step.of_first ?? null,
    }));
  if (said.kind === "paths")
    return said.answer.paths.map((path) => ({
      key: path.events.join("\n"),
      name: path.events.map((event) => wordFor(t, "event", event)).join(" → "),
      figure: format.count(path.sessions),
      share: said.answer.sessions === 0 ? null : path.sessions / said.answer.sessions,
    }));
  if (said.kind === "attribution") {
    const { currency, rows, attributed } = said.answer;
    return rows.slice(0, mostRows).map(({ value, credit: { linear } }) => ({
      key: value ?? "",
      name: value ?? t("attributing.others"),
      figure: format.money(linear.revenue_minor, currency),
      share: attributed.conversions === 0 ? null : linear.conversions / attributed.conversions,
    }));
  }
  if (said.kind === "correlation")
    return said.answer.correlates.slice(0, mostRows).map((one) => ({
      key: `${one.field ?? ""} ${one.value}`,
      name: one.field == null ? wordFor(t, "event", one.value) : `${wordFor(t, "field", one.field)}: ${one.value}`,
      figure: ratioText(one.odds),
      share: one.converted_share,
    }));
  if (said.kind === "basket")
    return said.answer.rules.slice(0, mostRows).map((rule) => ({
      key: ruleName(rule),
      name: ruleName(rule),
      figure: `× ${rule.lift.toFixed(1)}`,
      share: rule.confidence,
    }));
  if (said.kind === "metrics") {
    const { currency, tree } = said.answer;
    const most = Math.max(1, ...tree.contributions.map((one) => Math.abs(one.contribution_minor)));
    const growth = growthOf(tree.now_minor, tree.before_minor);
    return [
      { key: "gmv", name: t("metrics.now"), figure: format.money(tree.now_minor, currency), share: growth },
      ...tree.contributions.map((one) => ({
        key: one.key,
        name: t(factorWords[one.key as FactorKey]),
        figure: format.money(one.contribution_minor, currency),
        share: Math.abs(one.contribution_minor) / most,
      })),
    ];
  }
  return null;
}

interface Row {
  key: string;
  name: string;
  figure: string;
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
          <b>{row.figure}</b>
          <small>{format.percent(row.share)}</small>
          <i style={{ width: `${100 * (row.share ?? 0)}%` }} />
        </li>
      ))}
    </ul>
  );
}
