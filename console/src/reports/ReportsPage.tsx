/** Growth reports: those that were made, and when the next are due. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button, Modal, Space, Switch } from "antd";
import { useState } from "react";
import {
  deleteReport,
  deleteReportPlan,
  listReportPlans,
  listReports,
  putReportPlan,
  type Report,
  type ReportPlan,
  readReport,
} from "../api/reporting";
import { useI18n } from "../i18n/i18n";
import { type Place, usePlace } from "../people/usePlace";
import { useMay } from "../session/session";
import { saveFile } from "../ui/download";
import { PlusOutlined } from "../ui/icons";
import { Failed, Loading, Page, Panel } from "../ui/Page";
import { problemText } from "../ui/problem";
import { ReportDialog } from "./ReportDialog";
import { Sheet } from "./Sheet";
import "../people/people.css";
import "./reports.css";

export default function ReportsPage() {
  const { t } = useI18n();
  const place = usePlace();
  const mayChange = useMay("operator");
  const [open, setOpen] = useState<"now" | "plan" | null>(null);
  const reports = useQuery({ queryKey: ["reports"], queryFn: listReports, refetchInterval: 10_000 });
  const plans = useQuery({ queryKey: ["report-plans"], queryFn: listReportPlans, refetchInterval: 10_000 });
  return (
    <Page
      title={t("nav.reports")}
      about={t("reports.about")}
      tools={
        <Space>
          {mayChange && <Button onClick={() => setOpen("plan")}>{t("reports.plan")}</Button>}
          <Button type="primary" icon={<PlusOutlined />} onClick={() => setOpen("now")}>
            {t("reports.make")}
          </Button>
        </Space>
      }
    >
      {(reports.isPending || plans.isPending) && <Loading />}
      {reports.isError && <Failed error={reports.error} retry={() => reports.refetch()} />}
      {reports.data && plans.data && (
        <div className="stack">
          <Panel label={t("reports.made")} title={t("reports.made")}>
            {reports.data.reports.length === 0 && <p className="nothing">{t("reports.noneMade")}</p>}
            <ul className="entries">
              {reports.data.reports.map((one) => (
                <Made key={one.report_id} report={one} place={place} mayChange={mayChange} />
              ))}
            </ul>
          </Panel>
          <Panel label={t("reports.planned")} title={t("reports.planned")}>
            {plans.data.plans.length === 0 && <p className="nothing">{t("reports.nonePlanned")}</p>}
            <ul className="entries">
              {plans.data.plans.map((one) => (
                <Planned key={one.plan_id} plan={one} place={place} mayChange={mayChange} />
              ))}
            </ul>
          </Panel>
        </div>
      )}
      {open !== null && (
        <ReportDialog
          now={open === "now"}
          mayChange={mayChange}
          canEmail={plans.data?.can_email ?? false}
          onClose={() => setOpen(null)}
        />
      )}
    </Page>
  );
}

/** What a change does when it is through. */
function useAfter(key: string) {
  const { t } = useI18n();
  const { message } = App.useApp();
  const client = useQueryClient();
  return {
    onSuccess: () => client.invalidateQueries({ queryKey: [key] }),
    onError: (error: unknown) => message.error(problemText(error, t)),
  };
}

interface MadeProps {
  report: Report;
  place: Place;
  mayChange: boolean;
}

function Made({ report, place, mayChange }: MadeProps) {
  const { t } = useI18n();
  const { message } = App.useApp();
  const [page, setPage] = useState<string | null>(null);
  const { format, language } = place;
  const id = report.report_id;
  const onError = (error: unknown) => message.error(problemText(error, t));
  const read = useMutation({
    mutationFn: async () => (await readReport(id, "html", language)).text(),
    onSuccess: setPage,
    onError,
  });
  const save = useMutation({
    mutationFn: async (as: "html" | "pdf") =>
      saveFile(`report-${report.from}-${report.to}.${as}`, await readReport(id, as, language)),
    onError,
  });
  const remove = useMutation({ mutationFn: () => deleteReport(id), ...useAfter("reports") });
  return (
    <li className="entry-decided" data-report={id}>
      <span>
        <b>{report.name}</b> {format.range(report.from, report.to)}
        {report.plan_id != null && <span className="pill">{t("reports.scheduled")}</span>}
        <br />
        <small className="faint">
          {t("reports.by", { name: report.made_by, time: format.dateTime(report.made_at) })}
        </small>
      </span>
      <Space wrap>
        <Button size="small" loading={read.isPending} onClick={() => read.mutate()}>
          {t("reports.read")}
        </Button>
        {(["html", "pdf"] as const).map((as) => (
          <Button
            key={as}
            size="small"
            loading={save.isPending && save.variables === as}
            onClick={() => save.mutate(as)}
          >
            {t(`reports.${as}`)}
          </Button>
        ))}
        {mayChange && (
          <Button size="small" loading={remove.isPending} onClick={() => remove.mutate()}>
            {t("form.delete")}
          </Button>
        )}
      </Space>
      {page !== null && (
        <Modal open title={report.name} footer={null} width={860} onCancel={() => setPage(null)}>
          <Sheet name={report.name} html={page} />
        </Modal>
      )}
    </li>
  );
}

function Planned({ plan, place, mayChange }: { plan: ReportPlan; place: Place; mayChange: boolean }) {
  const { t } = useI18n();
  const after = useAfter("report-plans");
  const { plan_id: id, terms } = plan;
  const change = useMutation({ mutationFn: (active: boolean) => putReportPlan(id, { ...terms, active }), ...after });
  const remove = useMutation({ mutationFn: () => deleteReportPlan(id), ...after });
  const every = terms.schedule?.every ?? "week";
  const emails = terms.emails ?? [];
  return (
    <li className="entry-decided" data-plan={id}>
      <span>
        <b>{terms.name}</b> {every !== "hour" && t(`reports.every.${every}`)}
        <br />
        <small className="faint">
          {plan.due_at == null ? t("reports.off") : t("reports.next", { time: place.format.dateTime(plan.due_at) })}
          {emails.length > 0 && ` · ${t("reports.recipients", { list: emails.join(", ") })}`}
        </small>
        {plan.fault != null && <Alert type="warning" title={plan.fault} />}
      </span>
      {mayChange && (
        <Space>
          <Switch
            aria-label={t("reports.active", { name: terms.name })}
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
