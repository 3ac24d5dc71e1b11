/** The metric tree: what makes up GMV and what made it change; every metric with its formula; spend from a file. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { DatePicker, Segmented, Tooltip } from "antd";
import dayjs from "dayjs";
import { useMemo, useState } from "react";
import { useSearchParams } from "react-router";
import type { Interval } from "../api/types";
import { useTheme } from "../app/theme";
import type { ChartOption } from "../charts/Chart";
import { ChartPanel } from "../charts/ChartPanel";
import { axisText, categories, placeIn, tip, tooltipBase, valueAxis } from "../charts/parts";
import { SaveInsight } from "../dashboards/SaveInsight";
import { useI18n } from "../i18n/i18n";
import { barsOption } from "../insights/analysisOptions";
import { AnswerBar } from "../insights/inputs";
import { useShopDays } from "../insights/useAsked";
import { EmptyShop } from "../overview/EmptyShop";
import { presets, type ShopDays, type View, viewFromParams } from "../overview/range";
import { usePlace } from "../people/usePlace";
import { growthOf } from "../ui/format";
import { Failed, Loading, Page, Panel } from "../ui/Page";
import {
  askMetrics,
  type FactorKey,
  factorWords,
  families,
  listMetrics,
  type MetricAbout,
  type MetricsAnswer,
  metricsTable,
  metricText,
  waterfall,
  worseWhenMore,
} from "./metrics";
import { SpendImport } from "./SpendImport";
import "../charts/charts.css";
import "../overview/overview.css";
import "../insights/insights.css";
import "./metrics.css";

export default function MetricsPage() {
  const { t } = useI18n();
  const { shop, known } = useShopDays();
  return (
    <Page title={t("nav.metrics")} about={t("metrics.about")} tools={<SpendImport />}>
      {shop.isPending && <Loading />}
      {shop.isError && <Failed error={shop.error} retry={() => shop.refetch()} />}
      {known !== null &&
        (known.initial === null ? <EmptyShop /> : <Metrics days={known.days} initial={known.initial} />)}
    </Page>
  );
}

const intervals: Interval[] = ["day", "week", "month"];

function Metrics({ days, initial }: { days: ShopDays; initial: View }) {
  const { t } = useI18n();
  const [params, setParams] = useSearchParams();
  const view = useMemo(() => viewFromParams(params, initial), [params, initial]);
  const about = useQuery({ queryKey: ["metrics"], queryFn: listMetrics, staleTime: Number.POSITIVE_INFINITY });
  const question = { from: view.from, to: view.to, interval: view.interval };
  const answer = useQuery({
    queryKey: ["insights", "metrics", question],
    queryFn: ({ signal }) => askMetrics(question, signal),
    placeholderData: keepPreviousData,
  });
  const put = (next: Record<string, string>) => setParams({ ...question, ...next }, { replace: true });
  return (
    <div className="stack">
      <div className="metrics-bar">
        <DatePicker.RangePicker
          aria-label={t("insights.days")}
          allowClear={false}
          value={[dayjs(view.from), dayjs(view.to)]}
          format={t("format.date")}
          presets={presets(days.first, days.last, days.today).map(([key, range]) => ({
            label: t(`range.${key}`),
            value: [dayjs(range.from), dayjs(range.to)],
          }))}
          onChange={(chosen) => {
            const [from, to] = chosen ?? [];
            if (from && to)
              setParams({ from: from.format("YYYY-MM-DD"), to: to.format("YYYY-MM-DD") }, { replace: true });
          }}
        />
        <Segmented
          aria-label={t("asked.interval")}
          value={view.interval}
          options={intervals.map((interval) => ({ value: interval, label: t(`interval.${interval}`) }))}
          onChange={(interval) => put({ interval })}
        />
      </div>
      {(answer.isPending || about.isPending) && <Loading />}
      {answer.isError && <Failed error={answer.error} retry={() => answer.refetch()} />}
      {about.isError && <Failed error={about.error} retry={() => about.refetch()} />}
      {answer.data && about.data && !answer.isError && (
        <div className={answer.isPlaceholderData ? "stack fading" : "stack"} data-fresh={!answer.isPlaceholderData}>
          <Answer answer={answer.data} about={about.data.metrics} />
        </div>
      )}
    </div>
  );
}

function Answer({ answer, about }: { answer: MetricsAnswer; about: MetricAbout[] }) {
  const { t } = useI18n();
  const { format, tag, language } = usePlace();
  const [chosen, setChosen] = useState("gmv");
  const values = new Map(answer.metrics.map((metric) => [metric.key, metric]));
  const say = (measured: MetricAbout["measured"], value: number | null | undefined) =>
    metricText(measured, value, { format, currency: answer.currency, tag });
  return (
    <>
      <div className="metrics-bar">
        <AnswerBar name="metrics" range={answer} table={() => metricsTable(answer)} />
        <SaveInsight
          kind="metrics"
          question={{ from: answer.from, to: answer.to, interval: answer.interval, currency: answer.currency }}
        />
      </div>
      <Tree answer={answer} />
      <Branches answer={answer} />
      {families.map((family) => (
        <Panel key={family} label={t(`metrics.${family}`)} title={t(`metrics.${family}`)}>
          <ul className="metric-tiles">
            {about
              .filter((metric) => metric.family === family)
              .map((metric) => {
                const value = values.get(metric.key);
                const growth = growthOf(value?.value, value?.previous);
                const good = growth !== null && growth > 0 !== worseWhenMore.has(metric.key);
                return (
                  <li key={metric.key}>
                    <Tooltip title={metric.formula[language]}>
                      <button
                        type="button"
                        className="metric-tile"
                        aria-pressed={metric.key === chosen}
                        onClick={() => setChosen(metric.key)}
                      >
                        <span className="metric-name">{metric.name[language]}</span>
                        <b data-metric={metric.key}>{say(metric.measured, value?.value)}</b>
                        <small
                          className={growth === null || growth === 0 ? "faint" : good ? "metric-good" : "metric-bad"}
                        >
                          {growth === null
                            ? t("metrics.was", { value: say(metric.measured, value?.previous) })
                            : format.change(growth)}
                        </small>
                      </button>
                    </Tooltip>
                  </li>
                );
              })}
          </ul>
          {about.some((metric) => metric.family === family && metric.key === chosen) && (
            <Series answer={answer} about={about} chosen={chosen} say={say} />
          )}
        </Panel>
      ))}
    </>
  );
}

function Series({
  answer,
  about,
  chosen,
  say,
}: {
  answer: MetricsAnswer;
  about: MetricAbout[];
  chosen: string;
  say: (measured: MetricAbout["measured"], value: number | null | undefined) => string;
}) {
  const { t } = useI18n();
  const { format, language } = usePlace();
  const { palette } = useTheme();
  const metric = about.find(({ key }) => key === chosen);
  const values = answer.metrics.find(({ key }) => key === chosen);
  if (metric === undefined || values === undefined) return null;
  const names = answer.starts.map((start) => format.period(start, answer.interval));
  const now = values.series.map((value) => value ?? null);
  const before = names.map((_, place) => values.previous_series[place] ?? null);
  const series = [
    { name: metric.name[language], colour: palette.vine, values: now },
    { name: t("overview.previous"), colour: palette.lineStrong, values: before },
  ];
  return (
    <ChartPanel
      title={metric.name[language]}
      label={t("metrics.seriesChart", { metric: metric.name[language] })}
      legend={series.map(({ name, colour }) => [colour, name, "bar"] as const)}
      option={barsOption({
        names,
        series,
        say: (value) => say(metric.measured, value),
        short: (value) =>
          metric.measured === "money" ? format.shortMoney(value, answer.currency) : say(metric.measured, value),
        palette,
      })}
      height={230}
      minWidth={420}
      head={[t(`interval.${answer.interval}`), metric.name[language], t("overview.previous")]}
      rows={answer.starts.map((start, place) => ({
        key: start,
        name: names[place] ?? start,
        cells: [say(metric.measured, now[place]), say(metric.measured, before[place])],
      }))}
      foot={metric.formula[language]}
    />
  );
}

/** From the GMV of before to that of now. */
function Tree({ answer }: { answer: MetricsAnswer }) {
  const { t } = useI18n();
  const { format } = usePlace();
  const { palette } = useTheme();
  const steps = waterfall(answer.tree);
  const money = (minor: number) => format.money(minor, answer.currency);
  const names = steps.map(({ key }) => t(factorWords[key as FactorKey]));
  const option: ChartOption = {
    ...categories(names, palette),
    tooltip: {
      ...tooltipBase(palette),
      formatter: (params) => {
        const step = steps[placeIn(params)];
        if (step === undefined) return "";
        const name = t(factorWords[step.key as FactorKey]);
        return tip(name, null, [[palette.vine, t("metrics.change"), money(step.to - step.from), null]], palette);
      },
    },
    yAxis: {
      ...valueAxis(palette),
      axisLabel: { ...axisText(palette), formatter: (value: number) => format.shortMoney(value, answer.currency) },
    },
    series: [
      {
        type: "bar",
        stack: "gmv",
        silent: true,
        itemStyle: { color: "transparent" },
        data: steps.map(({ from, to }) => Math.min(from, to)),
      },
      {
        type: "bar",
        stack: "gmv",
        barMaxWidth: 54,
        data: steps.map(({ key, from, to }) => ({
          value: Math.abs(to - from),
          itemStyle: {
            color: key === "before" || key === "now" ? palette.vine : to >= from ? palette.good : palette.bad,
            borderRadius: 3,
          },
        })),
      },
    ],
  };
  const { before_minor, now_minor } = answer.tree;
  return (
    <ChartPanel
      title={t("metrics.tree")}
      label={t("metrics.treeChart")}
      option={option}
      height={290}
      minWidth={520}
      head={[t("metrics.factor"), t("metrics.change")]}
      rows={steps.map((step, place) => ({
        key: step.key,
        name: names[place] ?? step.key,
        cells: [money(step.to - step.from)],
      }))}
      foot={t("metrics.treeAbout", {
        before: format.range(answer.previous_from, answer.previous_to),
        change: `${format.money(now_minor - before_minor, answer.currency)} (${format.change(growthOf(now_minor, before_minor))})`,
      })}
    />
  );
}

