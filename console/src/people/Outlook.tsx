/** What a buyer will still be worth, and how likely they are to stay away. Nothing where there is too little to go by. */
import { useQuery } from "@tanstack/react-query";
import { readPersonChurn, readPersonValue } from "../api/calls";
import { useI18n } from "../i18n/i18n";
import { Facts } from "../ui/Facts";
import type { Place } from "./usePlace";

export function Outlook({ shopperKey, place }: { shopperKey: string; place: Place }) {
  const { t } = useI18n();
  const value = useQuery({
    queryKey: ["person", shopperKey, "value"],
    queryFn: () => readPersonValue(shopperKey),
    staleTime: 60_000,
    retry: false,
  });
  const churn = useQuery({
    queryKey: ["person", shopperKey, "churn"],
    queryFn: () => readPersonChurn(shopperKey),
    staleTime: 60_000,
    retry: false,
  });
  const { format, language } = place;
  const worth = value.data;
  const risk = churn.data;
  if (worth === undefined && risk === undefined) return null;
  return (
    <Facts
      label={t("outlook.title")}
      facts={[
        ...(worth === undefined
          ? []
          : [
              {
                name: t("outlook.value"),
                value: format.money(worth.lifetime_value_minor, worth.currency),
                hint: worth.why[language],
                note: t("outlook.about"),
              },
              { name: t("outlook.alive"), value: format.percent(worth.alive), hint: worth.why[language] },
              { name: t("outlook.purchases"), value: worth.expected_purchases.toFixed(1), hint: worth.why[language] },
            ]),
        ...(risk === undefined
          ? []
          : [
              {
                name: t("outlook.churn"),
                value: format.percent(risk.risk),
                hint: risk.why[language],
                note: t("outlook.churnNote", { days: format.count(risk.horizon_days) }),
              },
            ]),
      ]}
    />
  );
}
