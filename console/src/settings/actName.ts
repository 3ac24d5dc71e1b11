/** What people call an act; one that has no name yet is called as in the API. */
import { acts } from "../i18n/en.acts";
import type { Translate } from "../i18n/i18n";

export function actName(act: string, t: Translate): string {
  const key = `acts.${act}`;
  return isKnown(key) ? t(key) : act;
}

function isKnown(key: string): key is keyof typeof acts {
  return Object.hasOwn(acts, key);
}
