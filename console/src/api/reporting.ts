/** What is kept of questions: saved insights, dashboards, goals, alerts, reports. */
import { request, send } from "./client";
import type { components } from "./generated/schema";
import type { ActiveAnswer, FunnelAnswer, PathsAnswer, RetentionAnswer, TrendsAnswer } from "./types";

type Schemas = components["schemas"];

export type InsightKind = Schemas["InsightKind"];
export type SavedInsight = Schemas["SavedInsight"];
export type DashboardTile = Schemas["DashboardTile"];
export type DashboardForm = Schemas["DashboardForm"];
export type Dashboard = Schemas["Dashboard"];
export type Metric = Schemas["Metric"];
export type Unit = Schemas["MetricUnit"];
export type GoalTerms = Schemas["GoalTerms"];
export type Goal = Schemas["Goal"];
export type GoalPoint = Schemas["GoalPoint"];
export type GoalDetail = Schemas["GoalDetail"];
export type AlertTerms = Schemas["AlertTerms"];
export type AlertView = Schemas["Alert"];
export type AlertRaising = Schemas["AlertRaising"];
export type Report = Schemas["Report"];
export type ReportOrder = Schemas["ReportOrder"];
export type ReportPlan = Schemas["ReportPlan"];
export type ReportTerms = Schemas["ReportTerms"];

/** An answer is an open object in the contract; its kind says which. */
export type InsightAnswer = Omit<Schemas["InsightAnswer"], "kind" | "answer"> &
  (
    | { kind: "funnel"; answer: FunnelAnswer }
    | { kind: "retention"; answer: RetentionAnswer }
    | { kind: "active"; answer: ActiveAnswer }
    | { kind: "paths"; answer: PathsAnswer }
    | { kind: "trends"; answer: TrendsAnswer }
    | { kind: "attribution"; answer: Schemas["AttributionAnswer"] }
    | { kind: "sessions"; answer: Schemas["SessionsAnswer"] }
    | { kind: "correlation"; answer: Schemas["CorrelationAnswer"] }
    | { kind: "basket"; answer: Schemas["BasketAnswer"] }
    | { kind: "metrics"; answer: Schemas["MetricsAnswer"] }
  );

/** Other days than the saved ones. */
export interface Instead {
  from: string;
  to: string;
}

export const listInsights = () => send<Schemas["SavedInsightList"]>("GET", "/api/v1/saved-insights");
export const saveInsight = (body: Schemas["InsightForm"]) =>
  send<SavedInsight>("POST", "/api/v1/saved-insights", { body });
export const deleteInsight = (id: string) => send<void>("DELETE", "/api/v1/saved-insights/{id}", { params: { id } });
export const answerInsight = (id: string, instead: Instead | null, signal: AbortSignal) =>
  send<InsightAnswer>("GET", "/api/v1/saved-insights/{id}/answer", { params: { id }, query: { ...instead }, signal });

export const listDashboards = () => send<Schemas["DashboardList"]>("GET", "/api/v1/dashboards");
export const readDashboard = (id: string) =>
  send<Schemas["DashboardDetail"]>("GET", "/api/v1/dashboards/{id}", { params: { id } });
export const saveDashboard = (body: DashboardForm) => send<Dashboard>("POST", "/api/v1/dashboards", { body });
export const putDashboard = (id: string, body: DashboardForm) =>
  send<Dashboard>("PUT", "/api/v1/dashboards/{id}", { params: { id }, body });
export const deleteDashboard = (id: string) => send<void>("DELETE", "/api/v1/dashboards/{id}", { params: { id } });
export const duplicateDashboard = (id: string, name: string) =>
  send<Dashboard>("POST", "/api/v1/dashboards/{id}/duplicate", { params: { id }, body: { name } });
export const listTemplates = () => send<Schemas["DashboardTemplates"]>("GET", "/api/v1/dashboard-templates");
export const adoptTemplate = (id: string, language: "en" | "zh") =>
  send<Schemas["AdoptedDashboard"]>("POST", "/api/v1/dashboard-templates/{id}/adopt", {
    params: { id },
    body: { language },
  });
