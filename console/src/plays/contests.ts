/** What contests count, and how a score reads. */
import type { Contest } from "../api/plays";
import type { Place } from "../people/usePlace";

export type Measure = Contest["measure"]["by"];

/** Every measure, the most asked for first. */
export const measures: Measure[] = ["spent", "sales", "friends", "votes"];

/** The kind of the play in which a measure is counted. */
export const measured: Record<Measure, string | null> = {
  spent: null,
  sales: "referral",
  friends: "assist",
  votes: "vote",
};

/** Whether a measure is money. */
export const inMoney = (by: Measure): boolean => by === "spent" || by === "sales";

/** A score as people read it. */
export function scoreText(rules: Pick<Contest, "measure" | "currency">, score: number, place: Place): string {
  return inMoney(rules.measure.by) ? place.format.money(score, rules.currency) : place.format.count(score);
}
