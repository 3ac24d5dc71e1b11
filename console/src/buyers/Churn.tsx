/** Who is about to stay away: the risk of each buyer, and how far that can be trusted. */
import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { Alert, Segmented } from "antd";
import { useMemo } from "react";
import { Link, useSearchParams } from "react-router";
import { readChurn } from "../api/calls";
import type { ChurnReport } from "../api/types";
import { useTheme } from "../app/theme";
import { ChartPanel } from "../charts/ChartPanel";
import { useI18n } from "../i18n/i18n";
import { MorePages } from "../people/MorePages";
import { PersonCell } from "../people/PersonCell";
import type { Place } from "../people/usePlace";
import { newSegmentPath } from "../segments/segment";
import { Facts } from "../ui/Facts";
import { Loading, Panel } from "../ui/Page";
import { calibrationOption, risksOption } from "./churnOptions";
import { NoBuyers } from "./NoBuyers";
import type { AsOf } from "./useAsOf";

const horizons = [30, 60, 90, 180];
/** Who is at this risk or more is likely to stay away. */
const likely = 0.7;

export function Churn({ asOf, place }: { asOf: AsOf; place: Place }) {
  const { t } = useI18n();
  const [params, setParams] = useSearchParams();
  const horizon = horizons.find((one) => String(one) === params.get("horizon"));
  const tenth = Number(params.get("tenth")) || 10;
  const question = { as_of: asOf.asked, horizon_days: horizon, most_risk: tenth === 10 ? undefined : tenth / 10 };
  const list = useInfiniteQuery({
    queryKey: ["churn", question],
    queryFn: ({ pageParam }) => readChurn({ ...question, after: pageParam }),
    initialPageParam: "",
    getNextPageParam: (page) => page.next ?? undefined,
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
  const show = (tenth: number) => change({ tenth: tenth === 10 ? null : String(tenth) });
  const choice = (
    <div className="lifecycle-bar">
      <Segmented
        aria-label={t("churn.horizon")}
        value={horizon ?? 0}
        options={[
          { value: 0, label: t("churn.usual") },
          ...horizons.map((value) => ({ value, label: t("churn.days", { days: value }) })),
        ]}
        onChange={(value) => change({ horizon: value === 0 ? null : String(value), tenth: null })}
      />
      <span className="faint">{t("churn.about")}</span>
      <Link to={newSegmentPath({ computed: { name: "churn_risk", is: { ge: likely } } }, t("churn.likely"))}>
        {t("churn.toSegment", { share: place.format.percent(likely) })}
      </Link>
    </div>
  );
  const first = list.data?.pages[0];
  return (
    <div className={list.isPlaceholderData ? "stack fading" : "stack"}>
      {choice}
      {list.isPending && <Loading />}
      {list.isError && <NoBuyers error={list.error} retry={() => list.refetch()} />}
      {first && list.data && (
        <>
          <Figures report={first} place={place} onShow={show} />
          {tenth < 10 && (
            <p className="lifecycle-bar">
              {t("churn.from", { share: `${tenth * 10} %` })}
              <button type="button" className="link-button" onClick={() => show(10)}>
                {t("churn.all")}
              </button>
            </p>
          )}
          <section className="panel people" aria-label={t("churn.list")}>
            <table className="people-table">
              <thead>
                <tr>
                  <th scope="col">{t("people.person")}</th>
                  <th scope="col" className="people-figure">
                    {t("churn.risk")}
                  </th>
                  <th scope="col" className="people-figure people-orders">
                    {t("figure.orders")}
                  </th>
                  <th scope="col" className="people-figure">
                    {t("people.spend")}
                  </th>
                  <th scope="col" className="people-first">
                    {t("churn.why")}
                  </th>
                </tr>
              </thead>
              <tbody>
                {list.data.pages
                  .flatMap((page) => page.people)
                  .map((buyer) => (
                    <tr key={buyer.person_id}>
                      <th scope="row">
                        <PersonCell personId={buyer.person_id} shopperKey={buyer.shopper_id} />
                      </th>
                      <td className="people-figure">{place.format.percent(buyer.risk)}</td>
                      <td className="people-figure people-orders" title={place.format.dateTime(buyer.last_order_at)}>
                        {place.format.count(buyer.orders)}
                      </td>
                      <td className="people-figure">{place.format.money(buyer.spend_minor, first.currency)}</td>
                      <td className="people-first churn-why">{buyer.why[place.language]}</td>
                    </tr>
                  ))}
              </tbody>
            </table>
            <MorePages pages={list} />
          </section>
        </>
      )}
    </div>
  );
}

interface FiguresProps {
  report: ChurnReport;
  place: Place;
  /** Shows buyers from this tenth of the risks on: 10 is the greatest. */
  onShow: (tenth: number) => void;
}

function Figures({ report, place, onShow }: FiguresProps) {
  const { t } = useI18n();
  const { palette } = useTheme();
  const { format, language } = place;
  const words = useMemo(() => ({ report, format, palette, t }), [report, format, palette, t]);
  const risks = useMemo(() => risksOption(words), [words]);
  const calibration = useMemo(() => calibrationOption(words), [words]);
  const { held_out: trial, model } = report;
  const tenth = (place: number) => `${place * 10}–${(place + 1) * 10} %`;
  const weights = [...model.weights].sort((a, b) => Math.abs(b.weight) - Math.abs(a.weight));
  const strongest = Math.max(0.01, ...weights.map((one) => Math.abs(one.weight)));
  return (
    <>
      {trial.auc <= 0.55 && <Alert type="warning" showIcon title={t("churn.chance", { auc: trial.auc.toFixed(2) })} />}
      <Facts
        label={t("buyers.figures")}
        facts={[
          {
            name: t("churn.expected"),
            value: format.count(Math.round(report.expected_to_churn)),
            note: t("churn.ofBuyers", {
              count: format.count(report.buyers),
              days: format.count(report.horizon_days),
            }),
          },
          { name: t("churn.auc"), value: trial.auc.toFixed(3), note: t("clv.aucNote") },
          {
            name: t("clv.brier"),
            value: trial.brier.toFixed(3),
            note: t("churn.brierOfShare", { value: trial.brier_of_share.toFixed(3) }),
          },
          {
            name: t("churn.calibrationError"),
            value: format.percent(trial.calibration_error),
            note: t("churn.tested", {
              buyers: format.count(trial.buyers),
              date: format.date(trial.told_as_of),
            }),
          },
        ]}
      />
      <div className="churn-pair">
        <ChartPanel
          title={t("churn.risks")}
          label={t("churn.risksChart")}
          option={risks}
          height={260}
          head={[t("churn.risk"), t("buyers.buyers")]}
          rows={report.histogram.map((buyers, at) => ({
            key: String(at),
            name: tenth(at),
            cells: [
              buyers === 0 ? (
                "0"
              ) : (
                <button key="buyers" type="button" className="link-button" onClick={() => onShow(at + 1)}>
                  {format.count(buyers)}
                </button>
              ),
            ],
          }))}
          onPick={({ dataIndex }) => onShow(dataIndex + 1)}
          foot={t("churn.risksAbout")}
        />
        <ChartPanel
          title={t("churn.calibration")}
          label={t("churn.calibrationChart")}
          legend={[
            [palette.sky, t("clv.predicted"), "bar"],
            [palette.apricot, t("clv.actual"), "bar"],
          ]}
          option={calibration}
          height={260}
          head={[t("churn.risk"), t("buyers.buyers"), t("clv.predicted"), t("clv.actual")]}
          rows={trial.calibration.map((bin, at) => ({
            key: String(at),
            name: tenth(at),
            cells: [
              format.count(bin.buyers),
              format.percent(bin.buyers === 0 ? null : bin.predicted),
              format.percent(bin.buyers === 0 ? null : bin.observed),
            ],
          }))}
        />
      </div>
      <Panel
        label={t("churn.model")}
        title={t("churn.model")}
        tools={<span className="faint">{t("churn.modelAbout")}</span>}
      >
        <ul className="weights">
          {weights.map((one) => (
            <li key={one.feature}>
              <span>{one.label[language]}</span>
              <span className="weights-track" aria-hidden="true">
                <i
                  className={one.weight > 0 ? "weights-more" : "weights-less"}
                  style={{ width: `${(Math.abs(one.weight) / strongest) * 50}%` }}
                />
              </span>
              <b>{one.weight.toFixed(2)}</b>
            </li>
          ))}
        </ul>
      </Panel>
    </>
  );
}
