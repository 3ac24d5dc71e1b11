/** The kinds of needs. */
import type { Translate } from "../i18n/i18n";
import { wordFor } from "../people/person";

export const needKinds = ["searched_in_vain", "left_in_cart", "out_of_stock", "complained_of"] as const;

export function kindText(kind: string, t: Translate): string {
  return wordFor(t, "need", kind);
}
