/** One source: is it alive, what is its key, how to send with it. */

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { App, Button, Popconfirm, Radio, Switch, Tabs } from "antd";
import { type ReactNode, useState } from "react";
import { changeSource, rotateSource } from "../api/calls";
import type { Source } from "../api/types";
import { useI18n } from "../i18n/i18n";
import { CopyButton } from "../ui/CopyButton";
import type { Format } from "../ui/format";
import { CodeOutlined, EditOutlined, ReloadOutlined } from "../ui/icons";
import { problemText } from "../ui/problem";
import { Cleaning } from "./Cleaning";
import { NameDialog } from "./NameDialog";
import { ShopHook } from "./ShopHook";
import { snippet, snippetInstall, snippetKinds } from "./snippets";

/** In seconds. */
const aDay = 86_400;

interface Props {
  source: Source;
  format: Format;
  now: number;
  mayChange: boolean;
  open: boolean;
  onToggle: (open: boolean) => void;
  onQuarantine: () => void;
}

export function SourceCard({ source, format, now, mayChange, open, onToggle, onQuarantine }: Props) {
  const { t } = useI18n();
  const { message } = App.useApp();
  const client = useQueryClient();
  const [renaming, setRenaming] = useState(false);
  const refresh = () => client.invalidateQueries({ queryKey: ["sources"] });
  const complain = (error: unknown) => message.error(problemText(error, t));
  const enable = useMutation({
    mutationFn: (enabled: boolean) => changeSource(source.id, { enabled }),
    onSuccess: refresh,
    onError: complain,
  });
  const [overlap, setOverlap] = useState(aDay);
  const rotate = useMutation({
    mutationFn: () => rotateSource(source.id, overlap),
    onSuccess: () => {
      message.success(t("sources.rotated"));
      return refresh();
    },
    onError: complain,
  });
  return (
    <article className={source.enabled ? "panel source" : "panel source source-off"} aria-label={source.name}>
      <header className="source-head">
        <h2>
          {source.name}
          {mayChange && (
            <Button
              type="text"
              size="small"
              icon={<EditOutlined />}
              aria-label={t("sources.rename", { name: source.name })}
              title={t("sources.renameShort")}
              onClick={() => setRenaming(true)}
            />
          )}
        </h2>
        <Switch
          checked={source.enabled}
          disabled={!mayChange}
          loading={enable.isPending}
          checkedChildren={t("sources.on")}
          unCheckedChildren={t("sources.off")}
          aria-label={t("sources.enabled", { name: source.name })}
          onChange={(enabled) => enable.mutate(enabled)}
        />
      </header>
      <dl className="source-facts">
        <Fact name={t("sources.writeKey")}>
          <code className="mono source-key" data-write-key>
            {source.write_key}
          </code>
          <CopyButton text={source.write_key} label={t("sources.copyKey", { name: source.name })} />
          {mayChange && (
            <Popconfirm
              title={t("sources.rotateTitle")}
              description={
                <div className="stack">
                  <span>{t("sources.rotateText")}</span>
                  <Radio.Group
                    aria-label={t("sources.rotateOld")}
                    value={overlap}
                    options={[
                      { value: aDay, label: t("sources.rotateDay") },
                      { value: 7 * aDay, label: t("sources.rotateWeek") },
                      { value: 0, label: t("sources.rotateNow") },
                    ]}
                    onChange={(event) => setOverlap(event.target.value)}
                  />
                </div>
              }
              okText={t("sources.rotate")}
              okButtonProps={{ danger: true }}
              onConfirm={() => rotate.mutate()}
            >
              <Button
                type="text"
                size="small"
                icon={<ReloadOutlined />}
                loading={rotate.isPending}
                aria-label={t("sources.rotateKey", { name: source.name })}
                title={t("sources.rotate")}
              />
            </Popconfirm>
          )}
        </Fact>
        {source.old_write_keys.map((old) => (
          <Fact key={old.write_key} name={t("sources.oldKey")}>
            <code className="mono source-key">{old.write_key}</code>
            <span className="faint">
              {t("sources.oldKeyUntil", { at: format.dateTime(old.ends_at) })} ·{" "}
              {old.last_used_at == null
                ? t("sources.oldKeyUnused")
                : t("sources.oldKeyUsed", { when: format.relative(old.last_used_at, now) })}
            </span>
          </Fact>
        ))}
        <Fact name={t("sources.lastEvent")}>
          <span title={format.dateTime(source.last_event_at)}>
            {source.last_event_at == null ? t("sources.never") : format.relative(source.last_event_at, now)}
          </span>
        </Fact>
        <Fact name={t("sources.events")}>{format.count(source.events_total)}</Fact>
        <Fact name={t("sources.quarantined")}>
          {source.quarantined_total === 0 ? (
            "0"
          ) : (
            <Button
              type="link"
              className="source-quarantined"
              onClick={onQuarantine}
              aria-label={t("sources.openQuarantine", { name: source.name })}
            >
              {format.count(source.quarantined_total)}
            </Button>
          )}
        </Fact>
        <div className="source-connect">
          <Button
            icon={<CodeOutlined />}
            aria-expanded={open}
            onClick={() => onToggle(!open)}
            aria-label={t("sources.connectName", { name: source.name })}
          >
            {open ? t("sources.hide") : t("sources.connect")}
          </Button>
        </div>
      </dl>
      {open && <Snippets source={source} mayChange={mayChange} />}
      <NameDialog open={renaming} source={source} onClose={() => setRenaming(false)} />
    </article>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Snippets({ source, mayChange }: { source: Source; mayChange: boolean }) {
  const { t } = useI18n();
  return (
    <Tabs
      className="snippets"
      destroyOnHidden
      items={snippetKinds
        .map((kind): { key: string; label: string; children: ReactNode } => {
          const code = snippet(kind, source.write_key, window.location.origin);
          const install = snippetInstall[kind];
          return {
            key: kind,
            label: t(`snippet.${kind}`),
            children: (
              <>
                {install !== null && (
                  <p className="snippet-install">
                    {t("snippet.install")} <code className="mono">{install}</code>
                    <CopyButton text={install} label={t("copy.command")} />
                  </p>
                )}
                <div className="snippet">
                  <pre className="code-block">{code}</pre>
                  <CopyButton text={code} label={t("copy.code")} caption={t("copy.action")} />
                </div>
              </>
            ),
          };
        })
        .concat([
          {
            key: "cleaning",
            label: t("sources.cleaning"),
            children: <Cleaning source={source} mayChange={mayChange} />,
          },
        ])
        .concat(mayChange ? [{ key: "webhook", label: t("hook.tab"), children: <ShopHook source={source} /> }] : [])}
    />
  );
}
