/** What the console asks about campaigns. */
import type { GateResult } from "./act";
import { request, send } from "./client";
import type { components } from "./generated/schema";

type Schemas = components["schemas"];

export type Piece = Schemas["Piece"];
export type CampaignTerms = Partial<Schemas["CampaignTerms"]> & Pick<Schemas["CampaignTerms"], "name" | "currency">;
export type CampaignView = Omit<Schemas["CampaignView"], "terms"> & { terms: CampaignTerms };
export type CampaignNumbers = Schemas["CampaignNumbers"];
export type CampaignInterval = Schemas["CampaignInterval"];
export type CampaignReview = Omit<Schemas["CampaignReview"], "terms"> & { terms: CampaignTerms };
export type CampaignStep = Schemas["CampaignStep"];
export type GoalMetric = Schemas["CampaignMetric"];

const one = "/api/v1/campaigns/{campaign_id}" as const;

export const listCampaigns = (query: { limit: number; after?: string | undefined }) =>
  send<{ campaigns: CampaignView[]; next?: string | null }>("GET", "/api/v1/campaigns", { query });
export const readCampaign = (campaign_id: string) => send<CampaignView>("GET", one, { params: { campaign_id } });
export const putCampaign = (campaign_id: string, body: CampaignTerms) =>
  send<CampaignView>("PUT", one, { params: { campaign_id }, body });
export const checkCampaign = (campaign_id: string) =>
  send<{ passes: boolean; gates: GateResult[] }>("GET", `${one}/gates`, { params: { campaign_id } });
export const publishCampaign = (campaign_id: string) =>
  send<{ campaign: CampaignView; gates: GateResult[] }>("POST", `${one}/publish`, { params: { campaign_id } });
export const pauseCampaign = (campaign_id: string) =>
  send<CampaignView>("POST", `${one}/pause`, { params: { campaign_id } });
export const resumeCampaign = (campaign_id: string) =>
  send<CampaignView>("POST", `${one}/resume`, { params: { campaign_id } });
export const closeCampaign = (campaign_id: string) =>
  send<CampaignView>("POST", `${one}/close`, { params: { campaign_id } });
export const readNumbers = (campaign_id: string) =>
  send<CampaignNumbers>("GET", `${one}/numbers`, { params: { campaign_id } });
export const readHistory = (campaign_id: string) =>
  send<{ steps: CampaignStep[] }>("GET", `${one}/history`, { params: { campaign_id } });
export const readReview = (campaign_id: string) =>
  send<CampaignReview>("GET", `${one}/review`, { params: { campaign_id } });
export const exportReview = async (campaign_id: string) =>
  (await request("GET", `${one}/review/export`, { params: { campaign_id }, accept: "text/csv" })).blob();
