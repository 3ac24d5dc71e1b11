/** The six figures at the top, each against the period before. */

import type { ReactNode } from "react";
import type { SeriesPoint, Totals } from "../api/types";
import { Sparkline } from "../charts/Sparkline";
import { growthOf, unknown } from "../ui/format";
import { ArrowDownOutlined, ArrowUpOutlined } from "../ui/icons";
import type { Drawing } from "./options";

interface Props {
  drawing: Drawing;
  hasData: boolean;
}

export function KeyFigures({ drawing, hasData }: Props) {
  const { overview, format, t } = drawing;
  const { totals } = overview;
  const currency = overview.currency ?? null;
  const figure = (pick: (totals: Totals | SeriesPoint) => number | null | undefined) => ({
    growth: hasData && drawing.withPrevious ? growthOf(pick(totals), pick(overview.previous)) : null,
    values: overview.series.map((point) => (drawing.known(point) ? (pick(point) ?? null) : null)),
  });
  const shown = (text: string) => (hasData ? text : unknown);
  const newShare = totals.active_shoppers === 0 ? null : totals.new_shoppers / totals.active_shoppers;
  return (
    <div className="figures-grid">
      <Figure
        name="net_revenue"
        label={t("figure.netRevenue")}
        drawing={drawing}
        value={shown(format.money(totals.net_revenue_minor, currency))}
        {...figure((of) => of.net_revenue_minor)}
        note={
          hasData && totals.refunded_minor !== 0
            ? t("figure.refunded", { amount: format.money(totals.refunded_minor, currency) })
            : null
        }
      />
      <Figure
        name="orders"
        label={t("figure.orders")}
        drawing={drawing}
        colour="var(--apricot)"
        value={shown(format.count(totals.orders))}
        {...figure((of) => of.orders)}
        note={
          hasData && totals.guest_orders > 0
            ? t("figure.guestOrders", { count: format.count(totals.guest_orders) })
            : null
        }
      />
      <Figure
        name="average_order"
        ratio
        label={t("figure.averageOrder")}
        drawing={drawing}
        value={shown(format.money(totals.average_order_minor, currency))}
        {...figure((of) => of.average_order_minor)}
      />
      <Figure
        name="active_shoppers"
        label={t("figure.activeShoppers")}
        drawing={drawing}
        colour="var(--sky)"
        value={shown(format.count(totals.active_shoppers))}
        {...figure((of) => of.active_shoppers)}
      />
      <Figure
        name="new_shoppers"
        label={t("figure.newVsReturning")}
        drawing={drawing}
        colour="var(--plum)"
        value={
          hasData ? (
            <>
              {format.count(totals.new_shoppers)}
              <span className="figure-versus"> / {format.count(totals.returning_shoppers)}</span>
            </>
          ) : (
            unknown
          )
        }
        {...figure((of) => of.new_shoppers)}
        note={hasData && newShare !== null ? t("figure.newShare", { share: format.percent(newShare) }) : null}
      />
      <Figure
        name="conversion"
        ratio
        label={t("figure.conversion")}
        drawing={drawing}
        value={shown(format.percent(totals.conversion))}
        {...figure((of) => of.conversion)}
      />
    </div>
  );
}

interface FigureProps {
  name: string;
  label: string;
  value: ReactNode;
  growth: number | null;
  values: (number | null)[];
  colour?: string;
  /** A share or a mean: its line is not measured from zero. */
  ratio?: boolean;
  note?: string | null;
  drawing: Drawing;
}

function Figure({ name, label, value, growth, values, colour, note, ratio = false, drawing }: FigureProps) {
  return (
    <section className="panel figure" aria-label={label}>
      <h2>{label}</h2>
      <p className="figure-value" data-figure={name}>
        {value}
      </p>
      <p className="figure-change">
        <Change growth={growth} drawing={drawing} />
        {note != null && <span className="figure-note">{note}</span>}
      </p>
      <Sparkline values={values} ratio={ratio} {...(colour === undefined ? {} : { colour })} />
    </section>
  );
}

function Change({ growth, drawing }: { growth: number | null; drawing: Drawing }) {
  const { format, overview, t } = drawing;
  const against = t("overview.versus", { range: format.range(overview.previous_from, overview.previous_to) });
  if (growth === null)
    return (
      <span className="change" title={against}>
        {t("figure.nothingBefore")}
      </span>
    );
  // What reads as 0.0% is no change.
  const tenths = Math.round(growth * 1000);
  const way = tenths > 0 ? "up" : tenths < 0 ? "down" : "flat";
  return (
    <span className={`change change-${way}`} title={against}>
      {way === "up" && <ArrowUpOutlined />}
      {way === "down" && <ArrowDownOutlined />}
      {format.change(tenths / 1000)}
    </span>
  );
}
