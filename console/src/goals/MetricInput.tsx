/** Which figure; and in what it is told. */
import { useQuery } from "@tanstack/react-query";
import { Form, InputNumber, Select } from "antd";
import { listInsights, type Metric } from "../api/reporting";
import { useI18n } from "../i18n/i18n";
import { usePlace } from "../people/usePlace";
import { minorDigits } from "../ui/format";

export type Measured = Metric;

const kinds = ["revenue", "orders", "new_shoppers", "active_shoppers", "conversion", "retention", "insight"] as const;

/** What a figure as people write it is multiplied with, and what stands behind it. */
export function useUnit(metric: Measured): { scale: number; name: string } {
  const { currency } = usePlace();
  if (metric.kind === "conversion" || metric.kind === "retention") return { scale: 0.01, name: "%" };
  if (metric.kind !== "revenue") return { scale: 1, name: "" };
  return { scale: 10 ** minorDigits(currency ?? "USD"), name: currency ?? "" };
}

export function MetricInput({ value, onChange }: { value: Measured; onChange: (metric: Measured) => void }) {
  const { t } = useI18n();
  const saved = useQuery({ queryKey: ["saved-insights"], queryFn: listInsights });
  const active = (saved.data?.insights ?? []).filter((one) => one.kind === "active" || one.kind === "trends");
  const choose = (kind: (typeof kinds)[number]) => {
    if (kind === "retention") onChange({ kind, on_day: 7 });
    else if (kind === "insight") onChange({ kind, insight_id: active[0]?.insight_id ?? "" });
    else onChange({ kind });
  };
  return (
    <Form.Item label={t("metric.which")}>
      <Select
        aria-label={t("metric.which")}
        value={value.kind}
        onChange={choose}
        options={kinds
          .filter((kind) => kind !== "insight" || active.length > 0)
          .map((kind) => ({ value: kind, label: t(`metric.${kind}`) }))}
      />
      {value.kind === "retention" && (
        <InputNumber
          aria-label={t("metric.onDay")}
          prefix={t("metric.onDay")}
          min={1}
          max={90}
          value={value.on_day}
          onChange={(on_day) => onChange({ kind: "retention", on_day: on_day ?? 7 })}
        />
      )}
      {value.kind === "insight" && (
        <Select
          aria-label={t("metric.insight")}
          value={value.insight_id}
          onChange={(insight_id: string) => onChange({ kind: "insight", insight_id })}
          options={active.map((one) => ({ value: one.insight_id, label: one.name }))}
        />
      )}
    </Form.Item>
  );
}
