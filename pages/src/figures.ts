/** Money and time, as people read them. */
import { say, told } from "./told";

const locale = told.language === "zh" ? "zh-CN" : "en";

/** An amount of minor units. */
export function money(minor: number, currency: string | null): string {
  if (!currency) return String(minor / 100);
  const format = new Intl.NumberFormat(locale, { style: "currency", currency, currencyDisplay: "narrowSymbol" });
  return format.format(minor / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2));
}

/** How far this device's clock is behind the server's, in milliseconds. */
let behind = 0;

export function setClock(now: string): void {
  behind = Date.parse(now) - Date.now();
}

/** How long until a moment, such as `23:59:58`; empty when it is over. */
export function until(moment: string): string {
  const left = Math.floor((Date.parse(moment) - Date.now() - behind) / 1000);
  if (left <= 0) return "";
  const [days, hours, minutes, seconds] = [left / 86_400, (left / 3_600) % 24, (left / 60) % 60, left % 60].map(
    Math.floor,
  );
  const clock = [hours, minutes, seconds].map((part) => String(part).padStart(2, "0")).join(":");
  return days ? `${say(`${days} d`, `${days} 天`)} ${clock}` : clock;
}

/** Text that counts down to a moment, and what is done when it comes. */
export function countdown(moment: string, over: () => void): Text {
  const text = document.createTextNode(until(moment));
  const timer = setInterval(() => {
    text.data = until(moment);
    if (text.data && text.isConnected) return;
    clearInterval(timer);
    if (text.isConnected) over();
  }, 1_000);
  return text;
}

/** A day, such as 3 Mar 2026. */
export const day = (moment: string): string => new Date(moment).toLocaleDateString(locale, { dateStyle: "medium" });

/** What somebody typed as an amount, in minor units; null if it is none, or finer than the currency. */
export function minorOf(typed: string, currency: string): number | null {
  const digits =
    new Intl.NumberFormat(locale, { style: "currency", currency }).resolvedOptions().maximumFractionDigits ?? 2;
  const [, whole, part = ""] = /^\s*(\d{1,12})(?:[.,](\d+))?\s*$/.exec(typed) ?? [];
  return whole && part.length <= digits ? Number(whole + part.padEnd(digits, "0")) : null;
}
