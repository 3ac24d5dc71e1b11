/** Where events come from: the keys they are sent with, and the code that sends them. */

import { useQuery } from "@tanstack/react-query";
import { Button, Segmented } from "antd";
import { lazy, type ReactNode, Suspense, useMemo, useState } from "react";
import { useSearchParams } from "react-router";
import { listSources, readShop } from "../api/calls";
import type { Source } from "../api/types";
import { useI18n } from "../i18n/i18n";
import { useMay } from "../session/session";
import { formatFor } from "../ui/format";
import { PlusOutlined } from "../ui/icons";
import { Failed, Loading, Page } from "../ui/Page";
import { useNow } from "../ui/useNow";
import { NameDialog } from "./NameDialog";
import { QuarantineDrawer } from "./QuarantineDrawer";
import { SourceCard } from "./SourceCard";
import "./sources.css";

const QualityView = lazy(() => import("../quality/QualityView").then(({ QualityView }) => ({ default: QualityView })));
const PlanView = lazy(() => import("../quality/PlanView").then(({ PlanView }) => ({ default: PlanView })));
const views = ["sources", "quality", "plan"] as const;

/** The sources, how well their data comes in, and what is meant to come. */
export default function SourcesPage() {
  const { t } = useI18n();
  const [params, setParams] = useSearchParams();
  const view = views.find((one) => one === params.get("view")) ?? "sources";
  const names = { sources: "sources.viewSources", quality: "sources.viewQuality", plan: "sources.viewPlan" } as const;
  const choice = (
    <Segmented
      aria-label={t("sources.view")}
      value={view}
      options={views.map((value) => ({ value, label: t(names[value]) }))}
      onChange={(value) => setParams(value === "sources" ? {} : { view: value }, { replace: true })}
    />
  );
  if (view === "sources") return <Sources choice={choice} />;
  return (
    <Page title={t("nav.sources")} about={t("sources.about")} tools={choice}>
      <Suspense fallback={<Loading />}>{view === "quality" ? <QualityView /> : <PlanView />}</Suspense>
    </Page>
  );
}

function Sources({ choice }: { choice: ReactNode }) {
  const { t, locale } = useI18n();
  const mayChange = useMay("operator");
  const now = useNow(5_000);
  const sources = useQuery({ queryKey: ["sources"], queryFn: listSources, refetchInterval: 5_000 });
  const shop = useQuery({ queryKey: ["shop"], queryFn: readShop });
  const format = useMemo(() => formatFor(locale, shop.data?.time_zone), [locale, shop.data?.time_zone]);
  const [creating, setCreating] = useState(false);
  const [quarantineOf, setQuarantineOf] = useState<Source | null>(null);
  const [opened, setOpened] = useState<string | null>(null);
  const list = sources.data?.sources ?? [];
  return (
    <Page
      title={t("nav.sources")}
      about={t("sources.about")}
      tools={
        <div className="sources-tools">
          {choice}
          {mayChange && (
            <Button type="primary" icon={<PlusOutlined />} onClick={() => setCreating(true)}>
              {t("sources.create")}
            </Button>
          )}
        </div>
      }
    >
      {sources.isPending && <Loading />}
      {sources.isError && <Failed error={sources.error} retry={() => sources.refetch()} />}
      {sources.isSuccess && list.length === 0 && (
        <div className="panel empty">
          <h2>{t("sources.none")}</h2>
          <p>{t("sources.noneText")}</p>
        </div>
      )}
      <div className="sources">
        {list.map((source) => (
          <SourceCard
            key={source.id}
            source={source}
            format={format}
            now={now}
            mayChange={mayChange}
            open={opened === null ? list.length === 1 : opened === source.id}
            onToggle={(open) => setOpened(open ? source.id : "")}
            onQuarantine={() => setQuarantineOf(source)}
          />
        ))}
      </div>
      <NameDialog
        open={creating}
        source={null}
        onClose={(created) => {
          setCreating(false);
          if (created) setOpened(created.id);
        }}
      />
      <QuarantineDrawer source={quarantineOf} format={format} onClose={() => setQuarantineOf(null)} />
    </Page>
  );
}
