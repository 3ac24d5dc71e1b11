/** What to tell a person about a failure. */
import { ApiError } from "../api/client";
import type { Translate } from "../i18n/i18n";

export function problemText(error: unknown, t: Translate): string {
  if (!(error instanceof ApiError)) return t("problem.unexpected");
  if (error.problem.code === "unreachable") return t("problem.unreachable");
  const { title, detail } = error.problem;
  return detail == null || detail === "" || detail === title ? title : `${title}: ${detail}`;
}
