/** Offers to begin with. Amounts are in whole units of the shop's currency. */
import type { Terms } from "../api/act";
import { minorOf } from "./terms";

export const templateIds = [
  "spendOff",
  "everyOff",
  "spendGift",
  "percentCoupon",
  "freeFreight",
  "exchange",
  "forPoints",
  "flash",
  "bundleFixed",
  "bundlePick",
  "limitedTime",
  "member",
  "firstOrder",
  "birthday",
] as const;

export type TemplateId = (typeof templateIds)[number];

const day = 86_400_000;

/** The terms of a template, named so. */
export function termsOf(id: TemplateId, name: string, currency: string, now: number): Terms {
  const minor = (major: number) => minorOf(major, currency);
  const from = (days: number) => new Date(Math.ceil(now / 3_600_000) * 3_600_000 + days * day).toISOString();
  const week = { starts_at: null, ends_at: from(7) };
  const tier = (at: number, ...rewards: Extract<Terms["benefit"], { kind: "tiers" }>["tiers"][number]["rewards"]) => ({
    at: { spend_minor: minor(at) },
    rewards,
  });
  switch (id) {
    case "spendOff":
      return {
        name,
        ...week,
        on_return: "retest",
        benefit: {
          kind: "tiers",
          tiers: [tier(200, { kind: "amount", minor: minor(30) }), tier(400, { kind: "amount", minor: minor(80) })],
        },
      };
    case "everyOff":
      return {
        name,
        ...week,
        on_return: "retest",
        benefit: { kind: "tiers", repeats: true, tiers: [tier(100, { kind: "amount", minor: minor(10) })] },
      };
    case "spendGift":
      return {
        name,
        ...week,
        limits: { total: 500 },
        benefit: { kind: "tiers", tiers: [tier(299, { kind: "gift", product_id: "gift", units: 1 })] },
      };
    case "percentCoupon":
      return {
        name,
        claim: "coupon",
        ends_at: from(30),
        limits: { per_shopper: 1 },
        benefit: {
          kind: "tiers",
          tiers: [tier(0, { kind: "percent", basis_points: 1_000, most_minor: minor(50) })],
        },
      };
    case "freeFreight":
      return {
        name,
        ...week,
        benefit: { kind: "tiers", tiers: [tier(99, { kind: "free_freight", most_minor: minor(20) })] },
      };
    case "exchange":
      return {
        name,
        claim: "coupon",
        ends_at: from(30),
        scope: { products: ["mug"] },
        limits: { total: 100, per_shopper: 1 },
        benefit: { kind: "tiers", tiers: [tier(0, { kind: "one_for", minor: 0 })] },
      };
    case "forPoints":
      return {
        name,
        claim: "coupon",
        receive: { open: true, points: 500, total: 1_000, per_shopper: 1, good_for_days: 30 },
        benefit: { kind: "tiers", tiers: [tier(0, { kind: "amount", minor: minor(5) })] },
      };
    case "flash":
      return {
        name,
        starts_at: from(0),
        ends_at: from(1 / 12),
        scope: { products: ["mug"] },
        limits: { per_product: { mug: 100 }, per_shopper: 2 },
        benefit: { kind: "base_price", price: "flash", unit_minor: minor(9.9) },
      };
    case "bundleFixed":
      return {
        name,
        ...week,
        benefit: {
          kind: "bundle",
          price_minor: minor(99),
          parts: [
            { scope: { products: ["mug"] }, units: 1 },
            { scope: { products: ["tea"] }, units: 2 },
          ],
        },
      };
    case "bundlePick":
      return {
        name,
        ...week,
        benefit: {
          kind: "bundle",
          price_minor: minor(99),
          parts: [{ scope: { categories: ["snacks"] }, units: 3 }],
        },
      };
    case "limitedTime":
      return {
        name,
        starts_at: from(0),
        ends_at: from(3),
        scope: { products: ["mug"] },
        benefit: { kind: "line_price", price: "limited_time", cut: { off_basis_points: 2_000 } },
      };
    case "member":
      return {
        name,
        audience: { levels: ["gold"] },
        benefit: { kind: "line_price", price: "member", cut: { off_basis_points: 500 } },
      };
    case "firstOrder":
      return {
        name,
        audience: { first_order: true },
        limits: { per_shopper: 1 },
        benefit: { kind: "tiers", tiers: [tier(59, { kind: "amount", minor: minor(15) })] },
      };
    case "birthday":
      return {
        name,
        audience: { birthday: true },
        limits: { per_shopper_per_day: 1 },
        benefit: { kind: "tiers", tiers: [tier(0, { kind: "percent", basis_points: 1_200, most_minor: minor(100) })] },
      };
  }
}
