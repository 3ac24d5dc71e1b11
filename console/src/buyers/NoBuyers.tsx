/** What to say when there is nothing to reckon with: nobody bought, or too few did. */
import { Link } from "react-router";
import { ApiError } from "../api/client";
import { useI18n } from "../i18n/i18n";
import { Failed } from "../ui/Page";
import { problemText } from "../ui/problem";

export function NoBuyers({ error, retry }: { error: unknown; retry: () => void }) {
  const { t } = useI18n();
  if (!(error instanceof ApiError && error.status === 409)) return <Failed error={error} retry={retry} />;
  return (
    <div className="panel empty">
      <h2>{t("buyers.tooFew")}</h2>
      <p>{error.problem.detail ?? problemText(error, t)}</p>
      <p>{t("buyers.tooFewText")}</p>
      <Link to="/sources">{t("empty.connectAction")}</Link>
    </div>
  );
}
