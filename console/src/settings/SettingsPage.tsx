/** One's own password, and — for owners — who and what may enter. */
import { useQuery } from "@tanstack/react-query";
import { readShop } from "../api/calls";
import { useI18n } from "../i18n/i18n";
import { useMay } from "../session/session";
import { formatFor } from "../ui/format";
import { Failed, Loading, Page, Panel } from "../ui/Page";
import { Accounts } from "./Accounts";
import { Audit } from "./Audit";
import { DataRetention } from "./DataRetention";
import { Password } from "./Password";
import { ServerKeys } from "./ServerKeys";
import "./settings.css";

export default function SettingsPage() {
  const { t } = useI18n();
  const isOwner = useMay("owner");
  return (
    <Page title={t("nav.settings")} about={t("settings.about")}>
      <div className="settings">
        {isOwner && <Accounts />}
        {isOwner && <ServerKeys />}
        <div className="settings-pair">
          <Password />
          <About />
        </div>
        {isOwner && <DataRetention />}
        {isOwner && <Audit />}
      </div>
    </Page>
  );
}

function About() {
  const { t, locale } = useI18n();
  const format = formatFor(locale);
  const shop = useQuery({ queryKey: ["shop"], queryFn: readShop });
  const title = t("about.title");
  return (
    <Panel label={title} title={title}>
      {shop.isPending && <Loading />}
      {shop.isError && <Failed error={shop.error} />}
      {shop.data && (
        <dl className="about">
          <dt>{t("about.shop")}</dt>
          <dd>{shop.data.name}</dd>
          <dt>{t("about.version")}</dt>
          <dd>{shop.data.version}</dd>
          <dt>{t("about.timeZone")}</dt>
          <dd>{shop.data.time_zone}</dd>
          <dt>{t("about.store")}</dt>
          <dd>{storeName(shop.data.storage.store)}</dd>
          <dt>{t("about.log")}</dt>
          <dd>
            {t("about.logFigures", {
              events: format.count(shop.data.storage.log_events),
              size: format.bytes(shop.data.storage.log_bytes),
            })}
          </dd>
          <dt>{t("about.lake")}</dt>
          <dd>
            {t("about.lakeFigures", {
              files: format.count(shop.data.storage.lake_files),
              size: format.bytes(shop.data.storage.lake_bytes),
            })}
          </dd>
        </dl>
      )}
    </Panel>
  );
}

function storeName(kind: string): string {
  return { sqlite: "SQLite", postgres: "PostgreSQL" }[kind] ?? kind;
}
