/** Buyers by how recently, often and much they bought: the matrix, the eight groups, and the people behind both. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Button, Segmented } from "antd";
import { useState } from "react";
import { useSearchParams } from "react-router";
import { readRfm, type StandingQuestion } from "../api/calls";
import type { RfmReport } from "../api/types";
import { useI18n } from "../i18n/i18n";
import type { Place } from "../people/usePlace";
import { Facts } from "../ui/Facts";
import { Loading, Panel } from "../ui/Page";
import { CutsDialog } from "./CutsDialog";
import { NoBuyers } from "./NoBuyers";
import { RfmGroups } from "./RfmGroups";
import { RfmMatrix } from "./RfmMatrix";
import { RfmPeople } from "./RfmPeople";
import { type Metric, metrics, rfmGroups } from "./rfm";
import type { AsOf } from "./useAsOf";

export function Rfm({ asOf, place }: { asOf: AsOf; place: Place }) {
  const [params, setParams] = useSearchParams();
  const given = (name: string) => params.get(name) ?? undefined;
  const question: StandingQuestion = {
    as_of: asOf.asked,
    recency_cuts: given("recency_cuts"),
    frequency_cuts: given("frequency_cuts"),
    monetary_cuts: given("monetary_cuts"),
  };
  const report = useQuery({
    queryKey: ["rfm", question],
    queryFn: () => readRfm(question),
    placeholderData: keepPreviousData,
  });
  const change = (values: Record<string, string | null>) =>
    setParams(
      (old) => {
        const next = new URLSearchParams(old);
        for (const [name, value] of Object.entries(values)) {
          if (value === null || value === "") next.delete(name);
          else next.set(name, value);
        }
        return next;
      },
      { replace: true },
    );
  if (report.isPending) return <Loading />;
  if (report.isError) return <NoBuyers error={report.error} retry={() => report.refetch()} />;
  const score = (name: string) => Number(params.get(name)) || null;
  const group = rfmGroups.find((code) => code === params.get("group")) ?? null;
  const cell = group === null ? null : { group, recency: score("r"), frequency: score("f") };
  return (
    <div className={report.isPlaceholderData ? "stack fading" : "stack"}>
      <Board report={report.data} question={question} place={place} onChange={change} />
      <RfmPeople
        report={report.data}
        question={question}
        shown={cell}
        place={place}
        onShow={({ group, recency, frequency }) =>
          change({
            group,
            r: recency === null ? null : String(recency),
            f: frequency === null ? null : String(frequency),
          })
        }
        onClose={() => change({ group: null, r: null, f: null })}
      />
    </div>
  );
}

interface BoardProps {
  report: RfmReport;
  question: StandingQuestion;
  place: Place;
  onChange: (values: Record<string, string | null>) => void;
}

function Board({ report, question, place, onChange }: BoardProps) {
  const { t } = useI18n();
  const { format } = place;
  const [metric, setMetric] = useState<Metric>("buyers");
  const [cutting, setCutting] = useState(false);
  const show = (group: string, recency: number | null = null, frequency: number | null = null) =>
    onChange({ group, r: recency === null ? null : String(recency), f: frequency === null ? null : String(frequency) });
  return (
    <>
      <Facts
        label={t("buyers.figures")}
        facts={[
          {
            name: t("buyers.buyers"),
            value: format.count(report.buyers),
            note: t("buyers.ofPersons", { count: format.count(report.persons) }),
          },
          { name: t("figure.orders"), value: format.count(report.orders) },
          {
            name: t("buyers.spend"),
            value: format.money(report.spend_minor, report.currency),
            hint: t("buyers.spendHint"),
            ...(report.other_currencies.length === 0
              ? {}
              : {
                  note: t("buyers.besides", {
                    amounts: report.other_currencies
                      .map((other) => format.money(other.spend_minor, other.currency))
                      .join(t("list.separator")),
                  }),
                }),
          },
          {
            name: t("buyers.perBuyer"),
            value: format.money(Math.round(report.spend_minor / Math.max(1, report.buyers)), report.currency),
          },
        ]}
      />
      <div className="rfm-board">
        <Panel
          label={t("rfm.matrix")}
          title={t("rfm.matrix")}
          tools={
            <div className="panel-tools">
              <Segmented
                size="small"
                aria-label={t("rfm.metric")}
                value={metric}
                options={metrics.map((one) => ({ value: one, label: t(`rfm.by.${one}`) }))}
                onChange={setMetric}
              />
              <Button size="small" onClick={() => setCutting(true)}>
                {t("rfm.cuts")}
              </Button>
            </div>
          }
        >
          <RfmMatrix report={report} metric={metric} place={place} onPick={show} />
        </Panel>
        <Panel
          label={t("rfm.groups")}
          title={t("rfm.groups")}
          tools={<span className="faint">{t("rfm.groupsAbout")}</span>}
        >
          <RfmGroups report={report} place={place} onPick={show} />
        </Panel>
      </div>
      <CutsDialog
        key={String(cutting)}
        open={cutting}
        report={report}
        question={question}
        onClose={() => setCutting(false)}
        onChoose={onChange}
      />
    </>
  );
}
