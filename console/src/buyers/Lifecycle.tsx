/** At which stage of life buyers are, and who moved where within a month. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { DatePicker } from "antd";
import dayjs from "dayjs";
import { useMemo } from "react";
import { useSearchParams } from "react-router";
import { readLifecycle } from "../api/calls";
import type { LifecycleReport } from "../api/types";
import { useTheme } from "../app/theme";
import { ChartPanel } from "../charts/ChartPanel";
import { type Translate, useI18n } from "../i18n/i18n";
import type { Place } from "../people/usePlace";
import { unknown } from "../ui/format";
import { Loading } from "../ui/Page";
import { flowOf, monthBounds, monthOf, nowhere, type Stage, stages } from "./flow";
import { NoBuyers } from "./NoBuyers";
import { flowOption } from "./options";
import { StagePeople } from "./StagePeople";
import type { AsOf } from "./useAsOf";

export function Lifecycle({ asOf, place }: { asOf: AsOf; place: Place }) {
  const { t } = useI18n();
  const [params, setParams] = useSearchParams();
  const chosen = params.get("month");
  const month =
    chosen !== null && /^\d{4}-(0[1-9]|1[0-2])$/.test(chosen) && chosen <= monthOf(asOf.today)
      ? chosen
      : monthOf(asOf.day);
  const question = monthBounds(month, asOf.today);
  const report = useQuery({
    queryKey: ["lifecycle", question],
    queryFn: () => readLifecycle(question),
    placeholderData: keepPreviousData,
  });
  const change = (values: Record<string, string | null>) =>
    setParams(
      (old) => {
        const next = new URLSearchParams(old);
        for (const [name, value] of Object.entries(values)) {
          if (value === null) next.delete(name);
          else next.set(name, value);
        }
        return next;
      },
      { replace: true },
    );
  const stage = stages.find((one) => one === params.get("stage")) ?? null;
  const from = [nowhere, ...stages].find((one) => one === params.get("from")) ?? null;
  return (
    <div className={report.isPlaceholderData ? "stack fading" : "stack"}>
      <div className="lifecycle-bar">
        <DatePicker
          picker="month"
          aria-label={t("lifecycle.month")}
          prefix={<span className="faint">{t("lifecycle.month")}</span>}
          allowClear={false}
          value={dayjs(`${month}-01`)}
          format={t("format.month")}
          maxDate={dayjs(asOf.today)}
          {...(asOf.first === null ? {} : { minDate: dayjs(asOf.first) })}
          onChange={(day) => change({ month: day === null ? null : day.format("YYYY-MM") })}
        />
        {report.data && (
          <span className="faint" role="status">
            {t("lifecycle.between", {
              before: place.format.date(report.data.before),
              now: place.format.date(report.data.as_of),
            })}
          </span>
        )}
      </div>
      {report.isPending && <Loading />}
      {report.isError && <NoBuyers error={report.error} retry={() => report.refetch()} />}
      {report.data && report.data.buyers === 0 && (
        <div className="panel empty">
          <h2>{t("lifecycle.nobody")}</h2>
          <p>{t("lifecycle.nobodyText")}</p>
        </div>
      )}
      {report.data && report.data.buyers > 0 && (
        <Board report={report.data} place={place} onShow={(stage, from) => change({ stage, from })} />
      )}
      {report.data && (
        <StagePeople
          question={question}
          stage={stage}
          from={from}
          name={(code) => nameOf(code, report.data, place, t)}
          place={place}
          onClose={() => change({ stage: null, from: null })}
        />
      )}
    </div>
  );
}

/** What a stage is called. */
function nameOf(code: string, report: LifecycleReport, place: Place, t: Translate): string {
  if (code === nowhere) return t("lifecycle.none");
  return report.stages.find((stage) => stage.stage === code)?.name[place.language] ?? code;
}

interface BoardProps {
  report: LifecycleReport;
  place: Place;
  onShow: (stage: Stage, from: string | null) => void;
}

function Board({ report, place, onShow }: BoardProps) {
  const { t } = useI18n();
  const { palette } = useTheme();
  const { format } = place;
  const flow = useMemo(() => flowOf(report), [report]);
  const option = useMemo(
    () =>
      flowOption(flow, {
        palette,
        name: (code) => nameOf(code, report, place, t),
        count: format.count,
      }),
    [flow, palette, report, place, t, format],
  );
  const leads = (link: { from: string; to: string }) => () => onShow(link.to as Stage, link.from);
  const moved = [...flow.links].sort((a, b) => Number(a.from === a.to) - Number(b.from === b.to) || b.value - a.value);
  return (
    <>
      <ul className="stages" aria-label={t("lifecycle.stages")}>
        {report.stages.map((stage) => {
          const change = stage.buyers - stage.buyers_before;
          return (
            <li key={stage.stage}>
              <button
                type="button"
                className={`panel stage-tile stage-${stage.stage}`}
                data-stage={stage.stage}
                title={stage.rule}
                onClick={() => onShow(stage.stage as Stage, null)}
              >
                <span className="stage-name">{stage.name[place.language]}</span>
                <strong>{format.count(stage.buyers)}</strong>
                <small>
                  {format.percent(stage.share)}
                  <span className={change === 0 ? "" : "stage-change"}>
                    {change > 0 ? `+${format.count(change)}` : change < 0 ? `−${format.count(-change)}` : "±0"}
                  </span>
                </small>
              </button>
            </li>
          );
        })}
      </ul>
      <ChartPanel
        title={t("lifecycle.flow")}
        label={t("lifecycle.flowChart")}
        option={option}
        height={460}
        minWidth={600}
        head={[t("lifecycle.from"), t("lifecycle.to"), t("buyers.buyers"), t("lifecycle.shareOfStage")]}
        rows={moved.map((link) => {
          const before = report.stages.find((stage) => stage.stage === link.from)?.buyers_before;
          return {
            key: `${link.source} ${link.target}`,
            name: nameOf(link.from, report, place, t),
            cells: [
              link.from === link.to ? t("lifecycle.stayed") : nameOf(link.to, report, place, t),
              <button key="buyers" type="button" className="link-button" onClick={leads(link)}>
                {format.count(link.value)}
              </button>,
              before === undefined ? unknown : format.percent(link.value / before),
            ],
          };
        })}
        onPick={({ data }) => {
          const picked = data as { from?: string; to?: string; stage?: string; side?: string } | null;
          if (picked?.from !== undefined && picked.to !== undefined) onShow(picked.to as Stage, picked.from);
          else if (picked?.side === "now") onShow(picked.stage as Stage, null);
        }}
        foot={t("lifecycle.flowAbout")}
      />
    </>
  );
}
