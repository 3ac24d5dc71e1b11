/** The calls about data quality, the tracking plan and quarantine. */
import { send } from "./client";
import type { InferredPlan, PlanVersion, Quality, TrackingPlan } from "./types";

export const readQuality = () => send<Quality>("GET", "/api/v1/quality");

export const readPlan = () => send<PlanVersion>("GET", "/api/v1/tracking-plan");
export const savePlan = (body: { based_on: number; plan: TrackingPlan }) =>
  send<PlanVersion>("PUT", "/api/v1/tracking-plan", { body });
export const inferPlan = () => send<InferredPlan>("GET", "/api/v1/tracking-plan/inferred");
export const listPlans = () => send<{ versions: PlanVersion[] }>("GET", "/api/v1/tracking-plan/versions");

export const replayMessage = (id: string, body: string) =>
  send<void>("POST", "/api/v1/quarantine/{id}/replay", { params: { id }, body: { body } });
export const discardMessage = (id: string) => send<void>("DELETE", "/api/v1/quarantine/{id}", { params: { id } });
