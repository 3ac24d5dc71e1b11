/** Revenue and orders over time; new and returning shoppers over time. */
import { useMemo } from "react";
import { ChartPanel, type ChartRow } from "../charts/ChartPanel";
import { unknown } from "../ui/format";
import { type Drawing, revenueOption, shoppersOption } from "./options";

export function RevenuePanel({ drawing }: { drawing: Drawing }) {
  const { overview, format, palette, t, withPrevious } = drawing;
  const option = useMemo(() => revenueOption(drawing), [drawing]);
  const currency = overview.currency ?? null;
  return (
    <ChartPanel
      title={t("overview.revenueAndOrders")}
      label={t("overview.revenueChart")}
      legend={[
        [palette.vine, t("figure.netRevenue"), "bar"],
        [palette.apricot, t("figure.orders"), "line"],
        ...(withPrevious ? [[palette.textFaint, t("overview.previous"), "dashed"] as const] : []),
      ]}
      height={320}
      option={option}
      head={[
        t(`interval.${overview.interval}`),
        t("figure.netRevenue"),
        t("figure.refunds"),
        t("figure.orders"),
        t("figure.averageOrder"),
      ]}
      rows={rowsOf(drawing, (point) => [
        format.money(point.net_revenue_minor, currency),
        format.money(point.refunded_minor, currency),
        format.count(point.orders),
        format.money(point.average_order_minor, currency),
      ])}
    />
  );
}

export function ShoppersPanel({ drawing }: { drawing: Drawing }) {
  const { overview, format, palette, t } = drawing;
  const option = useMemo(() => shoppersOption(drawing), [drawing]);
  return (
    <ChartPanel
      title={t("overview.newAndReturning")}
      label={t("overview.shoppersChart")}
      legend={[
        [palette.plum, t("figure.newShoppers"), "bar"],
        [palette.sky, t("figure.returningShoppers"), "bar"],
      ]}
      height={268}
      option={option}
      head={[
        t(`interval.${overview.interval}`),
        t("figure.newShoppers"),
        t("figure.returningShoppers"),
        t("figure.activeShoppers"),
      ]}
      rows={rowsOf(drawing, (point) => [
        format.count(point.new_shoppers),
        format.count(point.returning_shoppers),
        format.count(point.active_shoppers),
      ])}
    />
  );
}

function rowsOf(
  { overview, known, format }: Drawing,
  figures: (point: Drawing["overview"]["series"][number]) => string[],
): ChartRow[] {
  return overview.series.map((point) => ({
    key: point.start,
    name: overview.interval === "month" ? format.period(point.start, "month") : format.date(point.start),
    cells: known(point) ? figures(point) : figures(point).map(() => unknown),
  }));
}
