/** The audit: who did what to what, from where, and what came of it. */
import { useInfiniteQuery } from "@tanstack/react-query";
import { DatePicker, Input, Select } from "antd";
import type { Dayjs } from "dayjs";
import { useState } from "react";
import { send } from "../api/client";
import type { components } from "../api/generated/schema";
import { useI18n } from "../i18n/i18n";
import { instantOf } from "../offers/terms";
import { MorePages } from "../people/MorePages";
import { actName } from "./actName";
import "../people/people.css";
import { type Place, usePlace } from "../people/usePlace";
import { Failed, Loading, Panel } from "../ui/Page";

type AuditList = components["schemas"]["AuditList"];
type AuditEntry = components["schemas"]["AuditEntry"];

/** The contract words it with a description, from which the generated type keeps more than the words. */
type Outcome = keyof typeof tones;

const tones = { done: "status-live", refused: "status-bad", failed: "status-bad", unknown: "status-busy" } as const;

interface Asked {
  actor?: string | undefined;
  action?: string | undefined;
  days?: [Dayjs, Dayjs] | undefined;
}

export function Audit() {
  const { t } = useI18n();
  const place = usePlace();
  const [asked, setAsked] = useState<Asked>({});
  const { actor, action, days } = asked;
  // Days are the shop's.
  const midnight = (day: Dayjs | undefined) =>
    day === undefined ? undefined : (instantOf(day.format("YYYY-MM-DDT00:00"), place.timeZone) ?? undefined);
  const query = { actor, action, from: midnight(days?.[0]), to: midnight(days?.[1].add(1, "day")) };
  const list = useInfiniteQuery({
    queryKey: ["audit", query],
    queryFn: ({ pageParam }) => send<AuditList>("GET", "/api/v1/audit", { query: { ...query, before: pageParam } }),
    initialPageParam: undefined as number | undefined,
    getNextPageParam: (page) => page.next_before ?? undefined,
    placeholderData: (before) => before,
  });
  const entries = list.data?.pages.flatMap((page) => page.entries) ?? [];
  const actions = list.data?.pages[0]?.actions ?? [];
  const title = t("audit.title");
  return (
    <Panel label={title} title={title}>
      <p className="settings-about">{t("audit.about")}</p>
      <div className="audit-bar">
        <Input.Search
          allowClear
          aria-label={t("audit.who")}
          placeholder={t("audit.anyone")}
          onSearch={(typed) => setAsked({ ...asked, actor: typed.trim() || undefined })}
        />
        <Select
          allowClear
          showSearch
          aria-label={t("audit.act")}
          placeholder={t("audit.anyAct")}
          value={action}
          optionFilterProp="label"
          options={actions.map((name) => ({ value: name, label: actName(name, t) }))}
          onChange={(action?: string) => setAsked({ ...asked, action })}
        />
        <DatePicker.RangePicker
          aria-label={t("audit.period")}
          format={t("format.date")}
          onChange={(chosen) => {
            const [from, to] = chosen ?? [];
            setAsked({ ...asked, days: from && to ? [from, to] : undefined });
          }}
        />
      </div>
      {list.isPending && <Loading />}
      {list.isError && <Failed error={list.error} retry={() => list.refetch()} />}
      {list.isSuccess && entries.length === 0 && <p className="nothing">{t("audit.none")}</p>}
      {entries.length > 0 && <Entries entries={entries} place={place} />}
      <MorePages pages={list} />
    </Panel>
  );
}

function Entries({ entries, place }: { entries: AuditEntry[]; place: Place }) {
  const { t } = useI18n();
  return (
    <div className="audit-scroll">
      <table className="people-table audit-table">
        <thead>
          <tr>
            <th scope="col">{t("audit.when")}</th>
            <th scope="col">{t("audit.who")}</th>
            <th scope="col">{t("audit.act")}</th>
            <th scope="col">{t("audit.what")}</th>
            <th scope="col">{t("audit.outcome")}</th>
            <th scope="col">{t("audit.from")}</th>
          </tr>
        </thead>
        <tbody>
          {entries.map((entry) => (
            <tr key={entry.id}>
              <td>{place.format.dateTime(entry.at)}</td>
              <td title={entry.actor_id ?? undefined}>{entry.actor}</td>
              <td>
                <span title={entry.action}>{actName(entry.action, t)}</span>
              </td>
              <td>
                {entry.subject}
                {entry.detail != null && <small className="faint">{entry.detail}</small>}
              </td>
              <td>
                <span className={`pill ${tones[entry.outcome as Outcome]}`}>
                  {t(`audit.outcome.${entry.outcome as Outcome}`)}
                </span>
                {entry.status != null && entry.status >= 400 && <small className="faint">{entry.status}</small>}
              </td>
              <td title={entry.request_id == null ? undefined : t("audit.request", { id: entry.request_id })}>
                {entry.address}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
