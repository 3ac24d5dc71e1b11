/** A segment's words and addresses. Pure. */
import type { Observed, SegmentDetail } from "../api/types";
import type { Translate } from "../i18n/i18n";
import type { Format } from "../ui/format";
import type { Rule } from "./rule";

export function segmentPath(id: string, below = ""): string {
  return `/segments/${encodeURIComponent(id)}${below}`;
}

/** The address at which a segment of this rule can be made. */
export function newSegmentPath(rule: Rule, name = ""): string {
  const query = new URLSearchParams({ rule: JSON.stringify(rule), ...(name === "" ? {} : { name }) });
  return `/segments/new?${query}`;
}

export function statusTone(status: SegmentDetail["status"]): "live" | "busy" {
  return status === "live" ? "live" : "busy";
}

/** A rule from an address, as far as it is one. */
export function ruleFrom(text: string | null): Rule | null {
  if (text === null) return null;
  try {
    const read: unknown = JSON.parse(text);
    return typeof read === "object" && read !== null && Object.keys(read).length === 1 ? (read as Rule) : null;
  } catch {
    return null;
  }
}

/** What was found, in a few words. */
export function observedText(observed: Observed, format: Format, t: Translate): string {
  if ("values" in observed)
    return observed.values.length === 0
      ? t("observed.nothing")
      : t("observed.values", {
          values: observed.values.map((value) => readable(value, format)).join(t("list.separator")),
        });
  if ("weight" in observed) return t("observed.weight", { weight: observed.weight.toFixed(2) });
  if ("times" in observed) return t("observed.times", { count: format.count(observed.times) });
  if ("days" in observed) return t("observed.days", { count: format.count(observed.days) });
  if ("sum" in observed) return t("observed.sum", { sum: observed.sum });
  if ("followed" in observed) {
    const { followed, of, wanted } = observed.followed;
    return of < wanted
      ? t("observed.tooFew", { count: format.count(of), wanted: format.count(wanted) })
      : t("observed.followed", { count: format.count(followed), of: format.count(of) });
  }
  if ("sequence" in observed)
    return observed.sequence === null
      ? t("observed.never")
      : t("observed.begun", { time: format.dateTime(observed.sequence) });
  return t(observed.member ? "observed.member" : "observed.notMember");
}

/** A moment as the reader has it; anything else as it is. */
function readable(value: string, format: Format): string {
  return /^\d{4}-\d{2}-\d{2}T[\d:.]+Z$/.test(value) ? format.dateTime(value) : value;
}

/** An id for a list of this name: what the API allows of it, else a word and a number that comes with the moment. */
export function listIdOf(name: string, taken: readonly string[]): string {
  const slug = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "_")
    .replace(/^_+|_+$/g, "")
    .slice(0, 56);
  const base = slug === "" ? "list" : slug;
  if (!taken.includes(base)) return base;
  for (let number = 2; ; number++) if (!taken.includes(`${base}_${number}`)) return `${base}_${number}`;
}
