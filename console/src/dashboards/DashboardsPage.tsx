/** All dashboards; what is ready made; what is saved. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { App, Button, Input, Modal } from "antd";
import { useState } from "react";
import { Link, useNavigate } from "react-router";
import {
  adoptTemplate,
  deleteInsight,
  listDashboards,
  listInsights,
  listTemplates,
  saveDashboard,
} from "../api/reporting";
import { useI18n } from "../i18n/i18n";
import { usePlace } from "../people/usePlace";
import { PlusOutlined } from "../ui/icons";
import { Failed, Loading, Page, Panel } from "../ui/Page";
import { problemText } from "../ui/problem";
import "../people/people.css";
import "./dashboards.css";

export default function DashboardsPage() {
  const { t } = useI18n();
  const [making, setMaking] = useState(false);
  const list = useQuery({ queryKey: ["dashboards"], queryFn: listDashboards });
  return (
    <Page
      title={t("nav.dashboards")}
      about={t("dashboards.about")}
      tools={
        <Button type="primary" icon={<PlusOutlined />} onClick={() => setMaking(true)}>
          {t("dashboards.create")}
        </Button>
      }
    >
      {list.isPending && <Loading />}
      {list.isError && <Failed error={list.error} retry={() => list.refetch()} />}
      {list.data && (
        <div className="stack">
          <Panel label={t("nav.dashboards")} title={t("nav.dashboards")}>
            {list.data.dashboards.length === 0 && <p className="nothing">{t("dashboards.none")}</p>}
            <ul className="entries">
              {list.data.dashboards.map((one) => (
                <li key={one.dashboard_id} className="entry-decided">
                  <Link to={`/dashboards/${one.dashboard_id}`}>{one.name}</Link>
                  <small className="faint">
                    {t("dashboards.tiles", { count: one.tiles.length })} · {one.owner}
                    {one.shared && <span className="pill">{t("dashboards.shared")}</span>}
                  </small>
                </li>
              ))}
            </ul>
          </Panel>
          <Templates />
          <Saved />
        </div>
      )}
      {making && <NewDashboard onClose={() => setMaking(false)} />}
    </Page>
  );
}

function NewDashboard({ onClose }: { onClose: () => void }) {
  const { t } = useI18n();
  const navigate = useNavigate();
  const { message } = App.useApp();
  const [name, setName] = useState("");
  const save = useMutation({
    mutationFn: () => saveDashboard({ name, description: "", shared: false, tiles: [] }),
    onSuccess: (made) => navigate(`/dashboards/${made.dashboard_id}`),
    onError: (error) => message.error(problemText(error, t)),
  });
  return (
    <Modal
      open
      title={t("dashboards.create")}
      okText={t("form.save")}
      confirmLoading={save.isPending}
      onOk={() => save.mutate()}
      onCancel={onClose}
    >
      <Input aria-label={t("dashboards.name")} value={name} onChange={(event) => setName(event.target.value)} />
    </Modal>
  );
}

function Templates() {
  const { t } = useI18n();
  const { language } = usePlace();
  const { message } = App.useApp();
  const navigate = useNavigate();
  const list = useQuery({ queryKey: ["dashboard-templates"], queryFn: listTemplates });
  const adopt = useMutation({
    mutationFn: (id: string) => adoptTemplate(id, language),
    onSuccess: ({ dashboard, left_out }) => {
      if (left_out.length > 0)
        message.warning(left_out.map((one) => `${one.name[language]}: ${one.why}`).join("\n"), 8);
      navigate(`/dashboards/${dashboard.dashboard_id}`);
    },
    onError: (error) => message.error(problemText(error, t)),
  });
  return (
    <Panel label={t("dashboards.ready")} title={t("dashboards.ready")}>
      <ul className="entries">
        {(list.data?.templates ?? []).map((one) => (
          <li key={one.id} className="entry-decided">
            <span>
              <b>{one.name[language]}</b> <span className="faint">{one.about[language]}</span>
            </span>
            <Button
              aria-label={t("dashboards.adoptNamed", { name: one.name[language] })}
              loading={adopt.isPending && adopt.variables === one.id}
              onClick={() => adopt.mutate(one.id)}
            >
              {t("dashboards.adopt")}
            </Button>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function Saved() {
  const { t } = useI18n();
  const { message } = App.useApp();
  const client = useQueryClient();
  const list = useQuery({ queryKey: ["saved-insights"], queryFn: listInsights });
  const remove = useMutation({
    mutationFn: deleteInsight,
    onSuccess: () => client.invalidateQueries({ queryKey: ["saved-insights"] }),
    onError: (error) => message.error(problemText(error, t)),
  });
  const insights = list.data?.insights ?? [];
  return (
    <Panel label={t("saved.title")} title={t("saved.title")}>
      {insights.length === 0 && <p className="nothing">{t("saved.none")}</p>}
      <ul className="entries">
        {insights.map((one) => (
          <li key={one.insight_id} className="entry-decided">
            <span>
              <b>{one.name}</b> <span className="faint">{t(`insights.${one.kind}`)}</span>
            </span>
            {one.yours && (
              <Button size="small" onClick={() => remove.mutate(one.insight_id)}>
                {t("form.delete")}
              </Button>
            )}
          </li>
        ))}
      </ul>
    </Panel>
  );
}