export const listShares = (id: string) =>
  send<Schemas["DashboardShareList"]>("GET", "/api/v1/dashboards/{id}/shares", { params: { id } });
export const shareDashboard = (id: string, days: number | null) =>
  send<Schemas["DashboardShare"]>("POST", "/api/v1/dashboards/{id}/shares", { params: { id }, body: { days } });
export const revokeShare = (id: string, share: string) =>
  send<void>("DELETE", "/api/v1/dashboards/{id}/shares/{share}", { params: { id, share } });

const byLink = (token: string) => ({ headers: { "x-share-token": token } });
export const readShared = (token: string) =>
  send<Schemas["SharedDashboard"]>("GET", "/api/v1/shared-dashboard", byLink(token));
export const answerShared = (token: string, id: string, instead: Instead | null, signal: AbortSignal) =>
  send<InsightAnswer>("GET", "/api/v1/shared-dashboard/insights/{id}/answer", {
    ...byLink(token),
    params: { id },
    query: { ...instead },
    signal,
  });

export const listGoals = () => send<Schemas["GoalList"]>("GET", "/api/v1/goals");
export const readGoal = (id: string) => send<GoalDetail>("GET", "/api/v1/goals/{id}", { params: { id } });
export const saveGoal = (body: GoalTerms) => send<Goal>("POST", "/api/v1/goals", { body });
export const deleteGoal = (id: string) => send<void>("DELETE", "/api/v1/goals/{id}", { params: { id } });

export const listAlerts = () => send<Schemas["AlertList"]>("GET", "/api/v1/alerts");
export const saveAlert = (body: AlertTerms) => send<AlertView>("POST", "/api/v1/alerts", { body });
export const putAlert = (id: string, body: AlertTerms) =>
  send<AlertView>("PUT", "/api/v1/alerts/{id}", { params: { id }, body });
export const deleteAlert = (id: string) => send<void>("DELETE", "/api/v1/alerts/{id}", { params: { id } });
export const previewAlert = (body: AlertTerms) =>
  send<Schemas["AlertPreview"]>("POST", "/api/v1/alerts/preview", { body });
export const listRaisings = (open: boolean) =>
  send<Schemas["AlertRaisingList"]>("GET", "/api/v1/alert-raisings", {
    query: { open: open ? "true" : null },
  });
export const acknowledgeRaising = (id: string) =>
  send<AlertRaising>("POST", "/api/v1/alert-raisings/{id}/acknowledge", { params: { id } });

export const listReportPlans = () => send<Schemas["ReportPlanList"]>("GET", "/api/v1/report-plans");
export const saveReportPlan = (body: ReportTerms) => send<ReportPlan>("POST", "/api/v1/report-plans", { body });
export const putReportPlan = (id: string, body: ReportTerms) =>
  send<ReportPlan>("PUT", "/api/v1/report-plans/{id}", { params: { id }, body });
export const deleteReportPlan = (id: string) => send<void>("DELETE", "/api/v1/report-plans/{id}", { params: { id } });
export const listReports = () => send<Schemas["ReportList"]>("GET", "/api/v1/reports");
export const makeReport = (body: ReportOrder) => send<Report>("POST", "/api/v1/reports", { body });
export const deleteReport = (id: string) => send<void>("DELETE", "/api/v1/reports/{id}", { params: { id } });
export const previewReport = async (body: ReportOrder) =>
  (await request("POST", "/api/v1/reports/preview", { body, accept: "text/html" })).text();
export const readReport = async (id: string, as: "html" | "pdf", language: "en" | "zh") =>
  (
    await request("GET", as === "html" ? "/api/v1/reports/{id}/html" : "/api/v1/reports/{id}/pdf", {
      params: { id },
      query: { language },
      accept: as === "html" ? "text/html" : "application/pdf",
    })
  ).blob();
