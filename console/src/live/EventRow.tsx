/** One event; opens to all it carries. */
import { memo, useState } from "react";
import type { LiveEvent } from "../api/types";
import { useI18n } from "../i18n/i18n";
import { CopyButton } from "../ui/CopyButton";
import { type Format, unknown } from "../ui/format";
import { nameOf } from "./feed";

interface Props {
  event: LiveEvent;
  format: Format;
  source: string | undefined;
}

export const EventRow = memo(function EventRow({ event, format, source }: Props) {
  const { t } = useI18n();
  const [open, setOpen] = useState(false);
  const shopper = event.shopper_id ?? event.anonymous_id;
  return (
    <li className={open ? "live-row live-row-open" : "live-row"}>
      <button type="button" className="live-line" aria-expanded={open} onClick={() => setOpen(!open)}>
        <span className="mono" title={format.dateTime(event.received_at)}>
          {format.time(event.received_at)}
        </span>
        <span className="live-name">
          <i className={`kind kind-${tone(event)}`} aria-hidden="true" />
          {nameOf(event)}
        </span>
        <span className="mono live-cut">{shopper ?? t("live.guest")}</span>
        <span className="mono live-cut">{event.order_id ?? event.product_id ?? unknown}</span>
        <span className="live-amount">
          {event.revenue_minor == null ? unknown : format.money(event.revenue_minor, event.currency)}
        </span>
        <span className="live-cut faint">{source ?? event.source_id}</span>
      </button>
      {open && <Details event={event} format={format} />}
    </li>
  );
});

function Details({ event, format }: { event: LiveEvent; format: Format }) {
  const { t } = useI18n();
  const json = JSON.stringify(event, null, 2);
  return (
    <div className="live-details">
      <div className="live-details-head">
        <span>{t("live.occurred", { time: format.dateTime(event.occurred_at) })}</span>
        <CopyButton text={json} label={t("copy.json")} caption={t("copy.action")} />
      </div>
      <pre className="code-block">{json}</pre>
    </div>
  );
}

/** Which of a few colours marks the event: money, shopping, social, identity, or the rest. */
function tone(event: LiveEvent): string {
  const name = nameOf(event);
  if (/^order|refund/i.test(name)) return "money";
  if (/shar|follow|like|comment|invite|group buy|review/i.test(name)) return "social";
  if (/product|cart|checkout|coupon|wishlist/i.test(name)) return "shop";
  return event.kind === "identify" || event.kind === "group" || event.kind === "alias" ? "identity" : "rest";
}
