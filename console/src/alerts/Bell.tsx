/** How many alerts nobody has acknowledged, beside the way to them. */
import { useQuery } from "@tanstack/react-query";
import { listRaisings } from "../api/reporting";
import { useI18n } from "../i18n/i18n";

export function Bell() {
  const { t } = useI18n();
  const open = useQuery({
    queryKey: ["raisings", "open"],
    queryFn: () => listRaisings(true),
    refetchInterval: 30_000,
  });
  const count = open.data?.open ?? 0;
  if (count === 0) return null;
  return (
    <b className="pill status-bad" role="status" data-figure="open-alerts">
      <span className="sr-only">{t("alerts.openCount", { count })}</span>
      <span aria-hidden="true">{count}</span>
    </b>
  );
}
