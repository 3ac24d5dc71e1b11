/** What the console asks about commission: sharers, statements, whom they brought, withdrawals. */
import { send } from "./client";
import type { components } from "./generated/schema";

type Schemas = components["schemas"];

export type Balance = Schemas["Balance"];
export type SharerView = Schemas["SharerView"];
export type Statement = Schemas["Statement"];
export type Invitee = Schemas["Invitee"];
export type WithdrawalView = Schemas["WithdrawalView"];
export type WithdrawalState = Schemas["WithdrawalState"];

export const listSharers = (query: { limit: number; after?: string | undefined }) =>
  send<{ sharers: SharerView[]; next?: string | null }>("GET", "/api/v1/sharers", { query });
export const readStatement = (shopper_id: string, before?: string) =>
  send<Statement>("GET", "/api/v1/sharers/{shopper_id}", { params: { shopper_id }, query: { before, limit: 50 } });
export const readTree = (shopper_id: string, play_id: string) =>
  send<Schemas["InviteTree"]>("GET", "/api/v1/sharers/{shopper_id}/tree", {
    params: { shopper_id },
    query: { play_id },
  });
export const listWithdrawals = (query: { open: "true" | "false"; limit: number; before?: string | undefined }) =>
  send<{ withdrawals: WithdrawalView[]; next?: string | null }>("GET", "/api/v1/withdrawals", { query });
export const approveWithdrawal = (withdrawal_id: string, note: string) =>
  send<WithdrawalView>("POST", "/api/v1/withdrawals/{withdrawal_id}/approve", {
    params: { withdrawal_id },
    body: { note },
  });
export const rejectWithdrawal = (withdrawal_id: string, note: string) =>
  send<WithdrawalView>("POST", "/api/v1/withdrawals/{withdrawal_id}/reject", {
    params: { withdrawal_id },
    body: { note },
  });
