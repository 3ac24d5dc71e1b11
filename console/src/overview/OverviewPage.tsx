/** How the shop is doing, at a glance and against the period before. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useSearchParams } from "react-router";
import { readOverview, readShop } from "../api/calls";
import type { Overview, SeriesPoint, Shop } from "../api/types";
import { useTheme } from "../app/theme";
import { useI18n } from "../i18n/i18n";
import { formatFor, readInstant } from "../ui/format";
import { Failed, Loading, Page } from "../ui/Page";
import { Controls } from "./Controls";
import { EmptyShop } from "./EmptyShop";
import { Funnel } from "./Funnel";
import { KeyFigures } from "./KeyFigures";
import { RevenuePanel, ShoppersPanel } from "./Panels";
import { dateIn, firstView, isWhole, mayHoldData, overlaps, type ShopDays, type View, viewFromParams } from "./range";
import { TopProducts } from "./TopProducts";
import "../charts/charts.css";
import "./overview.css";

export default function OverviewPage() {
  const { t } = useI18n();
  const shop = useQuery({ queryKey: ["shop"], queryFn: readShop, refetchInterval: 30_000 });
  const days = useMemo(() => (shop.data === undefined ? null : shopDays(shop.data)), [shop.data]);
  if (shop.isPending)
    return (
      <Page title={t("nav.overview")}>
        <Loading />
      </Page>
    );
  if (shop.isError)
    return (
      <Page title={t("nav.overview")}>
        <Failed error={shop.error} retry={() => shop.refetch()} />
      </Page>
    );
  const initial = days === null ? null : firstView(days.first, days.last, days.today);
  if (days === null || initial === null)
    return (
      <Page title={t("nav.overview")} about={shop.data.name}>
        <EmptyShop />
      </Page>
    );
  return <Figures shop={shop.data} days={days} initial={initial} />;
}

function shopDays(shop: Shop): ShopDays {
  const date = (instant: string | null | undefined) =>
    instant == null ? null : dateIn(shop.time_zone, readInstant(instant));
  return {
    first: date(shop.first_event_at),
    last: date(shop.last_event_at),
    today: dateIn(shop.time_zone, new Date()),
  };
}

function Figures({ shop, days, initial }: { shop: Shop; days: ShopDays; initial: View }) {
  const { t } = useI18n();
  const [params, setParams] = useSearchParams();
  const view = viewFromParams(params, initial);
  const currency = params.get("currency");
  const answer = useQuery({
    queryKey: ["overview", view.from, view.to, view.interval, currency],
    queryFn: ({ signal }) => readOverview({ ...view, currency }, signal),
    placeholderData: keepPreviousData,
    refetchInterval: view.to >= days.today ? 30_000 : false,
  });
  const change = (next: Partial<View> & { currency?: string }) => {
    const merged = { ...view, ...(currency === null ? {} : { currency }), ...next };
    setParams(new URLSearchParams(Object.entries(merged)), { replace: true });
  };
  return (
    <Page
      title={t("nav.overview")}
      about={`${shop.name} · ${shop.time_zone}`}
      tools={<Controls view={view} days={days} overview={answer.data} onChange={change} />}
    >
      {answer.isPending && <Loading />}
      {answer.isError && <Failed error={answer.error} retry={() => answer.refetch()} />}
      {answer.data && <Board overview={answer.data} days={days} fading={answer.isPlaceholderData} />}
    </Page>
  );
}

function Board({ overview, days, fading }: { overview: Overview; days: ShopDays; fading: boolean }) {
  const { t, locale } = useI18n();
  const { palette } = useTheme();
  const drawing = useMemo(() => {
    const before = { from: overview.previous_from, to: overview.previous_to };
    return {
      overview,
      known: (point: SeriesPoint) => mayHoldData(point.start, overview.interval, days),
      whole: (point: SeriesPoint) => isWhole(point.start, overview.interval, overview, days.today),
      withPrevious: overlaps(before, days.first, days.last),
      format: formatFor(locale),
      palette,
      t,
    };
  }, [overview, days, locale, palette, t]);
  const hasData = overlaps(overview, days.first, days.last);
  return (
    <div className={fading ? "board board-fading" : "board"} aria-busy={fading}>
      {!hasData && days.first !== null && days.last !== null && (
        <p className="board-note" role="status">
          {t("overview.outside", { range: drawing.format.range(days.first, days.last) })}
        </p>
      )}
      <KeyFigures drawing={drawing} hasData={hasData} />
      <RevenuePanel drawing={drawing} />
      <div className="board-pair">
        <ShoppersPanel drawing={drawing} />
        <Funnel drawing={drawing} />
      </div>
      <TopProducts drawing={drawing} />
    </div>
  );
}
