/** What the console asks about acting: offers, codes, the ledger, webhooks. */
import { request, send } from "./client";
import type { components } from "./generated/schema";

type Schemas = components["schemas"];

/** Parts of terms may be left out; the program fills them in. */
export type OfferScope = Partial<Schemas["Scope"]>;
export type BundlePart = { scope?: OfferScope; units: number };
type AnyBenefit = Schemas["Benefit"];
type Bundle = Omit<Extract<AnyBenefit, { kind: "bundle" }>, "parts"> & { parts: BundlePart[] };
export type Benefit = Exclude<AnyBenefit, { kind: "bundle" }> | Bundle;
type Filled = "scope" | "audience" | "limits" | "stacking" | "receive" | "benefit";
export type Terms = Omit<Schemas["Terms"], Filled> & {
  scope?: OfferScope;
  audience?: Partial<Schemas["Audience"]>;
  limits?: Partial<Schemas["Limits"]>;
  stacking?: Partial<Schemas["Stacking"]>;
  receive?: Partial<Schemas["Receive"]>;
  benefit: Benefit;
};
export type Tier = Schemas["Tier"];
export type Reward = Schemas["Reward"];
type WithTerms<T> = Omit<T, "terms"> & { terms: Terms };
export type OfferView = WithTerms<Schemas["OfferView"]>;
export type Settlement = Schemas["Settlement"];
export type GateResult = Schemas["GateResult"];
export type RedemptionStatus = Schemas["Status"];
export type Cart = Schemas["Cart"];
export type CartLine = Schemas["Line"];
export type CartShopper = Partial<Schemas["Shopper"]>;
export type QuoteAnswer = Schemas["QuoteAnswer"];
export type LedgerTransfer = Schemas["LedgerTransfer"];
export type WebhookView = Schemas["WebhookView"];
export type WebhookFields = Schemas["WebhookForm"];
/** What is absent stays as it is. */
export type WebhookChange = Partial<Schemas["WebhookChange"]>;
export type WebhookDelivery = Schemas["Delivery"];
export type DeliveryState = Schemas["DeliveryState"];

type Page<T extends string | number = string> = { limit: number; after?: T | undefined; before?: T | undefined };

export const listOffers = (query: Page) =>
  send<{ offers: OfferView[]; next?: string | null }>("GET", "/api/v1/offers", { query });
export const readOffer = (offer_id: string) =>
  send<OfferView>("GET", "/api/v1/offers/{offer_id}", { params: { offer_id } });
export const putOffer = (offer_id: string, body: Terms) =>
  send<OfferView>("PUT", "/api/v1/offers/{offer_id}", { params: { offer_id }, body });
export const publishOffer = (offer_id: string) =>
  send<{ offer: OfferView; gates: GateResult[] }>("POST", "/api/v1/offers/{offer_id}/publish", {
    params: { offer_id },
  });
export const withdrawOffer = (offer_id: string) =>
  send<OfferView>("POST", "/api/v1/offers/{offer_id}/withdraw", { params: { offer_id } });
export const listOfferVersions = (offer_id: string) =>
  send<{ versions: WithTerms<Schemas["OfferVersion"]>[] }>("GET", "/api/v1/offers/{offer_id}/versions", {
    params: { offer_id },
  });

/** Quotes in a sandbox, where offers that are not published may be named, and nothing of the shop's own is used. */
export const tryCart = (body: { cart: Cart; shopper: CartShopper; codes: string[]; drafts: string[] }) =>
  send<QuoteAnswer>("POST", "/api/v1/quotes", { body, headers: { "fanvine-sandbox": "console" } });
/** How every offer was used from its beginning. */
export const listSettlements = () => send<Schemas["Settlements"]>("GET", "/api/v1/settlements");
export const listRedemptions = (query: Page & { offer_id: string }) =>
  send<Schemas["RedemptionList"]>("GET", "/api/v1/redemptions", { query });

export const makeCodes = (offer_id: string, key: string, body: Schemas["CodesForm"]) =>
  send<Schemas["CodesMade"]>("POST", "/api/v1/offers/{offer_id}/codes", {
    params: { offer_id },
    body,
    headers: { "idempotency-key": key },
  });
export const listCodes = (offer_id: string, query: Page) =>
  send<Schemas["CodeList"]>("GET", "/api/v1/offers/{offer_id}/codes", { params: { offer_id }, query });
export const codesCsv = (offer_id: string) =>
  request("GET", "/api/v1/offers/{offer_id}/codes/export", { params: { offer_id }, accept: "text/csv" }).then(
    (response) => response.blob(),
  );
export const readCode = (code: string) =>
  send<Schemas["CodeView"]>("GET", "/api/v1/codes/{code}", { params: { code } });

export const listLedgerAccounts = (query: Page & { kind: string | null; begins: string }) =>
  send<Schemas["LedgerAccounts"]>("GET", "/api/v1/ledger/accounts", { query });
export const listTransfers = (query: Page<number> & { account: string | null }) =>
  send<Schemas["LedgerTransfers"]>("GET", "/api/v1/ledger/transfers", { query });
export const listReservations = () => send<Schemas["LedgerReservations"]>("GET", "/api/v1/ledger/reservations");
export const proveLedger = () => send<Schemas["LedgerProof"]>("GET", "/api/v1/ledger/proof");

const ofWebhook = (webhook_id: string) => ({ params: { webhook_id } });
export const listWebhooks = () => send<Schemas["WebhookList"]>("GET", "/api/v1/webhooks");
export const readWebhook = (id: string) => send<WebhookView>("GET", "/api/v1/webhooks/{webhook_id}", ofWebhook(id));
export const createWebhook = (body: WebhookFields) =>
  send<Schemas["WebhookSecret"]>("POST", "/api/v1/webhooks", { body });
export const changeWebhook = (id: string, body: WebhookChange) =>
  send<WebhookView>("PATCH", "/api/v1/webhooks/{webhook_id}", { ...ofWebhook(id), body });
export const deleteWebhook = (id: string) => send<void>("DELETE", "/api/v1/webhooks/{webhook_id}", ofWebhook(id));
export const rotateWebhookSecret = (id: string) =>
  send<Schemas["WebhookSecret"]>("POST", "/api/v1/webhooks/{webhook_id}/rotate-secret", ofWebhook(id));
export const testWebhook = (id: string) =>
  send<Schemas["WebhookTried"]>("POST", "/api/v1/webhooks/{webhook_id}/test", ofWebhook(id));
export const listDeliveries = (id: string, query: Page<number> & { state: DeliveryState | undefined }) =>
  send<Schemas["DeliveryList"]>("GET", "/api/v1/webhooks/{webhook_id}/deliveries", { ...ofWebhook(id), query });
export const replayDeadLetters = (id: string) =>
  send<Schemas["Replayed"]>("POST", "/api/v1/webhooks/{webhook_id}/replay", ofWebhook(id));
export const replayDelivery = (id: string, delivery: number) =>
  send<WebhookDelivery>("POST", "/api/v1/webhooks/{webhook_id}/deliveries/{delivery_id}/replay", {
    params: { webhook_id: id, delivery_id: String(delivery) },
  });
