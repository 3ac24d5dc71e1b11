/** What an offer's terms say, in few words, and what a form puts in where they say nothing. */
import type { Benefit, OfferView, Reward, Tier } from "../api/act";
import type { Translate } from "../i18n/i18n";
import { type Format, minorDigits } from "../ui/format";

export const offersPath = "/offers";
export const offerPath = (id: string, tab?: string) =>
  `/offers/${encodeURIComponent(id)}${tab === undefined ? "" : `?tab=${tab}`}`;

/** Hundredths of a percent as a person reads them: 1,500 is 15. */
export const percentOf = (basisPoints: number) => basisPoints / 100;
export const basisPointsOf = (percent: number) => Math.round(percent * 100);

export function minorOf(major: number, currency: string): number {
  return Math.round(major * 10 ** minorDigits(currency));
}

export function majorOf(minor: number, currency: string): number {
  return minor / 10 ** minorDigits(currency);
}

export type OfferState = "draft" | "live" | "changed" | "waiting" | "ended";

/** Where an offer stands: only what is published and not over counts. */
export function stateOf(offer: OfferView, now: number): OfferState {
  if (offer.published_version == null) return "draft";
  const { starts_at, ends_at } = offer.terms;
  if (ends_at != null && Date.parse(ends_at) <= now) return "ended";
  if (starts_at != null && Date.parse(starts_at) > now) return "waiting";
  return offer.published_version === offer.version ? "live" : "changed";
}

export function stateTone(state: OfferState): string {
  if (state === "live") return "status-live";
  return state === "changed" || state === "waiting" ? "status-busy" : "";
}

interface Words {
  t: Translate;
  format: Format;
  currency: string;
}

/** What it gives, in a line. */
export function benefitText(benefit: Benefit, words: Words): string {
  const { t, format, currency } = words;
  const money = (minor: number) => format.money(minor, currency);
  switch (benefit.kind) {
    case "base_price":
      return t("offers.says.base", { price: money(benefit.unit_minor) });
    case "line_price":
      return "unit_minor" in benefit.cut
        ? t("offers.says.unit", { price: money(benefit.cut.unit_minor) })
        : t("offers.says.percent", { percent: percentOf(benefit.cut.off_basis_points) });
    case "bundle":
      return t("offers.says.bundle", {
        units: benefit.parts.reduce((sum, part) => sum + part.units, 0),
        price: money(benefit.price_minor),
      });
    case "tiers":
      return benefit.tiers.map((tier) => tierText(tier, benefit.repeats === true, words)).join(" · ");
    default:
      return "";
  }
}

function tierText(tier: Tier, repeats: boolean, words: Words): string {
  const { t, format, currency } = words;
  const rewards = tier.rewards.map((reward) => rewardText(reward, words)).join(" + ");
  const nothing = "spend_minor" in tier.at ? tier.at.spend_minor === 0 : tier.at.units <= 1;
  if (nothing && !repeats) return rewards;
  const at =
    "spend_minor" in tier.at
      ? format.money(tier.at.spend_minor, currency)
      : t("offers.says.units", { units: tier.at.units });
  return repeats ? t("offers.says.every", { at, rewards }) : t("offers.says.from", { at, rewards });
}

function rewardText(reward: Reward, { t, format, currency }: Words): string {
  const money = (minor: number) => format.money(minor, currency);
  switch (reward.kind) {
    case "amount":
      return t("offers.says.amount", { amount: money(reward.minor) });
    case "percent": {
      const percent = percentOf(reward.basis_points);
      return reward.most_minor == null
        ? t("offers.says.percent", { percent })
        : t("offers.says.percentMost", { percent, most: money(reward.most_minor) });
    }
    case "one_for":
      return reward.minor === 0 ? t("offers.says.exchange") : t("offers.says.oneFor", { price: money(reward.minor) });
    case "free_freight":
      return t("offers.says.freight");
    case "gift":
      return t("offers.says.gift", { units: reward.units, product: reward.product_id });
    case "points":
      return t("offers.says.points", { points: reward.points });
    case "coupon":
      return t("offers.says.coupon", { offer: reward.offer_id });
    default:
      return "";
  }
}

/** An identifier made of a name, unlike those that are taken. */
export function offerIdOf(name: string, taken: readonly string[]): string {
  const plain = name
    .toLowerCase()
    .normalize("NFKD")
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "");
  const base = plain === "" ? "offer" : plain.slice(0, 40);
  for (let number = 1; ; number += 1) {
    const id = number === 1 ? base : `${base}-${number}`;
    if (!taken.includes(id)) return id;
  }
}

/** A moment as `<input type="datetime-local">` writes it, on the wall clock of a time zone. */
export function wallTime(instant: string | null | undefined, timeZone: string): string {
  if (instant == null) return "";
  const parts = new Intl.DateTimeFormat("sv-SE", {
    timeZone,
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
  }).format(new Date(instant));
  return parts.replace(" ", "T");
}

/** The moment a wall clock of a time zone shows; none for an empty text. */
export function instantOf(wall: string, timeZone: string): string | null {
  if (wall === "") return null;
  const asUtc = Date.parse(`${wall}:00Z`);
  if (Number.isNaN(asUtc)) return null;
  // Two rounds: the offset may change between the guess and the moment itself.
  let guess = asUtc;
  for (let round = 0; round < 2; round += 1) {
    const shown = Date.parse(`${wallTime(new Date(guess).toISOString(), timeZone)}:00Z`);
    guess += asUtc - shown;
  }
  return new Date(guess).toISOString();
}
