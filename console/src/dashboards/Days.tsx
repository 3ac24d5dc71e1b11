/** Other days than the saved ones, for a whole dashboard. */
import { DatePicker, Space } from "antd";
import dayjs from "dayjs";
import type { Instead } from "../api/reporting";
import { useI18n } from "../i18n/i18n";

export function Days({ value, onChange }: { value: Instead | null; onChange: (days: Instead | null) => void }) {
  const { t } = useI18n();
  return (
    <Space>
      <DatePicker.RangePicker
        aria-label={t("dashboards.days")}
        placeholder={[t("dashboards.ownDays"), t("dashboards.ownDays")]}
        value={value === null ? null : [dayjs(value.from), dayjs(value.to)]}
        onChange={(range) => {
          const [from, to] = range ?? [];
          onChange(from && to ? { from: from.format("YYYY-MM-DD"), to: to.format("YYYY-MM-DD") } : null);
        }}
      />
    </Space>
  );
}
