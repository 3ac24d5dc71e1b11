/** A dashboard: its insights beside one another, for other days, full screen, changed, shared. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { App, Button, Checkbox, Input, Select, Space } from "antd";
import { useRef, useState } from "react";
import { useNavigate, useParams } from "react-router";
import {
  answerInsight,
  type Dashboard,
  type DashboardForm,
  deleteDashboard,
  duplicateDashboard,
  type Instead,
  listInsights,
  putDashboard,
  readDashboard,
  type SavedInsight,
} from "../api/reporting";
import { useI18n } from "../i18n/i18n";
import { usePlace } from "../people/usePlace";
import { useMay } from "../session/session";
import { Failed, Loading, Page } from "../ui/Page";
import { problemText } from "../ui/problem";
import { Days } from "./Days";
import { Grid } from "./Grid";
import { Shares } from "./Shares";
import "../people/people.css";
import "./dashboards.css";

export default function DashboardPage() {
  const { id = "" } = useParams();
  const detail = useQuery({ queryKey: ["dashboards", id], queryFn: () => readDashboard(id) });
  if (detail.isPending) return <Loading />;
  if (detail.isError) return <Failed error={detail.error} retry={() => detail.refetch()} />;
  return <Shown key={id} dashboard={detail.data.dashboard} insights={detail.data.insights} />;
}

function Shown({ dashboard, insights }: { dashboard: Dashboard; insights: SavedInsight[] }) {
  const { t } = useI18n();
  const { timeZone } = usePlace();
  const mayShare = useMay("operator");
  const [days, setDays] = useState<Instead | null>(null);
  const [draft, setDraft] = useState<DashboardForm | null>(null);
  const [sharing, setSharing] = useState(false);
  const holder = useRef<HTMLDivElement>(null);
  const { dashboard_id: id, name, description, shared, tiles } = dashboard;
  const all = useQuery({ queryKey: ["saved-insights"], queryFn: listInsights, enabled: draft !== null });
  const known = draft === null ? insights : [...insights, ...(all.data?.insights ?? [])];
  return (
    <Page
      title={name}
      about={description}
      tools={
        <Space wrap>
          <Days value={days} onChange={setDays} />
          <Button onClick={() => holder.current?.requestFullscreen()}>{t("dashboards.fullScreen")}</Button>
          {dashboard.yours && draft === null && (
            <Button onClick={() => setDraft({ name, description, shared, tiles })}>{t("dashboards.change")}</Button>
          )}
          {mayShare && <Button onClick={() => setSharing(true)}>{t("dashboards.share")}</Button>}
          <More dashboard={dashboard} />
        </Space>
      }
    >
      {draft !== null && <Changing id={id} draft={draft} setDraft={setDraft} insights={all.data?.insights ?? []} />}
      <div ref={holder} className="dashboard">
        {tiles.length === 0 && draft === null && <p className="nothing">{t("dashboards.empty")}</p>}
        <Grid
          tiles={draft?.tiles ?? tiles}
          insights={known}
          timeZone={timeZone}
          asked={days === null ? "" : `${days.from} ${days.to}`}
          ask={(insight, signal) => answerInsight(insight, days, signal)}
          {...(draft === null ? {} : { change: (tiles) => setDraft({ ...draft, tiles }) })}
        />
      </div>
      {sharing && <Shares id={id} onClose={() => setSharing(false)} />}
    </Page>
  );
}

interface ChangingProps {
  id: string;
  draft: DashboardForm;
  setDraft: (draft: DashboardForm | null) => void;
  insights: SavedInsight[];
}

function Changing({ id, draft, setDraft, insights }: ChangingProps) {
  const { t } = useI18n();
  const { message } = App.useApp();
  const client = useQueryClient();
  const save = useMutation({
    mutationFn: () => putDashboard(id, draft),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["dashboards"] });
      setDraft(null);
    },
    onError: (error) => message.error(problemText(error, t)),
  });
  const tiles = draft.tiles ?? [];
  const free = insights.filter((one) => !tiles.some((tile) => tile.insight_id === one.insight_id));
  return (
    <Space wrap className="dashboard-changing">
      <Input
        aria-label={t("dashboards.name")}
        value={draft.name}
        onChange={(event) => setDraft({ ...draft, name: event.target.value })}
      />
      <Select
        aria-label={t("dashboards.add")}
        placeholder={t("dashboards.add")}
        showSearch={{ optionFilterProp: "label" }}
        value={null}
        style={{ minWidth: 260 }}
        options={free.map((one) => ({ value: one.insight_id, label: one.name }))}
        onChange={(insight_id: string | null) =>
          insight_id !== null && setDraft({ ...draft, tiles: [...tiles, { insight_id, width: 6, height: 2 }] })
        }
      />
      <Checkbox
        checked={draft.shared ?? false}
        onChange={(event) => setDraft({ ...draft, shared: event.target.checked })}
      >
        {t("dashboards.sharedInside")}
      </Checkbox>
      <Button type="primary" loading={save.isPending} onClick={() => save.mutate()}>
        {t("form.save")}
      </Button>
      <Button onClick={() => setDraft(null)}>{t("dashboards.discard")}</Button>
    </Space>
  );
}

function More({ dashboard }: { dashboard: Dashboard }) {
  const { t } = useI18n();
  const { message, modal } = App.useApp();
  const navigate = useNavigate();
  const client = useQueryClient();
  const { dashboard_id: id, name } = dashboard;
  const failed = (error: unknown) => message.error(problemText(error, t));
  const copy = useMutation({
    mutationFn: () => duplicateDashboard(id, t("dashboards.copyOf", { name })),
    onSuccess: (made) => navigate(`/dashboards/${made.dashboard_id}`),
    onError: failed,
  });
  const remove = useMutation({
    mutationFn: () => deleteDashboard(id),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["dashboards"] });
      navigate("/dashboards");
    },
    onError: failed,
  });
  return (
    <Space>
      <Button onClick={() => copy.mutate()}>{t("dashboards.duplicate")}</Button>
      {dashboard.yours && (
        <Button
          danger
          onClick={() =>
            modal.confirm({ title: t("dashboards.deleteSure", { name }), onOk: () => remove.mutateAsync() })
          }
        >
          {t("form.delete")}
        </Button>
      )}
    </Space>
  );
}
