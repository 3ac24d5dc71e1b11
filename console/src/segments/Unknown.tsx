/** Says why values of models that a rule reads are nobody's. */
import { Alert } from "antd";
import type { RulePreview } from "../api/types";
import { useI18n } from "../i18n/i18n";

export function Unknown({ of }: { of: Pick<RulePreview, "unknown"> }) {
  const { t, locale } = useI18n();
  if (of.unknown.length === 0) return null;
  const why = of.unknown.map((one) => one[locale === "en" ? "en" : "zh"]).join(t("list.separator"));
  return <Alert type="warning" showIcon title={t("segment.unknownValues")} description={why} />;
}
