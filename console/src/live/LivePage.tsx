/** Events as they arrive. */

import { useQuery } from "@tanstack/react-query";
import { Button, Input, Select } from "antd";
import { useMemo, useState } from "react";
import { Link } from "react-router";
import { listSources, readShop } from "../api/calls";
import { Sparkline } from "../charts/Sparkline";
import { useI18n } from "../i18n/i18n";
import { formatFor } from "../ui/format";
import { CaretRightOutlined, ClearOutlined, PauseOutlined, SearchOutlined } from "../ui/icons";
import { Page } from "../ui/Page";
import { useNow } from "../ui/useNow";
import { EventRow } from "./EventRow";
import { matches, nameOf, rates, shownLimit } from "./feed";
import { type LiveEvents, useLiveEvents } from "./useLiveEvents";
import "./live.css";

export default function LivePage() {
  const { t, locale } = useI18n();
  const live = useLiveEvents();
  const [events, setEvents] = useState<string[]>([]);
  const [text, setText] = useState("");
  const sources = useQuery({ queryKey: ["sources"], queryFn: listSources });
  const shop = useQuery({ queryKey: ["shop"], queryFn: readShop });
  const format = useMemo(() => formatFor(locale, shop.data?.time_zone), [locale, shop.data?.time_zone]);
  const names = useMemo(() => [...new Set(live.events.map(nameOf))].sort(), [live.events]);
  const sourceNames = useMemo(
    () => new Map(sources.data?.sources.map((source) => [source.id, source.name])),
    [sources.data],
  );
  const visible = live.events.filter((event) => matches(event, { events, text }));
  return (
    <Page title={t("nav.live")} about={t("live.about", { limit: shownLimit })} tools={<Rate live={live} />} full>
      <div className="live-bar">
        <Input
          allowClear
          className="live-search"
          prefix={<SearchOutlined className="faint" />}
          aria-label={t("live.search")}
          placeholder={t("live.search")}
          value={text}
          onChange={(change) => setText(change.target.value)}
        />
        <Select
          mode="multiple"
          allowClear
          className="live-events"
          maxTagCount="responsive"
          aria-label={t("live.filter")}
          placeholder={t("live.filter")}
          value={events}
          options={names.map((name) => ({ value: name, label: name }))}
          onChange={setEvents}
        />
        <span className="live-actions">
          <Button icon={<ClearOutlined />} onClick={live.clear}>
            {t("live.clear")}
          </Button>
          <Button
            type={live.paused ? "primary" : "default"}
            icon={live.paused ? <CaretRightOutlined /> : <PauseOutlined />}
            onClick={() => live.setPaused(!live.paused)}
          >
            {!live.paused
              ? t("live.pause")
              : live.waiting === 0
                ? t("live.resume")
                : t("live.resumeWaiting", { count: live.waiting })}
          </Button>
        </span>
      </div>
      {live.skipped > 0 && <p className="live-skipped">{t("live.skipped", { count: format.count(live.skipped) })}</p>}
      <section className="panel live-list" aria-label={t("live.list")}>
        <div className="live-head" aria-hidden="true">
          <span>{t("live.received")}</span>
          <span>{t("live.event")}</span>
          <span>{t("live.shopper")}</span>
          <span>{t("live.item")}</span>
          <span className="live-amount">{t("live.amount")}</span>
          <span>{t("live.source")}</span>
        </div>
        {visible.length === 0 ? (
          <Quiet filtered={live.events.length > 0} />
        ) : (
          <ul>
            {visible.map((event) => (
              <EventRow
                key={event.message_id}
                event={event}
                format={format}
                source={sourceNames.get(event.source_id)}
              />
            ))}
          </ul>
        )}
      </section>
    </Page>
  );
}

function Quiet({ filtered }: { filtered: boolean }) {
  const { t } = useI18n();
  if (filtered) return <div className="empty">{t("live.nothingMatches")}</div>;
  return (
    <div className="empty">
      <h2>{t("live.quiet")}</h2>
      <p>{t("live.quietText")}</p>
      <Link to="/sources">{t("empty.connectAction")}</Link>
    </div>
  );
}

/** Events per second over the last minute, and whether we are connected at all. */
function Rate({ live }: { live: LiveEvents }) {
  const { t, locale } = useI18n();
  const now = useNow(1000);
  const values = rates(live.counts, now, live.since);
  const known = values.filter((value) => value !== null);
  const recent = known.slice(-10);
  const mean = recent.length === 0 ? null : recent.reduce((sum, value) => sum + value, 0) / recent.length;
  const digits = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 });
  return (
    <div className="live-rate">
      <Sparkline values={values} width={150} height={32} />
      <span className="live-rate-figure">
        <strong>{mean === null ? "—" : digits.format(mean)}</strong>
        <small>{t("live.perSecond")}</small>
      </span>
      <span className={`pill connection connection-${live.connection}`} role="status">
        <i aria-hidden="true" />
        {t(`live.${live.connection}`)}
      </span>
    </div>
  );
}
