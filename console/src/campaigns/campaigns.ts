/** What campaigns are in words, and the templates a new one begins with. */
import type { Terms } from "../api/act";
import type { CampaignTerms, CampaignView, Piece } from "../api/campaigns";
import type { GroupPlay } from "../api/plays";
import { minorOf } from "../offers/terms";

export const campaignPath = (id: string, tab?: string) =>
  `/campaigns/${encodeURIComponent(id)}${tab === undefined ? "" : `?tab=${tab}`}`;

export const piecePath = ({ kind, id }: Piece) => `/${kind === "offer" ? "offers" : "plays"}/${encodeURIComponent(id)}`;

const tones = {
  draft: "",
  published: "status-busy",
  running: "status-live",
  paused: "status-bad",
  closed: "",
} as const;

export const toneOf = (campaign: CampaignView) => tones[campaign.status.state];

/** Why it is paused or closed, if it is. */
export const whyOf = (campaign: CampaignView) => ("why" in campaign.status ? campaign.status.why : null);

export const templateIds = ["groupBuy", "winBack", "festival", "blank"] as const;
export type TemplateId = (typeof templateIds)[number];

/** A template: the campaign, and the offers and plays made with it. */
export interface Template {
  terms: CampaignTerms;
  offer?: Terms;
  play?: GroupPlay;
}

const day = 86_400_000;

/** The campaign of a template, named so; its own offer or play is named by `pieceName`. */
export function templateOf(id: TemplateId, name: string, pieceName: string, currency: string, now: number): Template {
  const minor = (major: number) => minorOf(major, currency);
  const ends_at = new Date(Math.ceil(now / 3_600_000) * 3_600_000 + 14 * day).toISOString();
  const terms: CampaignTerms = {
    name,
    currency,
    budget_minor: minor(5_000),
    ends_at,
    holdout_basis_points: 1_000,
    pieces: [],
  };
  switch (id) {
    case "groupBuy":
      return {
        terms: { ...terms, goal: { metric: "joins", target: 200 } },
        play: {
          name: pieceName,
          ends_at,
          rules: {
            kind: "group_buy",
            product_id: "",
            hours: 24,
            sizes: [{ size: 2, unit_minor: minor(10) }],
            pay_within_s: 900,
            most_units: 1,
            per_shopper: 1,
            joiners: { first_order: true, segments: [], channels: [], levels: [], birthday: false },
          },
        },
      };
    case "winBack":
      return {
        terms: { ...terms, goal: { metric: "orders", target: 100 } },
        offer: {
          name: pieceName,
          claim: "coupon",
          ends_at,
          limits: { per_shopper: 1, total: 1_000 },
          benefit: {
            kind: "tiers",
            tiers: [{ at: { spend_minor: minor(50) }, rewards: [{ kind: "amount", minor: minor(15) }] }],
          },
        },
      };
    case "festival":
      return {
        terms: {
          ...terms,
          goal: { metric: "incremental_revenue", target: minor(10_000) },
          floor: { least_per_hundred: 300, after_orders: 50 },
        },
        offer: {
          name: pieceName,
          ends_at,
          on_return: "retest",
          benefit: {
            kind: "tiers",
            tiers: [
              { at: { spend_minor: minor(200) }, rewards: [{ kind: "amount", minor: minor(30) }] },
              { at: { spend_minor: minor(400) }, rewards: [{ kind: "amount", minor: minor(80) }] },
            ],
          },
        },
      };
    case "blank":
      return { terms };
  }
}

/** An identifier that is not taken: the template's, with a number if need be. */
export function campaignIdOf(template: TemplateId, taken: string[]): string {
  const name = template.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  let id = name;
  for (let number = 2; taken.includes(id); number += 1) id = `${name}_${number}`;
  return id;
}
