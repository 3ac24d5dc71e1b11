/** What every page shares: its heading, and the states of something being loaded. */
import { Alert, Button, Skeleton } from "antd";
import type { ReactNode } from "react";
import { useI18n } from "../i18n/i18n";
import { problemText } from "./problem";
import { useTitle } from "./useTitle";

interface PageProps {
  title: string;
  about?: ReactNode;
  tools?: ReactNode;
  children: ReactNode;
  /** Fills the window instead of growing with its content. */
  full?: boolean;
}

export function Page({ title, about, tools, children, full = false }: PageProps) {
  useTitle(title);
  return (
    <main className={full ? "page page-full" : "page"}>
      <header className="page-head">
        <div>
          <h1>{title}</h1>
          {about !== undefined && <p className="page-about">{about}</p>}
        </div>
        {tools !== undefined && <div className="page-tools">{tools}</div>}
      </header>
      {children}
    </main>
  );
}

export function Loading({ label }: { label?: string }) {
  const { t } = useI18n();
  return (
    <div className="loading" role="status" aria-label={label ?? t("state.loading")}>
      <Skeleton active paragraph={{ rows: 6 }} />
    </div>
  );
}

export function Failed({ error, retry }: { error: unknown; retry?: () => void }) {
  const { t } = useI18n();
  return (
    <Alert
      type="error"
      showIcon
      title={problemText(error, t)}
      action={retry && <Button onClick={retry}>{t("state.retry")}</Button>}
    />
  );
}

interface PanelProps {
  title: ReactNode;
  tools?: ReactNode;
  children: ReactNode;
  className?: string;
  label: string;
}

export function Panel({ title, tools, children, className = "", label }: PanelProps) {
  return (
    <section className={`panel ${className}`} aria-label={label}>
      <header className="panel-head">
        <h2>{title}</h2>
        {tools}
      </header>
      {children}
    </section>
  );
}
