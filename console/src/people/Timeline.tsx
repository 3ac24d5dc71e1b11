/** What the person did under all their keys, the latest first, by the shop's days. */
import { useInfiniteQuery } from "@tanstack/react-query";
import { Button } from "antd";
import { useMemo, useState } from "react";
import { readTimeline } from "../api/calls";
import type { TimelineEvent } from "../api/types";
import { useI18n } from "../i18n/i18n";
import { dateIn } from "../overview/range";
import { CopyButton } from "../ui/CopyButton";
import { Failed, Loading } from "../ui/Page";
import { wordFor } from "./person";
import { byDay, type Day, hasProperties, subjectOf, toneOfEvent } from "./timeline";
import type { Place } from "./usePlace";

const pageSize = 50;

export function Timeline({ shopperKey, keys, place }: { shopperKey: string; keys: string[]; place: Place }) {
  const { t } = useI18n();
  const pages = useInfiniteQuery({
    queryKey: ["timeline", shopperKey, keys],
    queryFn: ({ pageParam }) =>
      readTimeline(shopperKey, { limit: pageSize, ...(pageParam === null ? {} : { before: pageParam }) }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next ?? undefined,
  });
  const days = useMemo(
    () => byDay(pages.data?.pages.flatMap((page) => page.events) ?? [], place.timeZone),
    [pages.data, place.timeZone],
  );
  if (pages.isPending) return <Loading />;
  if (pages.isError) return <Failed error={pages.error} retry={() => pages.refetch()} />;
  if (days.length === 0) return <div className="panel empty">{t("timeline.none")}</div>;
  return (
    <div className="timeline">
      {days.map((day) => (
        <DayOfEvents key={day.date} day={day} severalKeys={keys.length > 1} place={place} />
      ))}
      {pages.hasNextPage ? (
        <Button block loading={pages.isFetchingNextPage} onClick={() => pages.fetchNextPage()}>
          {t("state.more")}
        </Button>
      ) : (
        <p className="timeline-end">{t("timeline.end")}</p>
      )}
    </div>
  );
}

function DayOfEvents({ day, severalKeys, place }: { day: Day; severalKeys: boolean; place: Place }) {
  const { t } = useI18n();
  const date = place.format.date(day.date);
  const today = day.date === dateIn(place.timeZone, new Date());
  return (
    <section className="panel" aria-label={date}>
      <header className="timeline-day">
        <h3>
          {today ? t("timeline.today") : date}
          {today && <small>{date}</small>}
        </h3>
        <span className="faint">{t("timeline.events", { count: place.format.count(day.events.length) })}</span>
      </header>
      <ul className="timeline-events">
        {day.events.map((event) => (
          <Event key={`${event.message_id} ${event.occurred_at}`} event={event} withKey={severalKeys} place={place} />
        ))}
      </ul>
    </section>
  );
}

function Event({ event, withKey, place }: { event: TimelineEvent; withKey: boolean; place: Place }) {
  const { t } = useI18n();
  const [open, setOpen] = useState(false);
  const { format } = place;
  const subject = subjectOf(event);
  const opens = hasProperties(event);
  const line = (
    <>
      <time className="mono faint" dateTime={event.occurred_at} title={format.dateTime(event.occurred_at)}>
        {format.time(event.occurred_at)}
      </time>
      <span className="timeline-name" title={event.event}>
        <i className={`kind kind-${toneOfEvent(event.event)}`} aria-hidden="true" />
        {wordFor(t, "event", event.event)}
      </span>
      <span className="timeline-subject">
        {subject}
        {event.order_id != null && <code className="mono faint">{event.order_id}</code>}
        {event.channel != null && <span className="pill">{event.channel}</span>}
      </span>
      <span className="timeline-amount">
        {event.revenue_minor != null && format.money(event.revenue_minor, event.currency)}
      </span>
      <span className="mono faint timeline-key" title={t("timeline.under", { key: event.shopper_id })}>
        {withKey && event.shopper_id}
      </span>
    </>
  );
  if (!opens)
    return (
      <li>
        <div className="timeline-line">{line}</div>
      </li>
    );
  const json = JSON.stringify(event.properties, null, 2);
  return (
    <li className={open ? "timeline-open" : ""}>
      <button type="button" className="timeline-line" aria-expanded={open} onClick={() => setOpen(!open)}>
        {line}
      </button>
      {open && (
        <div className="timeline-details">
          <div className="snippet">
            <pre className="code-block">{json}</pre>
            <CopyButton text={json} label={t("copy.json")} caption={t("copy.action")} />
          </div>
        </div>
      )}
    </li>
  );
}
