/** What plays are in words, and the template a new one begins with. */
import type { PlayTerms, PlayView } from "../api/plays";
import type { Place } from "../people/usePlace";

export const playPath = (id: string) => `/plays/${encodeURIComponent(id)}`;

/** Where a play stands: as an offer would. */
export function stateOf(play: PlayView): { state: "draft" | "live" | "changed"; tone: string } {
  if (play.published_version == null) return { state: "draft", tone: "" };
  if (play.published_version === play.version) return { state: "live", tone: "status-live" };
  return { state: "changed", tone: "status-busy" };
}

/** Its sizes with their prices: `2 × ¥15.00, 3 × ¥12.00`. */
export function rulesText(terms: PlayTerms, place: Place): string {
  const currency = place.currency ?? "CNY";
  const price = (minor: number) => place.format.money(minor, currency);
  return terms.rules.sizes.map((one) => `${place.format.count(one.size)} × ${price(one.unit_minor)}`).join(", ");
}

/** A group of two for a day, a quarter of an hour to pay, a seat for each shopper. */
export function template(name: string): PlayTerms {
  return {
    name,
    rules: {
      kind: "group_buy",
      product_id: "",
      hours: 24,
      sizes: [{ size: 2, unit_minor: 0 }],
      pay_within_s: 900,
      most_units: 1,
      per_shopper: 1,
    },
  };
}
