/** What is kept of questions: saved insights, dashboards, goals, alerts. */
import { send as sendTo } from "./client";
import type { ActiveAnswer, FunnelAnswer, Path, PathsAnswer, RetentionAnswer, TrendsAnswer } from "./types";
export type InsightKind = "funnel" | "retention" | "active" | "paths" | "trends";
export interface InsightForm {
  name: string;
  description?: string;
  shared?: boolean;
  kind: InsightKind;
  question: object;
  days?: number | null;
}
export interface SavedInsight extends Required<Omit<InsightForm, "days">> {
  insight_id: string;
  owner: string;
  yours: boolean;
  days?: number | null;
}
export interface DashboardTile {
  insight_id: string;
  width: number;
  height: number;
}
export interface DashboardForm {
  name: string;
  description?: string;
  shared?: boolean;
  tiles?: DashboardTile[];
}
export interface Dashboard extends Required<DashboardForm> {
  dashboard_id: string;
  owner: string;
  yours: boolean;
}
export interface DashboardShare {
  share_id: string;
  token: string;
  created_by: string;
  created_at: string;
  expires_at?: string | null;
  revoked_at?: string | null;
}
interface InBoth {
  en: string;
  zh: string;
}
interface Shared {
  name: string;
  description: string;
  time_zone: string;
  tiles: DashboardTile[];
  insights: { insight_id: string; name: string; description: string; kind: InsightKind }[];
}
export type Metric =
  | { kind: "new_shoppers" | "active_shoppers" | "orders" | "revenue" | "conversion" }
  | { kind: "retention"; on_day: number }
  | { kind: "insight"; insight_id: string };
export type Unit = { unit: "count" } | { unit: "share" } | { unit: "money"; currency?: string | null; digits: number };
export interface GoalTerms {
  name: string;
  metric: Metric;
  target: number;
  from: string;
  to: string;
}
interface Expected {
  expected?: number | null;
  lower?: number | null;
  upper?: number | null;
}
export interface Goal {
  goal_id: string;
  owner: string;
  terms: GoalTerms;
  progress?:
    | (Expected & {
        status: "upcoming" | "reached" | "missed" | "on_track" | "likely" | "at_risk" | "off_track" | "unknown";
        unit: Unit;
        actual?: number | null;
        no_forecast?: string | null;
      })
    | null;
  fault?: string | null;
}
export interface GoalPoint extends Expected {
  day: string;
  pace: number;
  actual?: number | null;
}
export interface GoalDetail {
  goal: Goal;
  points: GoalPoint[];
  by_channel: { name?: string | null; value: number; part: number }[];
}
export interface AlertTerms {
  name: string;
  metric: Metric;
  running?: boolean;
  condition:
    | { kind: "threshold"; below?: number | null; above?: number | null }
    | { kind: "change"; falls_by?: number | null }
    | { kind: "anomaly"; level: number };
  schedule?: { every?: "hour" | "day" | "week" | "month"; hour?: number };
  cooldown_h?: number;
  emails?: string[];
  language?: "en" | "zh";
  active?: boolean;
}
interface Found {
  said: InBoth;
}
export interface AlertView {
  alert_id: string;
  terms: AlertTerms;
  state: { is: "well" | "raised" };
  due_at?: string | null;
  fault?: string | null;
}
export interface AlertRaising {
  raising_id: string;
  alert_name: string;
  found: Found;
  raised_at: string;
  resolved_at?: string | null;
  acknowledged_at?: string | null;
  acknowledged_by?: string | null;
}

/** An answer is an open object in the contract; its kind says which. */
export type InsightAnswer = { from: string; to: string; computed_at: string } & (
  | { kind: "funnel"; answer: FunnelAnswer }
  | { kind: "retention"; answer: RetentionAnswer }
  | { kind: "active"; answer: ActiveAnswer }
  | { kind: "paths"; answer: PathsAnswer }
  | { kind: "trends"; answer: TrendsAnswer }
);

/** Other days than the saved ones. */
export interface Instead {
  from: string;
  to: string;
}

/** These addresses are younger than the snapshot of the contract from which paths are known. */
const send = <T>(method: "GET" | "POST" | "PUT" | "DELETE", path: string, call?: Parameters<typeof sendTo>[2]) =>
  sendTo<T>(method, path as Path, call);

