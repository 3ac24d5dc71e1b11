/** How the program is: the figures that Prometheus reads, read every few seconds. */
import "../charts/charts.css";
import { useQuery } from "@tanstack/react-query";
import { request } from "../api/client";
import { useI18n } from "../i18n/i18n";
import { type Place, usePlace } from "../people/usePlace";
import { type Fact, Facts } from "../ui/Facts";
import { unknown } from "../ui/format";
import { Failed, Loading, Page, Panel } from "../ui/Page";
import { named, quantile, type Reading, rate, readFigures, routes, total } from "./figures";

const everyMs = 5_000;
const shownRoutes = 15;

interface Readings {
  before: Reading | null;
  now: Reading;
}

let last: Reading | null = null;

async function read(): Promise<Readings> {
  const text = await (await request("GET", "/metrics")).text();
  const now = { at: Date.now(), samples: readFigures(text) };
  const before = last;
  last = now;
  return { before, now };
}

export default function OperationsPage() {
  const { t } = useI18n();
  const place = usePlace();
  const figures = useQuery({ queryKey: ["operations"], queryFn: read, refetchInterval: everyMs });
  return (
    <Page title={t("nav.operations")} about={t("operations.about")}>
      {figures.isPending && <Loading />}
      {figures.isError && <Failed error={figures.error} retry={() => figures.refetch()} />}
      {figures.data !== undefined && (
        <div className="stack">
          <Now readings={figures.data} place={place} />
          <Kept now={figures.data.now} place={place} />
          <Projections now={figures.data.now} place={place} />
          <Routes now={figures.data.now} place={place} />
        </div>
      )}
    </Page>
  );
}

const seconds = (value: number | null) => (value === null ? unknown : `${(value * 1000).toFixed(1)} ms`);

function Now({ readings: { before, now }, place }: { readings: Readings; place: Place }) {
  const { t } = useI18n();
  const { format } = place;
  const perSecond = (name: string) => {
    const value = rate(before, now, name);
    return value === null ? unknown : value.toFixed(1);
  };
  const refused = total(now, "events_refused_total") ?? 0;
  const facts: Fact[] = [
    { name: t("operations.requests"), value: perSecond("http_request_duration_seconds_count") },
    { name: t("operations.events"), value: perSecond("log_events_total") },
    { name: t("operations.slow"), value: seconds(quantile(before, now, 0.95)), hint: t("operations.slowHint") },
    { name: t("operations.refused"), value: format.count(refused), hint: t("operations.sinceStart") },
    { name: t("operations.memory"), value: format.bytes(total(now, "process_memory_bytes")) },
    { name: t("operations.free"), value: format.bytes(total(now, "disk_free_bytes")) },
  ];
  return <Facts label={t("operations.now")} facts={facts} />;
}

function Kept({ now, place: { format } }: { now: Reading; place: Place }) {
  const { t } = useI18n();
  const build = named(now, "build_info")[0]?.labels;
  const started = total(now, "start_time_seconds");
  const facts: Fact[] = [
    {
      name: t("operations.log"),
      value: format.bytes(total(now, "log_bytes")),
      note: t("operations.inEvents", { count: format.count(total(now, "log_events_total")) }),
    },
    {
      name: t("operations.lake"),
      value: format.bytes(total(now, "lake_bytes")),
      note: t("operations.inFiles", { count: format.count(total(now, "lake_files")) }),
    },
    {
      name: t("operations.store"),
      value: format.bytes(total(now, "store_bytes")),
      note: t("operations.inCommits", { count: format.count(total(now, "store_commits_total")) }),
    },
    {
      name: t("operations.version"),
      value: build?.version ?? unknown,
      note: format.dateTime(started === null ? null : new Date(started * 1000).toISOString()),
    },
  ];
  return <Facts label={t("operations.kept")} facts={facts} />;
}

function Projections({ now, place: { format } }: { now: Reading; place: Place }) {
  const { t } = useI18n();
  return (
    <Panel label={t("operations.projections")} title={t("operations.projections")}>
      <div className="table-holder">
        <table className="figures-table">
          <thead>
            <tr>
              <th scope="col">{t("operations.projection")}</th>
              <th scope="col">{t("operations.behind")}</th>
              <th scope="col">{t("operations.state")}</th>
            </tr>
          </thead>
          <tbody>
            {named(now, "projection_behind_events").map(({ labels, value }) => (
              <tr key={labels.projection}>
                <th scope="row">{labels.projection}</th>
                <td>{format.count(value)}</td>
                <td>
                  {total(now, "projection_failing", labels) === 1 ? t("operations.failing") : t("operations.working")}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  );
}

function Routes({ now, place: { format } }: { now: Reading; place: Place }) {
  const { t } = useI18n();
  const names = ["route", "answered", "failed", "mean", "slowest"] as const;
  return (
    <Panel label={t("operations.routes")} title={t("operations.routes")}>
      <div className="table-holder">
        <table className="figures-table">
          <thead>
            <tr>
              {names.map((name) => (
                <th key={name} scope="col">
                  {t(`operations.${name}`)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {routes(now)
              .slice(0, shownRoutes)
              .map((row) => (
                <tr key={`${row.method} ${row.route}`}>
                  <th scope="row">
                    {row.method} {row.route}
                  </th>
                  <td>{format.count(row.requests)}</td>
                  <td>{format.count(row.failed)}</td>
                  <td>{seconds(row.mean)}</td>
                  <td>{seconds(row.slow)}</td>
                </tr>
              ))}
          </tbody>
        </table>
      </div>
    </Panel>
  );
}