/** New and returning shoppers and guests, each by its own factors. */
function Branches({ answer }: { answer: MetricsAnswer }) {
  const { t } = useI18n();
  const { format, tag } = usePlace();
  const money = (minor: number) => format.money(minor, answer.currency);
  const measured = { conversion: "share", unit_price: "money", active_shoppers: "count", orders: "count" } as const;
  const value = (key: string, figure: number) =>
    metricText(measured[key as keyof typeof measured] ?? "ratio", figure, { format, currency: answer.currency, tag });
  return (
    <Panel label={t("metrics.branches")} title={t("metrics.branches")}>
      <div className="table-holder table-open">
        <table className="figures-table parts-table">
          <caption className="sr-only">{t("metrics.branches")}</caption>
          <thead>
            <tr>
              <th scope="col">{t("metrics.factor")}</th>
              <th scope="col">{t("metrics.before")}</th>
              <th scope="col">{t("metrics.now")}</th>
              <th scope="col">{t("metrics.contribution")}</th>
            </tr>
          </thead>
          {answer.tree.branches.map((branch) => (
            <tbody key={branch.group}>
              <tr className="metric-branch">
                <th scope="row">{t(`metrics.group.${branch.group as "new" | "returning" | "guests"}`)}</th>
                <td>{money(branch.before_minor)}</td>
                <td>{money(branch.now_minor)}</td>
                <td>{money(branch.now_minor - branch.before_minor)}</td>
              </tr>
              {branch.factors.map((factor) => (
                <tr key={factor.key}>
                  <th scope="row" className="metric-factor">
                    {t(factorWords[factor.key as FactorKey])}
                  </th>
                  <td>{value(factor.key, factor.before)}</td>
                  <td>{value(factor.key, factor.now)}</td>
                  <td>{money(factor.contribution_minor)}</td>
                </tr>
              ))}
            </tbody>
          ))}
        </table>
      </div>
    </Panel>
  );
}
