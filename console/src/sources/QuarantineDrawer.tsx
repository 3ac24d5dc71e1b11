/** What a source sent that could not be accepted, why, and what exactly it was. */
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button, Drawer, Input } from "antd";
import { useState } from "react";
import { listQuarantine } from "../api/calls";
import { discardMessage, replayMessage } from "../api/collect";
import type { QuarantineItem, Source } from "../api/types";
import { useI18n } from "../i18n/i18n";
import { useMay } from "../session/session";
import { CopyButton } from "../ui/CopyButton";
import type { Format } from "../ui/format";
import { Failed, Loading } from "../ui/Page";
import { problemText } from "../ui/problem";

const pageSize = 25;

interface Props {
  source: Source | null;
  format: Format;
  onClose: () => void;
}

export function QuarantineDrawer({ source, format, onClose }: Props) {
  const { t } = useI18n();
  return (
    <Drawer
      open={source !== null}
      onClose={onClose}
      size={680}
      destroyOnHidden
      title={source === null ? "" : t("quarantine.title", { name: source.name })}
    >
      {source !== null && <Items source={source} format={format} />}
    </Drawer>
  );
}

function Items({ source, format }: { source: Source; format: Format }) {
  const { t } = useI18n();
  const list = useInfiniteQuery({
    queryKey: ["quarantine", source.id],
    queryFn: ({ pageParam }) =>
      listQuarantine({ source_id: source.id, limit: pageSize, ...(pageParam === null ? {} : { before: pageParam }) }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => {
      const last = page.items.at(-1);
      return last === undefined || page.items.length < pageSize ? undefined : String(last.id);
    },
  });
  if (list.isPending) return <Loading />;
  if (list.isError) return <Failed error={list.error} retry={() => list.refetch()} />;
  const items = list.data.pages.flatMap((page) => page.items);
  return (
    <>
      <p className="quarantine-about">{t("quarantine.about")}</p>
      {items.length === 0 && <div className="empty">{t("quarantine.none")}</div>}
      <ul className="quarantine">
        {items.map((item) => (
          <Item key={item.id} item={item} format={format} />
        ))}
      </ul>
      {list.hasNextPage && (
        <Button block loading={list.isFetchingNextPage} onClick={() => list.fetchNextPage()}>
          {t("state.more")}
        </Button>
      )}
    </>
  );
}

function Item({ item, format }: { item: QuarantineItem; format: Format }) {
  const { t, locale } = useI18n();
  const mayChange = useMay("operator");
  const detail = (locale === "zh-CN" ? item.detail_zh : null) ?? item.detail;
  const body = pretty(item.body);
  const [text, setText] = useState<string | null>(null);
  return (
    <li>
      <div className="quarantine-head">
        <strong className="quarantine-reason">{item.reason}</strong>
        <time className="faint" dateTime={item.received_at}>
          {format.dateTime(item.received_at)}
        </time>
      </div>
      {detail !== "" && <p>{detail}</p>}
      {text === null ? (
        <div className="snippet">
          <pre className="code-block">{body}</pre>
          <CopyButton text={body} label={t("quarantine.copyBody")} caption={t("copy.action")} />
        </div>
      ) : (
        <Input.TextArea
          aria-label={t("quarantine.bodyOf")}
          className="mono"
          autoSize={{ minRows: 4, maxRows: 24 }}
          value={text}
          onChange={({ target }) => setText(target.value)}
        />
      )}
      {mayChange && <Tools item={item} text={text} onEdit={() => setText(body)} />}
      {item.truncated && <p className="faint">{t("quarantine.truncated")}</p>}
    </li>
  );
}

/** Mending a message and sending it again, or throwing it away. */
function Tools({ item, text, onEdit }: { item: QuarantineItem; text: string | null; onEdit: () => void }) {
  const { t } = useI18n();
  const { message, modal } = App.useApp();
  const queries = useQueryClient();
  const onSuccess = () => {
    void queries.invalidateQueries({ queryKey: ["quarantine", item.source_id] });
    void queries.invalidateQueries({ queryKey: ["sources"] });
  };
  const replay = useMutation({
    mutationFn: () => replayMessage(item.id, text ?? item.body),
    onSuccess: () => {
      message.success(t("quarantine.replayed"));
      onSuccess();
    },
  });
  const discard = useMutation({
    mutationFn: () => discardMessage(item.id),
    onSuccess,
    onError: (error) => message.error(problemText(error, t)),
  });
  return (
    <>
      {replay.isError && <Alert type="error" showIcon title={problemText(replay.error, t)} />}
      <div className="quarantine-tools">
        {item.can_be_replayed && text === null && <Button onClick={onEdit}>{t("quarantine.edit")}</Button>}
        {item.can_be_replayed && (
          <Button loading={replay.isPending} onClick={() => replay.mutate()}>
            {t("quarantine.replay")}
          </Button>
        )}
        <Button
          danger
          type="text"
          loading={discard.isPending}
          onClick={() =>
            modal.confirm({
              title: t("quarantine.discardTitle"),
              content: t("quarantine.discardText"),
              okText: t("quarantine.discard"),
              onOk: () => discard.mutateAsync(),
            })
          }
        >
          {t("quarantine.discard")}
        </Button>
      </div>
    </>
  );
}

/** Indents a body that is JSON; anything else is shown as it came. */
function pretty(body: unknown): string {
  if (typeof body !== "string") return JSON.stringify(body, null, 2);
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}
