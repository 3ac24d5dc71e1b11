/** What is watched, how it stands, and when somebody was told. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button, Space, Switch } from "antd";
import { useState } from "react";
import {
  type AlertRaising,
  type AlertView,
  acknowledgeRaising,
  deleteAlert,
  listAlerts,
  listRaisings,
  putAlert,
} from "../api/reporting";
import { useI18n } from "../i18n/i18n";
import { type Place, usePlace } from "../people/usePlace";
import { useMay } from "../session/session";
import { PlusOutlined } from "../ui/icons";
import { Failed, Loading, Page, Panel } from "../ui/Page";
import { problemText } from "../ui/problem";
import { AlertDialog } from "./AlertDialog";
import "../people/people.css";
import "../dashboards/dashboards.css";

export default function AlertsPage() {
  const { t } = useI18n();
  const place = usePlace();
  const mayChange = useMay("operator");
  const [making, setMaking] = useState(false);
  const alerts = useQuery({ queryKey: ["alerts"], queryFn: listAlerts, refetchInterval: 5_000 });
  const raisings = useQuery({
    queryKey: ["raisings", "all"],
    queryFn: () => listRaisings(false),
    refetchInterval: 5_000,
  });
  return (
    <Page
      title={t("nav.alerts")}
      about={t("alerts.about")}
      tools={
        mayChange && (
          <Button type="primary" icon={<PlusOutlined />} onClick={() => setMaking(true)}>
            {t("alerts.create")}
          </Button>
        )
      }
    >
      {(alerts.isPending || raisings.isPending) && <Loading />}
      {alerts.isError && <Failed error={alerts.error} retry={() => alerts.refetch()} />}
      {alerts.data && raisings.data && (
        <div className="stack">
          {alerts.data.failures.map((one) => (
            <Alert
              key={`${one.to} ${one.subject}`}
              type="warning"
              showIcon
              title={t("alerts.notSent", { to: one.to, subject: one.subject, why: one.why })}
            />
          ))}
          <Panel label={t("alerts.raised")} title={t("alerts.raised")}>
            {raisings.data.raisings.length === 0 && <p className="nothing">{t("alerts.noneRaised")}</p>}
            <ul className="entries">
              {raisings.data.raisings.map((one) => (
                <Raised key={one.raising_id} raising={one} place={place} mayChange={mayChange} />
              ))}
            </ul>
          </Panel>
          <Panel label={t("alerts.watched")} title={t("alerts.watched")}>
            {alerts.data.alerts.length === 0 && <p className="nothing">{t("alerts.none")}</p>}
            <ul className="entries">
              {alerts.data.alerts.map((one) => (
                <Watched key={one.alert_id} alert={one} place={place} mayChange={mayChange} />
              ))}
            </ul>
          </Panel>
        </div>
      )}
      {making && <AlertDialog onClose={() => setMaking(false)} canEmail={alerts.data?.can_email ?? false} />}
    </Page>
  );
}

/** What a change does when it is through: everything about alerts is read anew. */
function useAfter() {
  const { t } = useI18n();
  const { message } = App.useApp();
  const client = useQueryClient();
  return {
    onSuccess: () =>
      Promise.all([
        client.invalidateQueries({ queryKey: ["alerts"] }),
        client.invalidateQueries({ queryKey: ["raisings"] }),
      ]),
    onError: (error: unknown) => message.error(problemText(error, t)),
  };
}

function Raised({ raising, place, mayChange }: { raising: AlertRaising; place: Place; mayChange: boolean }) {
  const { t } = useI18n();
  const { format, language } = place;
  const seen = useMutation({ mutationFn: acknowledgeRaising, ...useAfter() });
  const open = raising.acknowledged_at == null;
  return (
    <li className={open ? "entry-decided raising-open" : "entry-decided"} data-raising={raising.raising_id}>
      <span>
        <b>{raising.alert_name}</b> {raising.found.said[language]}
        <br />
        <small className="faint">
          {format.dateTime(raising.raised_at)}
          {raising.resolved_at != null &&
            ` · ${t("alerts.resolvedAt", { time: format.dateTime(raising.resolved_at) })}`}
          {!open && ` · ${t("alerts.seenBy", { name: raising.acknowledged_by ?? "" })}`}
        </small>
      </span>
      {open && mayChange && (
        <Button size="small" loading={seen.isPending} onClick={() => seen.mutate(raising.raising_id)}>
          {t("alerts.acknowledge")}
        </Button>
      )}
    </li>
  );
}

function Watched({ alert, place, mayChange }: { alert: AlertView; place: Place; mayChange: boolean }) {
  const { t } = useI18n();
  const after = useAfter();
  const { alert_id: id, terms } = alert;
  const change = useMutation({ mutationFn: (active: boolean) => putAlert(id, { ...terms, active }), ...after });
  const remove = useMutation({ mutationFn: () => deleteAlert(id), ...after });
  const raised = alert.state.is === "raised";
  return (
    <li className="entry-decided" data-alert={id}>
      <span>
        <b>{terms.name}</b>{" "}
        <span className={raised ? "pill status-bad" : "pill"}>{t(raised ? "alerts.isRaised" : "alerts.isWell")}</span>
        <br />
        <small className="faint">
          {t(`metric.${terms.metric.kind}`)} · {t(`condition.${terms.condition.kind}`)} ·{" "}
          {alert.due_at == null ? t("alerts.off") : t("alerts.next", { time: place.format.dateTime(alert.due_at) })}
        </small>
        {alert.fault != null && <Alert type="warning" title={alert.fault} />}
      </span>
      {mayChange && (
        <Space>
          <Switch
            aria-label={t("alerts.active", { name: terms.name })}
            checked={terms.active ?? true}
            loading={change.isPending}
            onChange={(active) => change.mutate(active)}
          />
          <Button size="small" onClick={() => remove.mutate()}>
            {t("form.delete")}
          </Button>
        </Space>
      )}
    </li>
  );
}
