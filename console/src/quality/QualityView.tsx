/** How well data comes in: how much beside how much was to be expected, what is empty, what has changed, what was refused. */
import { useQuery } from "@tanstack/react-query";
import { Select } from "antd";
import { useState } from "react";
import { runSql } from "../api/calls";
import { ApiError } from "../api/client";
import { inferPlan, readPlan, readQuality } from "../api/collect";
import type { Quality, SourceQuality, SqlAnswer } from "../api/types";
import { useTheme } from "../app/theme";
import { ChartPanel } from "../charts/ChartPanel";
import { categories, placeIn, tip, tooltipBase, valueAxis } from "../charts/parts";
import { useI18n } from "../i18n/i18n";
import { addDays, dateIn } from "../overview/range";
import { type Place, usePlace } from "../people/usePlace";
import { unknown } from "../ui/format";
import { Failed, Loading, Panel } from "../ui/Page";
import { type Drift, driftsOf } from "./drift";
import { type DayVolume, volumes } from "./volume";
import "../people/people.css";
import "./quality.css";

const shownDays = 28;
const emptyable = ["user_id", "product_id", "session_id", "channel"] as const;

export function QualityView() {
  const place = usePlace();
  const quality = useQuery({ queryKey: ["quality"], queryFn: readQuality, refetchInterval: 10_000 });
  if (quality.isPending) return <Loading />;
  if (quality.isError) return <Failed error={quality.error} retry={() => quality.refetch()} />;
  return (
    <div className="stack">
      <Volume quality={quality.data} place={place} />
      <Sources quality={quality.data} place={place} />
      <Emptiness quality={quality.data} place={place} />
      <Drifts />
      <Violations quality={quality.data} place={place} />
    </div>
  );
}

const rowsOf = (answer: SqlAnswer | undefined) => (answer?.rows ?? []) as unknown[][];

function Volume({ quality, place }: { quality: Quality; place: Place }) {
  const { t } = useI18n();
  const { palette } = useTheme();
  const { format } = place;
  const [source, setSource] = useState<string | null>(null);
  // Days are those of UTC here: what arrived is looked at, not what a shop's day is.
  const from = addDays(dateIn("UTC", new Date()), -(shownDays + 28));
  const counts = useQuery({
    queryKey: ["quality", "volume", from],
    queryFn: ({ signal }) =>
      runSql(
        `SELECT source_id, CAST(CAST(occurred_at AS DATE) AS VARCHAR), count(*) FROM events WHERE occurred_at >= '${from}' GROUP BY 1, 2`,
        100_000,
        signal,
      ),
    refetchInterval: 60_000,
  });
  if (counts.isPending) return <Loading />;
  if (counts.isError) return <Failed error={counts.error} retry={() => counts.refetch()} />;
  const byDay = new Map<string, number>();
  for (const [id, day, events] of rowsOf(counts.data)) {
    if (source === null || id === source) byDay.set(String(day), (byDay.get(String(day)) ?? 0) + Number(events));
  }
  const today = dateIn("UTC", new Date());
  const days = volumes(byDay, addDays(today, -(shownDays - 1)), today);
  const now = (day: DayVolume) => format.count(day.events);
  const before = (day: DayVolume) => (day.expected === null ? unknown : format.count(day.expected));
  const unusual = days.filter((day) => day.unusual && day.day !== today);
  return (
    <ChartPanel
      title={t("quality.volume")}
      label={t("quality.volumeLabel", { days: format.count(unusual.length) })}
      tools={
        <Select
          aria-label={t("quality.source")}
          value={source ?? ""}
          onChange={(value) => setSource(value === "" ? null : value)}
          options={[
            { value: "", label: t("quality.allSources") },
            ...quality.sources.map((one) => ({ value: one.source_id, label: one.name })),
          ]}
          className="quality-source"
        />
      }
      legend={[
        [palette.vine, t("quality.events"), "bar"],
        [palette.textFaint, t("quality.expected"), "dashed"],
      ]}
      option={{
        ...categories(
          days.map((day) => format.period(day.day, "day")),
          palette,
        ),
        yAxis: valueAxis(palette),
        tooltip: {
          ...tooltipBase(palette),
          formatter: (params: unknown) => {
            const day = days[placeIn(params)];
            return day === undefined
              ? ""
              : tip(
                  format.date(day.day),
                  t("quality.expected"),
                  [[palette.vine, t("quality.events"), now(day), before(day)]],
                  palette,
                );
          },
        },
        series: [
          {
            type: "bar",
            data: days.map((day) => ({
              value: day.events,
              itemStyle: { color: day.unusual ? palette.bad : palette.vine, borderRadius: [3, 3, 0, 0] },
            })),
            barMaxWidth: 22,
          },
          {
            type: "line",
            data: days.map((day) => day.expected),
            symbol: "none",
            lineStyle: { type: "dashed", width: 1.5, color: palette.textFaint },
          },
        ],
      }}
      height={240}
      head={[t("quality.day"), t("quality.events"), t("quality.expected")]}
      rows={days.map((day) => ({ key: day.day, name: format.date(day.day), cells: [now(day), before(day)] }))}
      foot={
        unusual.length > 0 && (
          <p className="quality-note">
            {t("quality.unusual", { days: unusual.map((day) => format.date(day.day)).join(", ") })}
          </p>
        )
      }
    />
  );
}

