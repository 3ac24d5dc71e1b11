/** Figures, money and times as a person reads them. Everything that is not known is a dash, never a zero. */
import type { Interval } from "../api/types";
import type { Locale } from "../i18n/i18n";

export const unknown = "—";

type Maybe = number | null | undefined;

export interface Format {
  /** Minor units with their currency: `money(974774793, "GBP")` is £9,747,747.93. */
  money(minor: Maybe, currency: string | null | undefined): string;
  /** The same, shortened for an axis: £9.7M. */
  shortMoney(minor: Maybe, currency: string | null | undefined): string;
  count(value: Maybe): string;
  shortCount(value: Maybe): string;
  /** A share of one: `percent(0.0312)` is 3.1%. */
  percent(share: Maybe): string;
  /** Growth with its sign: +12.4%. */
  change(share: Maybe): string;
  /** A civil date `YYYY-MM-DD`. */
  date(day: string): string;
  range(from: string, to: string): string;
  /** What a point of a series covers, short enough for an axis. */
  period(start: string, interval: Interval): string;
  dateTime(instant: string | null | undefined): string;
  time(instant: string): string;
  relative(instant: string | null | undefined, now: number): string;
  /** A size on disk. */
  bytes(size: Maybe): string;
}

/** How many decimal digits the currency's minor unit has (GBP 2, JPY 0, KWD 3). */
export function minorDigits(currency: string): number {
  try {
    return new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions().maximumFractionDigits ?? 2;
  } catch {
    return 2;
  }
}

export function formatFor(locale: Locale, timeZone?: string): Format {
  const tag = locale === "en" ? "en-GB" : "zh-CN";
  const zone = timeZone === undefined ? {} : { timeZone };
  const whole = new Intl.NumberFormat(tag, { maximumFractionDigits: 0 });
  const short = new Intl.NumberFormat(tag, { notation: "compact", maximumFractionDigits: 1 });
  const share = new Intl.NumberFormat(tag, { style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 });
  const growth = new Intl.NumberFormat(tag, {
    style: "percent",
    signDisplay: "exceptZero",
    minimumFractionDigits: 1,
    maximumFractionDigits: 1,
  });
  const civil = (options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(tag, { timeZone: "UTC", ...options });
  const day = civil({ day: "numeric", month: "short", year: "numeric" });
  const shortDay = civil({ day: "numeric", month: "short" });
  const month = civil({ month: "short", year: "numeric" });
  const instantFormat = new Intl.DateTimeFormat(tag, {
    day: "numeric",
    month: "short",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    ...zone,
  });
  const clock = new Intl.DateTimeFormat(tag, {
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
    ...zone,
  });
  const ago = new Intl.RelativeTimeFormat(tag, { numeric: "auto" });
  const at = (date: string) => new Date(`${date}T00:00:00Z`);

  function currencyFormat(currency: string, options: Intl.NumberFormatOptions): Intl.NumberFormat | null {
    try {
      return new Intl.NumberFormat(tag, { style: "currency", currency, currencyDisplay: "narrowSymbol", ...options });
    } catch {
      return null;
    }
  }
  function amount(minor: Maybe, currency: string | null | undefined, options: Intl.NumberFormatOptions): string {
    if (minor == null) return unknown;
    if (currency == null || currency === "") return whole.format(minor);
    const digits = minorDigits(currency);
    const value = minor / 10 ** digits;
    return currencyFormat(currency, options)?.format(value) ?? `${value.toFixed(digits)} ${currency}`;
  }

  return {
    money: (minor, currency) => amount(minor, currency, {}),
    shortMoney: (minor, currency) =>
      amount(minor, currency, { notation: "compact", minimumFractionDigits: 0, maximumFractionDigits: 1 }),
    count: (value) => (value == null ? unknown : whole.format(value)),
    shortCount: (value) => (value == null ? unknown : short.format(value)),
    percent: (value) => (value == null ? unknown : share.format(value)),
    change: (value) => (value == null ? unknown : growth.format(value)),
    date: (date) => day.format(at(date)),
    range: (from, to) => (from === to ? day.format(at(from)) : day.formatRange(at(from), at(to))),
    period: (start, interval) => (interval === "month" ? month : shortDay).format(at(start)),
    dateTime: (instant) => (instant == null ? unknown : instantFormat.format(readInstant(instant))),
    time: (instant) => clock.format(readInstant(instant)),
    bytes: (size) => (size == null ? unknown : sizeText(size, tag)),
    relative: (instant, now) => (instant == null ? unknown : relative(ago, readInstant(instant).getTime(), now)),
  };
}

function sizeText(size: number, tag: string): string {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"];
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, size)) / 3));
  const format = new Intl.NumberFormat(tag, { style: "unit", unit: units[power] ?? "byte", maximumFractionDigits: 1 });
  return format.format(size / 1000 ** power);
}

const steps: [Intl.RelativeTimeFormatUnit, number][] = [
  ["year", 31_557_600],
  ["month", 2_629_800],
  ["week", 604_800],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];

function relative(format: Intl.RelativeTimeFormat, then: number, now: number): string {
  const seconds = Math.round((then - now) / 1000);
  for (const [unit, length] of steps) {
    if (Math.abs(seconds) >= length) return format.format(Math.trunc(seconds / length), unit);
  }
  return format.format(seconds, "second");
}

/** Growth from `before` to `now` as a share; unknown when there is nothing to compare with. */
export function growthOf(now: Maybe, before: Maybe): number | null {
  if (now == null || before == null || before === 0) return null;
  return (now - before) / Math.abs(before);
}

/** An instant as the API writes it. One without a zone is UTC, as every time in Fanvine is. */
export function readInstant(text: string): Date {
  const zoned = /(?:[zZ]|[+-]\d{2}:?\d{2})$/.test(text);
  return new Date(zoned ? text : `${text.replace(" ", "T")}Z`);
}
