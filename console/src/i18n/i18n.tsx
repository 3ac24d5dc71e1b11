/** Two dictionaries with the same keys, and the hook that reads them. */
import dayjs from "dayjs";
import "dayjs/locale/zh-cn";
import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useState } from "react";
import { setApiLanguage } from "../api/client";
import { type Dictionary, en, type Key } from "./en";
import { zh } from "./zh";

export type Locale = "en" | "zh-CN";
export type { Key };

type Placeholders<S> = S extends `${string}{${infer Name}}${infer Rest}` ? Name | Placeholders<Rest> : never;
type Values<K extends Key> = [Placeholders<Dictionary[K]>] extends [never]
  ? []
  : [values: Record<Placeholders<Dictionary[K]>, string | number>];

/** Keys whose words need no values. */
export type PlainKey = { [K in Key]: [Placeholders<Dictionary[K]>] extends [never] ? K : never }[Key];

/** Words a key in the chosen language; a key with `{placeholders}` demands their values. */
export type Translate = <K extends Key>(key: K, ...values: Values<K>) => string;

const storageKey = "fanvine.language";
const dictionaries: Record<Locale, Record<Key, string>> = { en, "zh-CN": zh };

export function translator(locale: Locale): Translate {
  const words = dictionaries[locale];
  return (key, ...[values]) =>
    values === undefined
      ? words[key]
      : words[key].replace(/\{(\w+)\}/g, (_, name: string) =>
          String((values as Record<string, string | number>)[name]),
        );
}

/** The language to begin with: the remembered one, else the browser's first that we speak. */
export function chooseLocale(remembered: string | null, browser: readonly string[]): Locale {
  if (remembered === "en" || remembered === "zh-CN") return remembered;
  for (const tag of browser) {
    if (/^zh\b/i.test(tag)) return "zh-CN";
    if (/^en\b/i.test(tag)) return "en";
  }
  return "en";
}

interface Language {
  locale: Locale;
  t: Translate;
  setLocale: (locale: Locale) => void;
}

const LanguageContext = createContext<Language | null>(null);

export function LanguageProvider({ children }: { children: ReactNode }) {
  const [locale, remember] = useState<Locale>(() =>
    chooseLocale(localStorage.getItem(storageKey), navigator.languages ?? [navigator.language]),
  );
  const setLocale = useCallback((next: Locale) => {
    localStorage.setItem(storageKey, next);
    remember(next);
  }, []);
  // Set while rendering, not in an effect: children format dates and send requests in this very pass.
  setApiLanguage(locale);
  dayjs.locale(locale === "en" ? "en" : "zh-cn");
  useEffect(() => {
    document.documentElement.lang = locale;
  }, [locale]);
  const value = useMemo(() => ({ locale, t: translator(locale), setLocale }), [locale, setLocale]);
  return <LanguageContext value={value}>{children}</LanguageContext>;
}

export function useI18n(): Language {
  const language = useContext(LanguageContext);
  if (language === null) throw new Error("useI18n outside LanguageProvider");
  return language;
}
