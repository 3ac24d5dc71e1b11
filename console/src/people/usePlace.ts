/** How this shop's figures, moments and sources are shown. */
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { listSources, readShop } from "../api/calls";
import { useI18n } from "../i18n/i18n";
import { type Format, formatFor } from "../ui/format";

export interface Place {
  format: Format;
  timeZone: string;
  /** That of most orders, in which sums are told where nothing else is said. */
  currency: string | null;
  nameOfSource: (id: string) => string;
  /** The language for what `Intl` words. */
  tag: string;
  language: "en" | "zh";
}

export function usePlace(): Place {
  const { locale } = useI18n();
  const shop = useQuery({ queryKey: ["shop"], queryFn: readShop });
  const sources = useQuery({ queryKey: ["sources"], queryFn: listSources });
  const timeZone = shop.data?.time_zone;
  const currency = shop.data?.currency ?? null;
  const list = sources.data?.sources;
  return useMemo(() => {
    const names = new Map(list?.map((source) => [source.id, source.name]));
    return {
      format: formatFor(locale, timeZone),
      timeZone: timeZone ?? "UTC",
      currency,
      nameOfSource: (id: string) => names.get(id) ?? id,
      tag: locale === "en" ? "en-GB" : "zh-CN",
      language: locale === "en" ? "en" : "zh",
    };
  }, [locale, timeZone, currency, list]);
}
