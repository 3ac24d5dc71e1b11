/** Who it is, under which keys, and the figures one asks for first. */
import { Tooltip } from "antd";
import type { ReactNode } from "react";
import type { ComputedTrait, PersonDetail } from "../api/types";
import { useI18n } from "../i18n/i18n";
import { dateIn } from "../overview/range";
import { CopyButton } from "../ui/CopyButton";
import { readInstant, unknown } from "../ui/format";
import { useNow } from "../ui/useNow";
import { toneOf, userIdOf, valueText } from "./person";
import type { Place } from "./usePlace";

interface Props {
  person: PersonDetail;
  shopperKey: string;
  name: string;
  place: Place;
}

export function PersonHead({ person, shopperKey, name, place }: Props) {
  const { t } = useI18n();
  const now = useNow(5_000);
  const { format } = place;
  const value = (name: string) => person.computed.find((one) => one.name === name);
  const moment = (name: string) => {
    const one = value(name);
    return one?.type === "moment" ? one.value : null;
  };
  const shown = (name: string) => {
    const one = value(name);
    const text = one === undefined ? "" : valueText(one, format, t, place.tag);
    return text === "" ? unknown : text;
  };
  const since = moment("first_seen");
  const userId = userIdOf(person);
  return (
    <section className="panel person-head" aria-label={t("person.head")}>
      <span className={`person-mark person-mark-large person-mark-${toneOf(person.person_id)}`} aria-hidden="true">
        {Array.from(name)[0]?.toUpperCase()}
      </span>
      <div className="person-ids">
        <Id name={userId === undefined ? t("person.key") : t("kind.user_id")} value={userId ?? shopperKey} />
        <Id name={t("person.id")} value={person.person_id} />
        <p className="faint">
          {person.shopper_ids.length === 1
            ? t("person.oneKey")
            : t("person.keys", { count: format.count(person.shopper_ids.length) })}
        </p>
      </div>
      <dl className="person-figures">
        <Figure name={t("value.spend")} why={value("spend")} place={place}>
          {shown("spend")}
        </Figure>
        <Figure name={t("value.orders")} why={value("orders")} place={place}>
          {shown("orders")}
        </Figure>
        <Figure name={t("value.average_order_value")} why={value("average_order_value")} place={place}>
          {shown("average_order_value")}
        </Figure>
        <Figure name={t("value.sessions")} why={value("sessions")} place={place}>
          {shown("sessions")}
        </Figure>
        <Figure name={t("value.last_seen")} hint={format.dateTime(moment("last_seen"))}>
          {format.relative(moment("last_seen"), now)}
        </Figure>
        <Figure name={t("value.first_seen")} hint={format.dateTime(since)}>
          {since === null ? unknown : format.date(dateIn(place.timeZone, readInstant(since)))}
        </Figure>
      </dl>
    </section>
  );
}

function Id({ name, value }: { name: string; value: string }) {
  const { t } = useI18n();
  return (
    <p className="person-id">
      <span className="faint">{name}</span> <code className="mono">{value}</code>
      <CopyButton text={value} label={t("person.copy", { name })} />
    </p>
  );
}

interface FigureProps {
  name: string;
  why?: ComputedTrait | undefined;
  hint?: string;
  place?: Place;
  children: ReactNode;
}

function Figure({ name, why, hint, place, children }: FigureProps) {
  const text = hint ?? (why === undefined || place === undefined ? undefined : why.why[place.language]);
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        <Tooltip title={text}>
          <span>{children}</span>
        </Tooltip>
      </dd>
    </div>
  );
}
