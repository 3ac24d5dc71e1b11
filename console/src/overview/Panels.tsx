/** Revenue and orders over time; new and returning shoppers over time. Each as a chart or as its figures. */
import { Segmented } from "antd";
import { lazy, type ReactNode, Suspense, useMemo, useState } from "react";
import { unknown } from "../ui/format";
import { Panel } from "../ui/Page";
import { type Drawing, revenueOption, shoppersOption } from "./options";

/** ECharts is the larger half of this page; the figures need not wait for it. */
const Chart = lazy(() => import("../charts/Chart"));

export function RevenuePanel({ drawing }: { drawing: Drawing }) {
  const { overview, format, known, palette, t, withPrevious } = drawing;
  const option = useMemo(() => revenueOption(drawing), [drawing]);
  const currency = overview.currency ?? null;
  return (
    <ChartPanel
      drawing={drawing}
      title={t("overview.revenueAndOrders")}
      legend={[
        [palette.vine, t("figure.netRevenue"), "bar"],
        [palette.apricot, t("figure.orders"), "line"],
        ...(withPrevious ? [[palette.textFaint, t("overview.previous"), "dashed"] as const] : []),
      ]}
      height={320}
      chart={<Chart option={option} height={320} label={t("overview.revenueChart")} />}
      head={[t("figure.netRevenue"), t("figure.refunds"), t("figure.orders"), t("figure.averageOrder")]}
      rows={overview.series.map((point) =>
        known(point)
          ? [
              format.money(point.net_revenue_minor, currency),
              format.money(point.refunded_minor, currency),
              format.count(point.orders),
              format.money(point.average_order_minor, currency),
            ]
          : [unknown, unknown, unknown, unknown],
      )}
    />
  );
}

export function ShoppersPanel({ drawing }: { drawing: Drawing }) {
  const { overview, format, known, palette, t } = drawing;
  const option = useMemo(() => shoppersOption(drawing), [drawing]);
  return (
    <ChartPanel
      drawing={drawing}
      title={t("overview.newAndReturning")}
      legend={[
        [palette.plum, t("figure.newShoppers"), "bar"],
        [palette.sky, t("figure.returningShoppers"), "bar"],
      ]}
      height={268}
      chart={<Chart option={option} height={268} label={t("overview.shoppersChart")} />}
      head={[t("figure.newShoppers"), t("figure.returningShoppers"), t("figure.activeShoppers")]}
      rows={overview.series.map((point) =>
        known(point)
          ? [
              format.count(point.new_shoppers),
              format.count(point.returning_shoppers),
              format.count(point.active_shoppers),
            ]
          : [unknown, unknown, unknown],
      )}
    />
  );
}

interface ChartPanelProps {
  drawing: Drawing;
  title: string;
  legend: (readonly [colour: string, name: string, shape: "bar" | "line" | "dashed"])[];
  chart: ReactNode;
  height: number;
  head: string[];
  rows: string[][];
}

function ChartPanel({ drawing, title, legend, chart, height, head, rows }: ChartPanelProps) {
  const { overview, format, t } = drawing;
  const [form, setForm] = useState<"chart" | "table">("chart");
  return (
    <Panel
      label={title}
      title={title}
      tools={
        <div className="panel-tools">
          <ul className="legend">
            {legend.map(([colour, name, shape]) => (
              <li key={name}>
                <i className={`legend-${shape}`} style={{ color: colour }} />
                {name}
              </li>
            ))}
          </ul>
          <Segmented
            size="small"
            aria-label={t("overview.form", { title })}
            value={form}
            options={[
              { value: "chart", label: t("overview.chart") },
              { value: "table", label: t("overview.table") },
            ]}
            onChange={setForm}
          />
        </div>
      }
    >
      {form === "chart" ? (
        <div className="chart-holder" style={{ minHeight: height }}>
          <Suspense>{chart}</Suspense>
        </div>
      ) : (
        <div className="table-holder">
          <table className="figures-table">
            <caption className="sr-only">{title}</caption>
            <thead>
              <tr>
                <th scope="col">{t(`interval.${overview.interval}`)}</th>
                {head.map((name) => (
                  <th key={name} scope="col">
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map((cells, index) => {
                const start = overview.series[index]?.start ?? "";
                return (
                  <tr key={start}>
                    <th scope="row">
                      {overview.interval === "month" ? format.period(start, "month") : format.date(start)}
                    </th>
                    {cells.map((cell, column) => (
                      <td key={head[column]}>{cell}</td>
                    ))}
                  </tr>
                );
              })}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  );
}
