/** Which days, in which steps, in which currency. */
import { DatePicker, Segmented, Select } from "antd";
import dayjs from "dayjs";
import type { Interval, Overview } from "../api/types";
import { useI18n } from "../i18n/i18n";
import { presets, type ShopDays, type View, viewOf } from "./range";

interface Props {
  view: View;
  days: ShopDays;
  overview: Overview | undefined;
  onChange: (change: Partial<View> & { currency?: string }) => void;
}

const intervals: Interval[] = ["day", "week", "month"];

export function Controls({ view, days, overview, onChange }: Props) {
  const { t } = useI18n();
  const currencies = overview ? currenciesOf(overview) : [];
  return (
    <>
      {currencies.length > 1 && overview?.currency != null && (
        <Select
          aria-label={t("overview.currency")}
          value={overview.currency}
          options={currencies.map((code) => ({ value: code, label: code }))}
          onChange={(currency) => onChange({ currency })}
        />
      )}
      <Segmented
        aria-label={t("overview.interval")}
        value={view.interval}
        options={intervals.map((interval) => ({ value: interval, label: t(`interval.${interval}`) }))}
        onChange={(interval) => onChange({ interval })}
      />
      <DatePicker.RangePicker
        aria-label={t("overview.range")}
        allowClear={false}
        value={[dayjs(view.from), dayjs(view.to)]}
        format={t("format.date")}
        presets={presets(days.first, days.last, days.today).map(([key, range]) => ({
          label: t(`range.${key}`),
          value: [dayjs(range.from), dayjs(range.to)],
        }))}
        onChange={(chosen) => {
          const [from, to] = chosen ?? [];
          if (from && to) onChange(viewOf({ from: from.format("YYYY-MM-DD"), to: to.format("YYYY-MM-DD") }));
        }}
      />
    </>
  );
}

function currenciesOf(overview: Overview): string[] {
  const codes = new Set(overview.other_currencies.map((other) => other.currency));
  if (overview.currency != null) codes.add(overview.currency);
  return [...codes].sort();
}
