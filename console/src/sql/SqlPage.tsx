/** Any question, in SQL, over the event store. Reading only. */

import { useMutation } from "@tanstack/react-query";
import { Alert, App, Button, Dropdown, Spin } from "antd";
import { useRef, useState } from "react";
import { runSql, sqlCsv } from "../api/calls";
import { ApiError } from "../api/client";
import type { SqlAnswer } from "../api/types";
import { useI18n } from "../i18n/i18n";
import { saveFile } from "../ui/download";
import { CaretRightOutlined, DownloadOutlined, DownOutlined } from "../ui/icons";
import { Page } from "../ui/Page";
import { problemText } from "../ui/problem";
import { Editor, type EditorHandle } from "./Editor";
import { examples } from "./examples";
import { type Asked, loadHistory, remember, saveHistory } from "./history";
import { positionOf } from "./position";
import { ResultTable } from "./ResultTable";
import { SchemaTree, useSqlSchema } from "./SchemaTree";
import "./sql.css";

const maxRows = 5_000;
const draftKey = "fanvine.sql.draft";
const runKeys = /mac/i.test(navigator.userAgent) ? "⌘↵" : "Ctrl ↵";

export default function SqlPage() {
  const { t } = useI18n();
  const { message } = App.useApp();
  const schema = useSqlSchema();
  const editor = useRef<EditorHandle>(null);
  const [text, setText] = useState(() => localStorage.getItem(draftKey) ?? examples[0]?.query ?? "");
  const [asked, setAsked] = useState(loadHistory);
  const running = useRef<AbortController>(null);

  const run = useMutation({
    mutationFn: (query: string) => {
      running.current = new AbortController();
      return runSql(query, maxRows, running.current.signal);
    },
    onSuccess: (_, query) => {
      const next = remember(asked, query, new Date().toISOString());
      setAsked(next);
      saveHistory(next);
    },
    onError: (error) => {
      if (error instanceof ApiError) editor.current?.mark(positionOf(error.problem));
    },
  });
  const csv = useMutation({
    mutationFn: sqlCsv,
    onSuccess: (content) =>
      saveFile(`fanvine-${new Date().toISOString().slice(0, 16).replace(/[-:]/g, "")}.csv`, content),
    onError: (error) => message.error(problemText(error, t)),
  });
  const change = (next: string) => {
    setText(next);
    localStorage.setItem(draftKey, next);
  };
  const start = () => {
    if (text.trim() === "" || run.isPending) return;
    editor.current?.mark(null);
    run.mutate(text);
  };
  return (
    <Page title={t("nav.sql")} about={t("sql.about")} full>
      <div className="sql">
        <SchemaTree onPick={(name) => editor.current?.insert(name)} />
        <div className="sql-main">
          <section className="panel sql-ask" aria-label={t("sql.query")}>
            <Editor
              ref={editor}
              initial={text}
              label={t("sql.query")}
              schema={schema.data}
              onChange={change}
              onRun={start}
            />
            <div className="sql-bar">
              {run.isPending ? (
                <Button danger onClick={() => running.current?.abort()}>
                  {t("sql.stop")}
                </Button>
              ) : (
                <Button type="primary" icon={<CaretRightOutlined />} disabled={text.trim() === ""} onClick={start}>
                  {t("sql.run")} <kbd>{runKeys}</kbd>
                </Button>
              )}
              <ExampleMenu onPick={(query) => editor.current?.write(query)} />
              <HistoryMenu asked={asked} onPick={(query) => editor.current?.write(query)} />
              <span className="sql-spring" />
              <Button
                icon={<DownloadOutlined />}
                disabled={text.trim() === ""}
                loading={csv.isPending}
                onClick={() => csv.mutate(text)}
              >
                {t("sql.csv")}
              </Button>
            </div>
          </section>
          <Result pending={run.isPending} error={run.error} answer={run.data} />
        </div>
      </div>
    </Page>
  );
}

function ExampleMenu({ onPick }: { onPick: (query: string) => void }) {
  const { t } = useI18n();
  return (
    <Dropdown
      trigger={["click"]}
      menu={{ items: examples.map(({ name, query }) => ({ key: name, label: t(name), onClick: () => onPick(query) })) }}
    >
      <Button>
        {t("sql.examples")} <DownOutlined />
      </Button>
    </Dropdown>
  );
}

function HistoryMenu({ asked, onPick }: { asked: Asked[]; onPick: (query: string) => void }) {
  const { t } = useI18n();
  return (
    <Dropdown
      trigger={["click"]}
      disabled={asked.length === 0}
      menu={{
        className: "sql-history",
        items: asked.map(({ query }) => ({
          key: query,
          label: <code className="mono">{query.replace(/\s+/g, " ")}</code>,
          onClick: () => onPick(query),
        })),
      }}
    >
      <Button>
        {t("sql.history")} <DownOutlined />
      </Button>
    </Dropdown>
  );
}

interface ResultProps {
  pending: boolean;
  error: Error | null;
  answer: SqlAnswer | undefined;
}

function Result({ pending, error, answer }: ResultProps) {
  const { t, locale } = useI18n();
  const number = new Intl.NumberFormat(locale);
  const cancelled = error instanceof DOMException && error.name === "AbortError";
  const place = error instanceof ApiError ? positionOf(error.problem) : null;
  return (
    <section className="panel sql-result" aria-label={t("sql.result")} aria-busy={pending}>
      {pending && (
        <div className="empty">
          <Spin />
        </div>
      )}
      {!pending && error !== null && (
        <div className="sql-refused">
          {cancelled ? (
            <p className="faint">{t("sql.stopped")}</p>
          ) : (
            <Alert
              type="error"
              showIcon
              role="alert"
              title={error instanceof ApiError ? error.problem.title : t("problem.unexpected")}
              description={
                <>
                  {place !== null && <strong>{t("sql.place", { line: place.line, column: place.column })}</strong>}
                  <pre className="sql-detail">{error instanceof ApiError ? error.problem.detail : error.message}</pre>
                </>
              }
            />
          )}
        </div>
      )}
      {!pending && error === null && answer === undefined && <div className="empty">{t("sql.nothingYet")}</div>}
      {!pending && error === null && answer !== undefined && (
        <>
          <div className="sql-status" role="status">
            <span>{t("sql.rows", { count: number.format(answer.rows.length) })}</span>
            <span>{t("sql.elapsed", { ms: number.format(Math.round(answer.elapsed_ms)) })}</span>
            {answer.truncated && (
              <span className="sql-truncated">{t("sql.truncated", { count: number.format(answer.rows.length) })}</span>
            )}
          </div>
          {answer.rows.length === 0 ? (
            <div className="empty">{t("sql.noRows")}</div>
          ) : (
            <ResultTable answer={answer} label={t("sql.result")} />
          )}
        </>
      )}
    </section>
  );
}
