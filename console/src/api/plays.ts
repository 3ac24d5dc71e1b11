/** What the console asks about plays: what they promise, and the groups in flight. */
import { send } from "./client";
import type { components } from "./generated/schema";

type Schemas = components["schemas"];

/** Parts of rules may be left out; the program fills them in. */
export type GroupBuy = Partial<Omit<Schemas["GroupBuy"], "sizes" | "hours" | "product_id">> &
  Pick<Schemas["GroupBuy"], "sizes" | "hours" | "product_id">;
export type PlayTerms = Omit<Schemas["PlayTerms"], "rules"> & { rules: { kind: "group_buy" } & GroupBuy };
export type PlayView = Omit<Schemas["PlayView"], "terms"> & { terms: PlayTerms };
export type GroupView = Schemas["GroupView"];
export type GroupState = Schemas["GroupState"];
type Gate = Schemas["GateResult"];

export const listPlays = (query: { limit: number; after?: string | undefined }) =>
  send<{ plays: PlayView[]; next?: string | null }>("GET", "/api/v1/plays", { query });
export const readPlay = (play_id: string) => send<PlayView>("GET", "/api/v1/plays/{play_id}", { params: { play_id } });
export const putPlay = (play_id: string, body: PlayTerms) =>
  send<PlayView>("PUT", "/api/v1/plays/{play_id}", { params: { play_id }, body });
export const checkPlay = (play_id: string) =>
  send<{ version: number; passes: boolean; gates: Gate[] }>("GET", "/api/v1/plays/{play_id}/gates", {
    params: { play_id },
  });
export const publishPlay = (play_id: string) =>
  send<{ play: PlayView; gates: Gate[] }>("POST", "/api/v1/plays/{play_id}/publish", { params: { play_id } });
export const withdrawPlay = (play_id: string) =>
  send<PlayView>("POST", "/api/v1/plays/{play_id}/withdraw", { params: { play_id } });
export const listGroups = (query: {
  play_id: string | null;
  in_flight: "true" | "false";
  limit: number;
  before?: string | undefined;
}) => send<{ groups: GroupView[]; next?: string | null }>("GET", "/api/v1/groups", { query });
