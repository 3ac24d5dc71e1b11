/** The questions a growth team asks every day: funnel, trends, retention, active shoppers, paths. */
import { useQuery } from "@tanstack/react-query";
import { Tabs } from "antd";
import { type ReactNode, useMemo } from "react";
import { useNavigate, useParams, useSearchParams } from "react-router";
import { listSegments } from "../api/calls";
import { useI18n } from "../i18n/i18n";
import { EmptyShop } from "../overview/EmptyShop";
import type { ShopDays, View } from "../overview/range";
import { usePlace } from "../people/usePlace";
import { KnownProvider } from "../segments/builder/known";
import { Failed, Loading, Page } from "../ui/Page";
import { Active } from "./Active";
import { Attribution } from "./Attribution";
import { Basket } from "./Basket";
import { Correlation } from "./Correlation";
import { Funnel } from "./Funnel";
import { Paths } from "./Paths";
import { type InsightView, views } from "./question";
import { Retention } from "./Retention";
import { Sessions } from "./Sessions";
import { Trends } from "./Trends";
import { useShopDays } from "./useAsked";
import "../charts/charts.css";
import "../overview/overview.css";
import "../people/people.css";
import "../segments/builder/builder.css";
import "./insights.css";

export default function InsightsPage() {
  const { t } = useI18n();
  const { shop, known } = useShopDays();
  return (
    <Page title={t("nav.insights")} about={t("insights.about")}>
      {shop.isPending && <Loading />}
      {shop.isError && <Failed error={shop.error} retry={() => shop.refetch()} />}
      {known !== null &&
        (known.initial === null ? <EmptyShop /> : <Questions days={known.days} initial={known.initial} />)}
    </Page>
  );
}

export interface QuestionProps {
  days: ShopDays;
  initial: View;
}

function Questions(props: QuestionProps) {
  const { t } = useI18n();
  const { view } = useParams();
  const [params] = useSearchParams();
  const navigate = useNavigate();
  const asked = views.find((one) => one === view) ?? "funnel";
  // The days go along from one question to the next.
  const days = new URLSearchParams([...params].filter(([name]) => name === "from" || name === "to")).toString();
  const content: Record<InsightView, ReactNode> = {
    funnel: <Funnel {...props} />,
    trends: <Trends {...props} />,
    retention: <Retention {...props} />,
    active: <Active {...props} />,
    paths: <Paths {...props} />,
    attribution: <Attribution {...props} />,
    sessions: <Sessions {...props} />,
    correlation: <Correlation {...props} />,
    basket: <Basket {...props} />,
  };
  return (
    <KnownProvider value={useFilterable(props.days)}>
      <Tabs
        activeKey={asked}
        destroyOnHidden
        onChange={(next) => navigate(`/insights/${next}${days === "" ? "" : `?${days}`}`)}
        items={views.map((key) => ({ key, label: t(`insights.${key}`), children: content[key] }))}
      />
    </KnownProvider>
  );
}

/** What filters and segments may name here. */
function useFilterable({ today }: ShopDays) {
  const { currency } = usePlace();
  const { data } = useQuery({ queryKey: ["segments", "list"], queryFn: listSegments, staleTime: 60_000 });
  return useMemo(
    () => ({
      tags: [],
      lists: [],
      segments: (data?.segments ?? []).map(({ id, name }) => ({ id, name })),
      currency: currency ?? "CNY",
      today,
    }),
    [data, currency, today],
  );
}