export const listInsights = () => send<{ insights: SavedInsight[] }>("GET", "/api/v1/saved-insights");
export const saveInsight = (body: InsightForm) => send<SavedInsight>("POST", "/api/v1/saved-insights", { body });
export const deleteInsight = (id: string) => send<void>("DELETE", "/api/v1/saved-insights/{id}", { params: { id } });
export const answerInsight = (id: string, instead: Instead | null, signal: AbortSignal) =>
  send<InsightAnswer>("GET", "/api/v1/saved-insights/{id}/answer", { params: { id }, query: { ...instead }, signal });

export const listDashboards = () => send<{ dashboards: Dashboard[] }>("GET", "/api/v1/dashboards");
export const readDashboard = (id: string) =>
  send<{ dashboard: Dashboard; insights: SavedInsight[] }>("GET", "/api/v1/dashboards/{id}", { params: { id } });
export const saveDashboard = (body: DashboardForm) => send<Dashboard>("POST", "/api/v1/dashboards", { body });
export const putDashboard = (id: string, body: DashboardForm) =>
  send<Dashboard>("PUT", "/api/v1/dashboards/{id}", { params: { id }, body });
export const deleteDashboard = (id: string) => send<void>("DELETE", "/api/v1/dashboards/{id}", { params: { id } });
export const duplicateDashboard = (id: string, name: string) =>
  send<Dashboard>("POST", "/api/v1/dashboards/{id}/duplicate", { params: { id }, body: { name } });
export const listTemplates = () =>
  send<{ templates: { id: string; name: InBoth; about: InBoth }[] }>("GET", "/api/v1/dashboard-templates");
export const adoptTemplate = (id: string, language: "en" | "zh") =>
  send<{ dashboard: Dashboard; left_out: { name: InBoth; why: string }[] }>(
    "POST",
    "/api/v1/dashboard-templates/{id}/adopt",
    {
      params: { id },
      body: { language },
    },
  );
export const listShares = (id: string) =>
  send<{ shares: DashboardShare[] }>("GET", "/api/v1/dashboards/{id}/shares", { params: { id } });
export const shareDashboard = (id: string, days: number | null) =>
  send<DashboardShare>("POST", "/api/v1/dashboards/{id}/shares", { params: { id }, body: { days } });
export const revokeShare = (id: string, share: string) =>
  send<void>("DELETE", "/api/v1/dashboards/{id}/shares/{share}", { params: { id, share } });

const byLink = (token: string) => ({ headers: { "x-share-token": token } });
export const readShared = (token: string) => send<Shared>("GET", "/api/v1/shared-dashboard", byLink(token));
export const answerShared = (token: string, id: string, instead: Instead | null, signal: AbortSignal) =>
  send<InsightAnswer>("GET", "/api/v1/shared-dashboard/insights/{id}/answer", {
    ...byLink(token),
    params: { id },
    query: { ...instead },
    signal,
  });

export const listGoals = () => send<{ goals: Goal[] }>("GET", "/api/v1/goals");
export const readGoal = (id: string) => send<GoalDetail>("GET", "/api/v1/goals/{id}", { params: { id } });
export const saveGoal = (body: GoalTerms) => send<Goal>("POST", "/api/v1/goals", { body });
export const deleteGoal = (id: string) => send<void>("DELETE", "/api/v1/goals/{id}", { params: { id } });

export const listAlerts = () =>
  send<{ alerts: AlertView[]; can_email: boolean; failures: { to: string; subject: string; why: string }[] }>(
    "GET",
    "/api/v1/alerts",
  );
export const saveAlert = (body: AlertTerms) => send<AlertView>("POST", "/api/v1/alerts", { body });
export const putAlert = (id: string, body: AlertTerms) =>
  send<AlertView>("PUT", "/api/v1/alerts/{id}", { params: { id }, body });
export const deleteAlert = (id: string) => send<void>("DELETE", "/api/v1/alerts/{id}", { params: { id } });
export const previewAlert = (body: AlertTerms) =>
  send<{ found: Found; raises: boolean }>("POST", "/api/v1/alerts/preview", { body });
export const listRaisings = (open: boolean) =>
  send<{ raisings: AlertRaising[]; open: number }>("GET", "/api/v1/alert-raisings", {
    query: { open: open ? "true" : null },
  });
export const acknowledgeRaising = (id: string) =>
  send<AlertRaising>("POST", "/api/v1/alert-raisings/{id}/acknowledge", { params: { id } });
