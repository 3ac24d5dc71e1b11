/** Language and theme. */

import { Button } from "antd";
import { useI18n } from "../i18n/i18n";
import { MoonOutlined, SunOutlined } from "../ui/icons";
import { useTheme } from "./theme";

/** Offers the other language in that language, so that whoever needs it can read it. */
export function LanguageButton() {
  const { locale, setLocale } = useI18n();
  return locale === "en" ? (
    <Button
      type="text"
      className="preference"
      lang="zh-CN"
      aria-label="切换到简体中文"
      onClick={() => setLocale("zh-CN")}
    >
      简体中文
    </Button>
  ) : (
    <Button type="text" className="preference" lang="en" aria-label="Switch to English" onClick={() => setLocale("en")}>
      English
    </Button>
  );
}

export function ThemeButton() {
  const { t } = useI18n();
  const { isDark, setChoice } = useTheme();
  const label = isDark ? t("theme.toLight") : t("theme.toDark");
  return (
    <Button
      type="text"
      className="preference"
      aria-label={label}
      title={label}
      icon={isDark ? <SunOutlined /> : <MoonOutlined />}
      onClick={() => setChoice(isDark ? "light" : "dark")}
    />
  );
}
