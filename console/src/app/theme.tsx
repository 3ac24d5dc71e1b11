/** Colours, light and dark. CSS reads them as variables, Ant Design as tokens, the charts as values: one list. */

import { theme as antd, ConfigProvider, type ThemeConfig } from "antd";
import enGB from "antd/locale/en_GB";
import zhCN from "antd/locale/zh_CN";
import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useState } from "react";
import { useI18n } from "../i18n/i18n";
import { LoadingOutlined } from "../ui/icons";
import { fontFamily } from "./font";

export type ThemeChoice = "light" | "dark" | "system";
export type Palette = Record<
  | "bg"
  | "surface"
  | "raised"
  | "line"
  | "lineStrong"
  | "text"
  | "textSoft"
  | "textFaint"
  | "vine"
  | "vineSoft"
  | "apricot"
  | "plum"
  | "sky"
  | "good"
  | "bad"
  | "badSoft"
  | "warnSoft",
  string
>;

const light: Palette = {
  bg: "#f4f6f2",
  surface: "#ffffff",
  raised: "#f9faf7",
  line: "#e4e8e1",
  lineStrong: "#cbd2c8",
  text: "#15201a",
  textSoft: "#53605a",
  textFaint: "#6f7b74",
  vine: "#0d6e52",
  vineSoft: "#e1f1e9",
  apricot: "#d5722a",
  plum: "#7d4fa3",
  sky: "#2f78a0",
  good: "#14784c",
  bad: "#b6362f",
  badSoft: "#fbeae8",
  warnSoft: "#fdf1e4",
};

const dark: Palette = {
  bg: "#0d1210",
  surface: "#151c19",
  raised: "#1a221e",
  line: "#27312c",
  lineStrong: "#3a4640",
  text: "#e8eeea",
  textSoft: "#a8b4ad",
  textFaint: "#84918a",
  vine: "#43bf95",
  vineSoft: "#173329",
  apricot: "#eba163",
  plum: "#b990d8",
  sky: "#6db4d8",
  good: "#4cc38a",
  bad: "#f0766c",
  badSoft: "#3a1f1d",
  warnSoft: "#372a1b",
};

export const monoFamily =
  'ui-monospace, SFMono-Regular, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", "Liberation Mono", "Noto Sans Mono CJK SC", monospace';

const storageKey = "fanvine.theme";

interface Theme {
  choice: ThemeChoice;
  setChoice: (choice: ThemeChoice) => void;
  isDark: boolean;
  palette: Palette;
}

const ThemeContext = createContext<Theme | null>(null);

export function useTheme(): Theme {
  const value = useContext(ThemeContext);
  if (value === null) throw new Error("useTheme outside ThemeProvider");
  return value;
}

export function ThemeProvider({ children }: { children: ReactNode }) {
  const { locale } = useI18n();
  const [choice, remember] = useState<ThemeChoice>(readChoice);
  const systemDark = useAsked("(prefers-color-scheme: dark)");
  const still = useAsked("(prefers-reduced-motion: reduce)");
  const isDark = choice === "dark" || (choice === "system" && systemDark);
  const palette = isDark ? dark : light;

  const setChoice = useCallback((next: ThemeChoice) => {
    localStorage.setItem(storageKey, next);
    remember(next);
  }, []);
  useEffect(() => {
    const root = document.documentElement;
    root.dataset.theme = isDark ? "dark" : "light";
    root.style.colorScheme = isDark ? "dark" : "light";
    for (const [name, value] of Object.entries(palette)) root.style.setProperty(`--${kebab(name)}`, value);
  }, [isDark, palette]);

  const value = useMemo(() => ({ choice, setChoice, isDark, palette }), [choice, setChoice, isDark, palette]);
  const config = useMemo(() => themeConfig(palette, isDark, still), [palette, isDark, still]);
  return (
    <ThemeContext value={value}>
      <ConfigProvider
        locale={locale === "en" ? enGB : zhCN}
        theme={config}
        button={{ autoInsertSpace: false, loadingIcon: <LoadingOutlined /> }}
      >
        {children}
      </ConfigProvider>
    </ThemeContext>
  );
}

function themeConfig(palette: Palette, isDark: boolean, still: boolean): ThemeConfig {
  return {
    algorithm: isDark ? antd.darkAlgorithm : antd.defaultAlgorithm,
    token: {
      motion: !still,
      colorPrimary: palette.vine,
      colorInfo: palette.vine,
      colorPrimaryBg: palette.vineSoft,
      colorPrimaryBgHover: palette.vineSoft,
      controlItemBgActive: palette.vineSoft,
      controlItemBgActiveHover: palette.vineSoft,
      colorErrorBg: palette.badSoft,
      colorWarningBg: palette.warnSoft,
      colorSuccessBg: palette.vineSoft,
      colorInfoBg: palette.vineSoft,
      colorInfoBorder: palette.vineSoft,
      colorSuccessBorder: palette.vineSoft,
      colorSuccess: palette.good,
      colorError: palette.bad,
      colorWarning: palette.apricot,
      colorLink: palette.vine,
      colorTextBase: palette.text,
      colorBgBase: palette.surface,
      colorBgContainer: palette.surface,
      colorBgElevated: isDark ? palette.raised : palette.surface,
      colorBgLayout: palette.bg,
      colorBorder: palette.lineStrong,
      colorBorderSecondary: palette.line,
      colorText: palette.text,
      colorTextSecondary: palette.textSoft,
      colorTextTertiary: palette.textFaint,
      fontFamily,
      fontFamilyCode: monoFamily,
      borderRadius: 8,
      controlHeight: 34,
      wireframe: false,
    },
    components: {
      Segmented: { trackBg: isDark ? palette.raised : "#e9ede6", itemSelectedBg: isDark ? "#2b3731" : "#ffffff" },
      Table: {
        headerBg: palette.raised,
        headerColor: palette.textSoft,
        cellPaddingBlock: 10,
        headerSplitColor: "transparent",
      },
      Button: { primaryShadow: "none", defaultShadow: "none", dangerShadow: "none" },
    },
  };
}

function readChoice(): ThemeChoice {
  const stored = localStorage.getItem(storageKey);
  return stored === "light" || stored === "dark" ? stored : "system";
}

/** What the person asks of every page through their system, as a media query, and whenever they change it. */
function useAsked(wish: string): boolean {
  const [query] = useState(() => window.matchMedia(wish));
  const [matches, setMatches] = useState(query.matches);
  useEffect(() => {
    const listen = () => setMatches(query.matches);
    query.addEventListener("change", listen);
    return () => query.removeEventListener("change", listen);
  }, [query]);
  return matches;
}

function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
