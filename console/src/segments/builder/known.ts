/** What a rule may name, and what kind of value each is. */
import { createContext, useContext } from "react";
import {
  type Clause,
  type ClauseKind,
  type LiteralKind,
  literalKind,
  literalsOf,
  type Test,
  type TestKind,
} from "../rule";

export interface Named {
  id: string;
  name: string;
}

export interface Known {
  tags: Named[];
  segments: Named[];
  lists: Named[];
  /** The currency amounts begin with. */
  currency: string;
  /** Today in the shop's zone. */
  today: string;
}

const KnownContext = createContext<Known | null>(null);
export const KnownProvider = KnownContext.Provider;

export function useKnown(): Known {
  const known = useContext(KnownContext);
  if (known === null) throw new Error("useKnown outside KnownProvider");
  return known;
}

export type ValueKind = "number" | "text" | "moment" | "money";

/** The computed values, by kind, in the order in which they are offered. */
export const computedValues: Record<string, ValueKind> = {
  orders: "number",
  spend: "money",
  average_order_value: "money",
  last_order: "moment",
  first_order: "moment",
  days_since_order: "number",
  order_gap_days: "number",
  rfm_group: "text",
  spend_rank: "number",
  churn_risk: "number",
  alive_probability: "number",
  lifetime_value: "money",
  lifetime_value_rank: "number",
  last_seen: "moment",
  first_seen: "moment",
  days_since_seen: "number",
  sessions: "number",
  events: "number",
  product_views: "number",
  searches: "number",
  cart_adds: "number",
  wishes: "number",
  favourite_category: "text",
  favourite_brand: "text",
  favourite_price_band: "text",
  favourite_channel: "text",
  favourite_hour: "number",
  device: "text",
  region: "text",
  coupons_used: "number",
  discounted_orders: "number",
  cancelled_orders: "number",
  refunds: "money",
  reviews: "number",
  shares: "number",
  shares_opened_by_others: "number",
  invites_accepted: "number",
  followers_gained: "number",
  group_buys: "number",
  content_likes: "number",
  content_comments: "number",
};

/** Fields of an event that have a name of their own, and what they hold; any other is a property. */
export const eventFields: Record<string, ValueKind> = {
  category: "text",
  brand: "text",
  product_id: "text",
  channel: "text",
  campaign: "text",
  revenue: "money",
  quantity: "number",
};

export const eventNames = [
  "Order Completed",
  "Product Viewed",
  "Product Clicked",
  "Products Searched",
  "Product Added",
  "Product Removed",
  "Cart Viewed",
  "Product Added to Wishlist",
  "Checkout Started",
  "Order Cancelled",
  "Order Refunded",
  "Coupon Applied",
  "Product Shared",
  "Share Opened",
  "Product Reviewed",
  "Invite Accepted",
  "Group Buy Started",
  "Group Buy Joined",
  "Content Liked",
  "Content Commented",
  "Page Viewed",
  "Message Sent",
  "Message Opened",
];

/** The demands that make sense of a kind of value. */
export const testsOf: Record<ValueKind | "any", TestKind[]> = {
  number: ["ge", "le", "gt", "lt", "eq", "ne", "between", "exists"],
  money: ["ge", "le", "gt", "lt", "between", "exists"],
  text: ["eq", "ne", "in", "contains", "starts_with", "exists"],
  moment: ["within", "over", "ge", "le", "between", "exists"],
  any: ["eq", "ne", "in", "contains", "starts_with", "ge", "le", "gt", "lt", "between", "within", "over", "exists"],
};

/** What a value of a kind is compared with. */
export function literalOf(kind: ValueKind | "any", test: Test): LiteralKind {
  if (kind === "moment") return "day";
  if (kind === "any") {
    const [first] = literalsOf(test);
    return first === undefined ? "text" : literalKind(first);
  }
  return kind;
}

export const clauseKinds: ClauseKind[] = [
  "event",
  "sequence",
  "last_of",
  "computed",
  "trait",
  "tag",
  "segment",
  "list",
];

/** A clause to begin with. */
export function newClause(kind: ClauseKind, known: Known): Clause {
  switch (kind) {
    case "event":
      return {
        event: { of: { names: ["Order Completed"] }, measure: { count: { ge: 1 } }, window: { last: "30 days" } },
      };
    case "sequence":
      return {
        sequence: {
          steps: [{ names: ["Product Viewed"] }, { names: ["Order Completed"] }],
          within: "7 days",
          window: { last: "90 days" },
        },
      };
    case "last_of":
      return {
        last_of: {
          last: 3,
          of: { names: ["Message Sent"] },
          by: { names: ["Message Opened"] },
          on: "properties.message_id",
          count: { eq: 0 },
        },
      };
    case "computed":
      return { computed: { name: "orders", is: { ge: 2 } } };
    case "trait":
      return { trait: { name: "city", is: { eq: "" } } };
    case "tag":
      return { tag: { tag: known.tags[0]?.id ?? "", weight: { ge: 0.5 } } };
    case "segment":
      return { segment: known.segments[0]?.id ?? "" };
    case "list":
      return { list: known.lists[0]?.id ?? "" };
  }
}
