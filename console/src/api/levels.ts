/** What the console asks about levels and points: the ladder, its members, the rule of points, what a shopper has. */
import type { Filter } from "../segments/rule";
import type { OfferScope } from "./act";
import { send } from "./client";
import type { components } from "./generated/schema";

type Schemas = components["schemas"];

/** Rights may be left out; the program fills them in. */
export type Level = Schemas["Level"];
export type Ladder = Omit<Schemas["Ladder"], "minor_per_growth"> & { minor_per_growth: Record<string, number> };
export type LevelsView = Omit<Schemas["LevelsView"], "ladder"> & { ladder: Ladder };
export type MemberView = Schemas["MemberView"];
export type ListedMember = Schemas["ListedMember"];
export type Multiplier = Omit<Schemas["Multiplier"], "scope"> & { scope?: OfferScope };
export type PointsRule = Omit<Schemas["PointsRule"], "earned_by_currency" | "multipliers"> & {
  multipliers?: Multiplier[];
  earned_by_currency?: Record<string, number>;
};
export type EarningTerms = Omit<Schemas["EarningTerms"], "where"> & { where?: Filter[] };
export type EarningRuleView = Omit<Schemas["EarningRuleView"], "terms"> & { terms: EarningTerms };
export type EarnedPoints = Schemas["EarnedPoints"];
export type PointsView = Schemas["PointsView"];

export const readLevels = () => send<LevelsView>("GET", "/api/v1/levels");
export const putLevels = (body: Ladder) => send<LevelsView>("PUT", "/api/v1/levels", { body });
export const listMembers = (query: { level?: string | undefined; limit: number; after?: string | undefined }) =>
  send<{ members: ListedMember[]; next?: string | null }>("GET", "/api/v1/levels/members", { query });
export const readMember = (shopper_id: string) =>
  send<MemberView>("GET", "/api/v1/levels/members/{shopper_id}", { params: { shopper_id } });
export const giveGrowth = (shopper_id: string, key: string, body: { growth: number; note: string | null }) =>
  send<MemberView>("POST", "/api/v1/levels/members/{shopper_id}/growth", {
    params: { shopper_id },
    headers: { "idempotency-key": key },
    body,
  });
export const takeGrowthBack = (shopper_id: string, key: string) =>
  send<MemberView>("POST", "/api/v1/levels/members/{shopper_id}/growth/{key}/take-back", {
    params: { shopper_id, key },
  });

export const readPointsRule = () => send<PointsRule>("GET", "/api/v1/points/rule");
export const putPointsRule = (body: PointsRule) => send<PointsRule>("PUT", "/api/v1/points/rule", { body });
export const listEarningRules = () => send<{ rules: EarningRuleView[] }>("GET", "/api/v1/earning-rules");
export const putEarningRule = (rule_id: string, body: EarningTerms) =>
  send<EarningRuleView>("PUT", "/api/v1/earning-rules/{rule_id}", { params: { rule_id }, body });
export const listEarned = (shopper_id: string, query: { limit: number; before?: string | undefined }) =>
  send<{ earned: EarnedPoints[]; next?: string | null }>("GET", "/api/v1/points/{shopper_id}/earned", {
    params: { shopper_id },
    query,
  });
export const readPoints = (shopper_id: string) =>
  send<PointsView>("GET", "/api/v1/points/{shopper_id}", { params: { shopper_id } });
export const givePoints = (shopper_id: string, key: string, points: number) =>
  send<PointsView>("POST", "/api/v1/points/{shopper_id}", {
    params: { shopper_id },
    headers: { "idempotency-key": key },
    body: { points },
  });
