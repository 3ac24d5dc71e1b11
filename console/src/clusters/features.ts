/** What people are compared by, as figures in their own unit. Pure. */
import { type Format, minorDigits, unknown } from "../ui/format";

/** Amounts are major units, shares a part of one, all else a number. */
export function featureText(
  feature: string,
  value: number | undefined,
  format: Format,
  currency: string | null | undefined,
): string {
  if (value === undefined) return unknown;
  if (feature === "spend" || feature === "average_order")
    return currency == null
      ? format.count(value)
      : format.money(Math.round(value * 10 ** minorDigits(currency)), currency);
  if (feature.endsWith("_share")) return format.percent(value);
  return value >= 100 || Number.isInteger(value) ? format.count(value) : value.toFixed(1);
}
