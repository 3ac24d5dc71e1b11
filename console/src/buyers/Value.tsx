/** What buyers will still be worth: by tenths, with who they are, and how far the model can be trusted. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Alert, Segmented } from "antd";
import { useMemo } from "react";
import { useSearchParams } from "react-router";
import { readValue } from "../api/calls";
import type { ValueReport } from "../api/types";
import { useTheme } from "../app/theme";
import { ChartPanel } from "../charts/ChartPanel";
import { useI18n } from "../i18n/i18n";
import type { Place } from "../people/usePlace";
import { Facts } from "../ui/Facts";
import { unknown } from "../ui/format";
import { Loading, Panel } from "../ui/Page";
import { NoBuyers } from "./NoBuyers";
import { heldOutOption, tenthsOption } from "./options";
import { TenthPeople, ValuedTable } from "./TenthPeople";
import type { AsOf } from "./useAsOf";

const horizons = [3, 6, 12, 24];

export function Value({ asOf, place }: { asOf: AsOf; place: Place }) {
  const { t } = useI18n();
  const [params, setParams] = useSearchParams();
  const months = horizons.find((one) => String(one) === params.get("months")) ?? 12;
  const question = { as_of: asOf.asked, months };
  const report = useQuery({
    queryKey: ["value", question],
    queryFn: () => readValue(question),
    placeholderData: keepPreviousData,
  });
  const change = (name: string, value: string | null) =>
    setParams(
      (old) => {
        const next = new URLSearchParams(old);
        if (value === null) next.delete(name);
        else next.set(name, value);
        return next;
      },
      { replace: true },
    );
  const tenth = Number(params.get("tenth")) || null;
  if (report.isPending) return <Loading />;
  if (report.isError) return <NoBuyers error={report.error} retry={() => report.refetch()} />;
  return (
    <div className={report.isPlaceholderData ? "stack fading" : "stack"}>
      <div className="lifecycle-bar">
        <Segmented
          aria-label={t("clv.months")}
          value={months}
          options={horizons.map((value) => ({ value, label: t("clv.horizon", { months: value }) }))}
          onChange={(value) => change("months", String(value))}
        />
        <span className="faint">{t("clv.about")}</span>
      </div>
      <Board report={report.data} place={place} onShow={(decile) => change("tenth", String(decile))} />
      <TenthPeople
        question={question}
        tenth={tenth}
        currency={report.data.currency}
        place={place}
        onClose={() => change("tenth", null)}
      />
    </div>
  );
}

function Board({ report, place, onShow }: { report: ValueReport; place: Place; onShow: (decile: number) => void }) {
  const { t } = useI18n();
  const { palette } = useTheme();
  const { format } = place;
  const words = useMemo(() => ({ report, format, palette, t }), [report, format, palette, t]);
  const tenths = useMemo(() => tenthsOption(words), [words]);
  const { model, currency } = report;
  const shaky = !model.buying.converged || !model.spending.converged;
  return (
    <>
      {shaky && <Alert type="warning" showIcon title={t("clv.shaky")} />}
      {Math.abs(model.correlation) > 0.3 && (
        <Alert type="warning" showIcon title={t("clv.correlated", { value: model.correlation.toFixed(2) })} />
      )}
      <Facts
        label={t("buyers.figures")}
        facts={[
          {
            name: t("clv.total"),
            value: format.money(report.lifetime_value_minor, currency),
            note: t("clv.ofBuyers", { count: format.count(report.buyers) }),
          },
          {
            name: t("clv.stillBuyers"),
            value: format.count(Math.round(report.alive)),
            hint: t("clv.stillBuyersHint"),
            note: format.percent(report.buyers === 0 ? null : report.alive / report.buyers),
          },
          { name: t("clv.purchases"), value: format.count(Math.round(report.expected_purchases)) },
          {
            name: t("clv.perBuyer"),
            value: format.money(Math.round(report.lifetime_value_minor / Math.max(1, report.buyers)), currency),
          },
        ]}
      />
      <ChartPanel
        title={t("clv.tenths")}
        label={t("clv.tenthsChart")}
        option={tenths}
        height={280}
        head={[
          t("clv.tenthHead"),
          t("buyers.buyers"),
          t("clv.each"),
          t("clv.worth"),
          t("clv.share"),
          t("clv.alive"),
          t("clv.purchases"),
        ]}
        rows={report.deciles.map((tenth) => ({
          key: String(tenth.decile),
          name: tenth.decile,
          cells: [
            <button key="buyers" type="button" className="link-button" onClick={() => onShow(tenth.decile)}>
              {format.count(tenth.buyers)}
            </button>,
            `${format.money(tenth.least_minor, currency)} – ${format.money(tenth.most_minor, currency)}`,
            format.money(tenth.lifetime_value_minor, currency),
            format.percent(tenth.share),
            format.percent(tenth.alive),
            tenth.expected_purchases.toFixed(2),
          ],
        }))}
        onPick={({ dataIndex }) => onShow(report.deciles[dataIndex]?.decile ?? 1)}
        foot={t("clv.tenthsAbout")}
      />
      <HeldOut words={words} />
      <Panel label={t("clv.top")} title={t("clv.top")}>
        <ValuedTable members={report.top} currency={currency} place={place} />
      </Panel>
    </>
  );
}

/** The model was fitted to the first two thirds of the time, and held against the last. */
function HeldOut({ words }: { words: Parameters<typeof heldOutOption>[0] }) {
  const { report, format, palette, t } = words;
  const option = useMemo(() => heldOutOption(words), [words]);
  const checked = report.held_out;
  if (checked == null || option === null)
    return (
      <Panel label={t("clv.heldOut")} title={t("clv.heldOut")}>
        <p className="panel-empty">{t("clv.notChecked")}</p>
      </Panel>
    );
  const share = (value: number | null | undefined) => (value == null ? unknown : value.toFixed(3));
  return (
    <>
      <Facts
        label={t("clv.heldOut")}
        facts={[
          {
            name: t("clv.predictedOf"),
            value: `${format.count(Math.round(checked.predicted))} / ${format.count(checked.actual)}`,
            note: t("clv.checkedOn", { date: format.date(checked.fitted_until), days: format.count(checked.days) }),
          },
          { name: t("clv.error"), value: checked.mean_absolute_error.toFixed(2), note: t("clv.errorNote") },
          { name: t("clv.auc"), value: share(checked.alive_auc), hint: t("clv.aucHint"), note: t("clv.aucNote") },
          {
            name: t("clv.brier"),
            value: share(checked.alive_brier),
            hint: t("clv.brierHint"),
            note: t("clv.brierNote"),
          },
        ]}
      />
      <ChartPanel
        title={t("clv.heldOut")}
        label={t("clv.heldOutChart")}
        legend={[
          [palette.sky, t("clv.predicted"), "bar"],
          [palette.apricot, t("clv.actual"), "bar"],
        ]}
        option={option}
        height={260}
        head={[t("clv.cameBackHead"), t("buyers.buyers"), t("clv.predicted"), t("clv.actual")]}
        rows={checked.classes.map((one) => ({
          key: String(one.frequency),
          name: one.frequency === 7 ? "7+" : String(one.frequency),
          cells: [format.count(one.persons), one.predicted.toFixed(2), one.actual.toFixed(2)],
        }))}
        foot={t("clv.heldOutAbout")}
      />
    </>
  );
}
