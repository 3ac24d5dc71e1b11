/** The frame around every page: the rail with the pages, the account and the preferences. */

import { App, Button } from "antd";
import { type ReactNode, Suspense } from "react";
import { NavLink, Outlet } from "react-router";
import { Bell } from "../alerts/Bell";
import { type PlainKey, useI18n } from "../i18n/i18n";
import { useSession, useSignOut } from "../session/session";
import {
  AimOutlined,
  ApiOutlined,
  AppstoreOutlined,
  BarcodeOutlined,
  BellOutlined,
  BookOutlined,
  BulbOutlined,
  CodeOutlined,
  CrownOutlined,
  DashboardOutlined,
  DeploymentUnitOutlined,
  FileTextOutlined,
  FilterOutlined,
  FundOutlined,
  GiftOutlined,
  LogoutOutlined,
  ReadOutlined,
  RocketOutlined,
  SendOutlined,
  SettingOutlined,
  ShoppingOutlined,
  TableOutlined,
  TagsOutlined,
  TeamOutlined,
  ThunderboltOutlined,
  ToolOutlined,
  WalletOutlined,
} from "../ui/icons";
import { LogoMark, Wordmark } from "../ui/Logo";
import { Loading } from "../ui/Page";
import { problemText } from "../ui/problem";
import { LanguageButton, ThemeButton } from "./Preferences";

const pages: { to: string; name: PlainKey; icon: ReactNode }[] = [
  { to: "/", name: "nav.overview", icon: <DashboardOutlined /> },
  { to: "/insights", name: "nav.insights", icon: <FundOutlined /> },
  { to: "/dashboards", name: "nav.dashboards", icon: <AppstoreOutlined /> },
  { to: "/goals", name: "nav.goals", icon: <AimOutlined /> },
  { to: "/alerts", name: "nav.alerts", icon: <BellOutlined /> },
  { to: "/reports", name: "nav.reports", icon: <FileTextOutlined /> },
  { to: "/metric-tree", name: "nav.metrics", icon: <TableOutlined /> },
  { to: "/live", name: "nav.live", icon: <ThunderboltOutlined /> },
  { to: "/people", name: "nav.people", icon: <TeamOutlined /> },
  { to: "/buyers", name: "nav.buyers", icon: <ShoppingOutlined /> },
  { to: "/segments", name: "nav.segments", icon: <FilterOutlined /> },
  { to: "/tags", name: "nav.tags", icon: <TagsOutlined /> },
  { to: "/clusters", name: "nav.clusters", icon: <DeploymentUnitOutlined /> },
  { to: "/needs", name: "nav.needs", icon: <BulbOutlined /> },
  { to: "/campaigns", name: "nav.campaigns", icon: <RocketOutlined /> },
  { to: "/offers", name: "nav.offers", icon: <GiftOutlined /> },
  { to: "/plays", name: "nav.plays", icon: <TeamOutlined /> },
  { to: "/levels", name: "nav.levels", icon: <CrownOutlined /> },
  { to: "/commissions", name: "nav.commissions", icon: <WalletOutlined /> },
  { to: "/codes", name: "nav.codes", icon: <BarcodeOutlined /> },
  { to: "/ledger", name: "nav.ledger", icon: <BookOutlined /> },
  { to: "/webhooks", name: "nav.webhooks", icon: <SendOutlined /> },
  { to: "/sources", name: "nav.sources", icon: <ApiOutlined /> },
  { to: "/sql", name: "nav.sql", icon: <CodeOutlined /> },
  { to: "/operations", name: "nav.operations", icon: <ToolOutlined /> },
  { to: "/settings", name: "nav.settings", icon: <SettingOutlined /> },
];

export function Shell() {
  const { t } = useI18n();
  return (
    <div className="shell">
      <aside className="rail">
        <NavLink to="/" className="rail-brand" aria-label="Fanvine">
          <LogoMark size={30} />
          <Wordmark />
        </NavLink>
        <nav aria-label={t("nav.label")}>
          {pages.map(({ to, name, icon }) => (
            <NavLink key={to} to={to} end={to === "/"} className="rail-link" title={t(name)}>
              {icon}
              <span>{t(name)}</span>
              {to === "/alerts" && <Bell />}
            </NavLink>
          ))}
          <a className="rail-link" href="/docs/" target="_blank" rel="noreferrer" title={t("nav.api")}>
            <ReadOutlined />
            <span>{t("nav.api")}</span>
          </a>
        </nav>
        <RailFoot />
      </aside>
      <div className="stage">
        <Suspense
          fallback={
            <div className="page">
              <Loading />
            </div>
          }
        >
          <Outlet />
        </Suspense>
      </div>
    </div>
  );
}

function RailFoot() {
  const { t } = useI18n();
  const { data: session } = useSession();
  const { message } = App.useApp();
  const leave = useSignOut();
  if (session == null) return null;
  const { account } = session;
  const name = account.name === "" ? account.email : account.name;
  return (
    <div className="rail-foot">
      <div className="rail-preferences">
        <LanguageButton />
        <ThemeButton />
      </div>
      <div className="rail-account">
        <span className="avatar" aria-hidden="true">
          {Array.from(name)[0]?.toUpperCase()}
        </span>
        <span className="rail-who" title={account.email}>
          <strong>{name}</strong>
          <small>{t(`role.${account.role}`)}</small>
        </span>
        <Button
          type="text"
          className="preference"
          aria-label={t("session.signOut")}
          title={t("session.signOut")}
          icon={<LogoutOutlined />}
          onClick={() => leave().catch((error: unknown) => message.error(problemText(error, t)))}
        />
      </div>
    </div>
  );
}