function Sources({ quality, place }: { quality: Quality; place: Place }) {
  const { t } = useI18n();
  const { format } = place;
  const late = ({ lateness }: SourceQuality) => lateness.within_day + lateness.within_week + lateness.later;
  const stored = ({ lateness }: SourceQuality) => Object.values(lateness).reduce((sum, count) => sum + count, 0);
  const share = (part: number, whole: number) => (whole === 0 ? unknown : format.percent(part / whole));
  return (
    <section className="panel people" aria-label={t("quality.counted")}>
      <header className="quality-head">
        <h2>{t("quality.counted")}</h2>
        <small className="faint">{t("quality.since", { time: format.dateTime(quality.since) })}</small>
      </header>
      <table className="people-table">
        <thead>
          <tr>
            <th scope="col">{t("quality.source")}</th>
            <th scope="col" className="people-figure">
              {t("quality.received")}
            </th>
            <th scope="col" className="people-figure">
              {t("quality.duplicates")}
            </th>
            <th scope="col" className="people-figure">
              {t("quality.refused")}
            </th>
            <th scope="col" className="people-figure" title={t("quality.lateHint")}>
              {t("quality.late")}
            </th>
            <th scope="col" className="people-figure">
              {t("quality.future")}
            </th>
            <th scope="col">{t("quality.last")}</th>
          </tr>
        </thead>
        <tbody>
          {quality.sources.map((source) => (
            <tr key={source.source_id}>
              <th scope="row">{source.name}</th>
              <td className="people-figure">{format.count(source.received)}</td>
              <td className="people-figure">{share(source.duplicates, source.received)}</td>
              <td
                className="people-figure"
                title={source.refused.map(({ reason, times }) => `${reason} ${format.count(times)}`).join("\n")}
              >
                {format.count(source.refused.reduce((sum, { times }) => sum + times, 0))}
              </td>
              <td className="people-figure">{share(late(source), stored(source))}</td>
              <td className="people-figure">{format.count(source.lateness.from_future)}</td>
              <td>{source.last_at == null ? unknown : format.dateTime(source.last_at)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Emptiness({ quality, place }: { quality: Quality; place: Place }) {
  const { t } = useI18n();
  const { format } = place;
  const from = addDays(dateIn("UTC", new Date()), -7);
  const parts = emptyable.map((column) => `count(*) FILTER (WHERE ${column} IS NULL) * 1.0 / count(*)`).join(", ");
  const shares = useQuery({
    queryKey: ["quality", "empty", from],
    queryFn: ({ signal }) =>
      runSql(
        `SELECT source_id, event, count(*), ${parts} FROM events WHERE occurred_at >= '${from}' GROUP BY 1, 2 ORDER BY 3 DESC`,
        40,
        signal,
      ),
  });
  const names = new Map(quality.sources.map((source) => [source.source_id, source.name]));
  const nameOf = (source: string) => names.get(source) ?? (source === "src_api" ? t("quality.itself") : source);
  return (
    <Panel label={t("quality.empty")} title={t("quality.empty")}>
      {shares.isPending && <Loading />}
      {shares.isError && <Failed error={shares.error} retry={() => shares.refetch()} />}
      {shares.isSuccess && rowsOf(shares.data).length === 0 && <p className="nothing">{t("quality.noEvents")}</p>}
      {rowsOf(shares.data).length > 0 && (
        <table className="people-table">
          <thead>
            <tr>
              <th scope="col">{t("quality.event")}</th>
              <th scope="col" className="people-figure">
                {t("quality.events")}
              </th>
              {emptyable.map((column) => (
                <th scope="col" className="people-figure mono" key={column}>
                  {column}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rowsOf(shares.data).map(([source, event, count, ...empty]) => (
              <tr key={`${source} ${event}`}>
                <th scope="row">
                  <div className="person-names">
                    {String(event)}
                    <small>{nameOf(String(source))}</small>
                  </div>
                </th>
                <td className="people-figure">{format.count(Number(count))}</td>
                {emptyable.map((column, at) => (
                  <td className="people-figure" key={column}>
                    {format.percent(Number(empty[at]))}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  );
}

/** The plan that is in force; `null` if there is none. */
export async function planInForce() {
  try {
    return await readPlan();
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return null;
    throw error;
  }
}

function Drifts() {
  const { t } = useI18n();
  const plan = useQuery({ queryKey: ["plan"], queryFn: planInForce });
  const observed = useQuery({ queryKey: ["plan", "inferred"], queryFn: inferPlan, enabled: plan.data != null });
  const found = (drift: Drift) =>
    drift.kind === "event"
      ? t("quality.newEvent")
      : drift.kind === "property"
        ? t("quality.newProperty", { type: drift.found })
        : t("quality.otherType", { planned: drift.planned, found: drift.found });
  const drifts = plan.data != null && observed.data !== undefined ? driftsOf(plan.data.plan, observed.data.plan) : [];
  return (
    <Panel label={t("quality.drift")} title={t("quality.drift")}>
      {(plan.isPending || observed.isLoading) && <Loading />}
      {plan.isError && <Failed error={plan.error} retry={() => plan.refetch()} />}
      {observed.isError && <Failed error={observed.error} retry={() => observed.refetch()} />}
      {plan.data === null && <p className="nothing">{t("quality.noPlan")}</p>}
      {observed.isSuccess && drifts.length === 0 && <p className="nothing">{t("quality.noDrift")}</p>}
      <ul className="entries">
        {drifts.slice(0, 50).map((drift) => (
          <li key={`${drift.event} ${drift.path} ${drift.kind}`}>
            <strong>{drift.event}</strong> <span className="mono">{drift.path}</span>{" "}
            <span className="faint">{found(drift)}</span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function Violations({ quality, place }: { quality: Quality; place: Place }) {
  const { t, locale } = useI18n();
  const all = quality.sources.flatMap((source) =>
    source.violations.map((violation) => ({ ...violation, source: source.name })),
  );
  all.sort((a, b) => b.times - a.times);
  return (
    <Panel label={t("quality.violations")} title={t("quality.violations")}>
      {all.length === 0 && <p className="nothing">{t("quality.noViolations")}</p>}
      <ul className="entries">
        {all.slice(0, 50).map(({ source, event, path, problem, problem_zh, times }) => (
          <li key={`${source} ${event} ${path}`}>
            <strong>{event}</strong> <span className="mono">{path}</span> {locale === "zh-CN" ? problem_zh : problem}
            <span className="faint">
              {" "}
              · {source} · {place.format.count(times)}
            </span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
