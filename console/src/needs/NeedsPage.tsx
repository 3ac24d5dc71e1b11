/** What shoppers want and do not get: ranked by what that is reckoned to have cost, with who they are. */
import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { DatePicker, Drawer, Segmented } from "antd";
import dayjs from "dayjs";
import { useSearchParams } from "react-router";
import { listNeedShoppers, listNeeds, type NeedsQuestion, readShop } from "../api/calls";
import type { Need, NeedList } from "../api/types";
import { useI18n } from "../i18n/i18n";
import { addDays, dateIn, firstView, presets } from "../overview/range";
import { PersonCell } from "../people/PersonCell";
import { type Place, usePlace } from "../people/usePlace";
import { Facts } from "../ui/Facts";
import { readInstant, unknown } from "../ui/format";
import { ArrowDownOutlined, ArrowUpOutlined } from "../ui/icons";
import { Failed, Loading, Page, Panel } from "../ui/Page";
import { kindText, needKinds } from "./need";
import "../people/people.css";
import "./needs.css";
import { MorePages } from "../people/MorePages";

const datePattern = /^\d{4}-\d{2}-\d{2}$/;

export default function NeedsPage() {
  const { t } = useI18n();
  const place = usePlace();
  const shop = useQuery({ queryKey: ["shop"], queryFn: readShop });
  const [params, setParams] = useSearchParams();
  const change = (values: Record<string, string | null>) =>
    setParams(
      (old) => {
        const next = new URLSearchParams(old);
        for (const [name, value] of Object.entries(values)) {
          if (value === null) next.delete(name);
          else next.set(name, value);
        }
        return next;
      },
      { replace: true },
    );
  if (shop.data === undefined)
    return (
      <Page title={t("nav.needs")} about={t("needs.about")}>
        {shop.isError ? <Failed error={shop.error} retry={() => shop.refetch()} /> : <Loading />}
      </Page>
    );
  const date = (instant: string | null | undefined) =>
    instant == null ? null : dateIn(shop.data.time_zone, readInstant(instant));
  const [first, last, today] = [
    date(shop.data.first_event_at),
    date(shop.data.last_event_at),
    dateIn(shop.data.time_zone, new Date()),
  ];
  const end = firstView(first, last, today)?.to ?? today;
  const chosen = (name: string, usual: string) => {
    const day = params.get(name);
    return day !== null && datePattern.test(day) ? day : usual;
  };
  const question = { from: chosen("from", addDays(end, -29)), to: chosen("to", end) };
  const kind = needKinds.find((one) => one === params.get("kind"));
  return (
    <Page
      title={t("nav.needs")}
      about={t("needs.about")}
      tools={
        <DatePicker.RangePicker
          aria-label={t("overview.range")}
          allowClear={false}
          value={[dayjs(question.from), dayjs(question.to)]}
          format={t("format.date")}
          presets={presets(first, last, today).map(([key, range]) => ({
            label: t(`range.${key}`),
            value: [dayjs(range.from), dayjs(range.to)],
          }))}
          onChange={(range) => {
            const [from, to] = range ?? [];
            if (from && to) change({ from: from.format("YYYY-MM-DD"), to: to.format("YYYY-MM-DD") });
          }}
        />
      }
    >
      <Board
        question={question}
        kind={kind}
        shown={params.get("subject")}
        shownKind={params.get("of")}
        place={place}
        onChange={change}
      />
    </Page>
  );
}

interface BoardProps {
  question: NeedsQuestion;
  kind: (typeof needKinds)[number] | undefined;
  shown: string | null;
  shownKind: string | null;
  place: Place;
  onChange: (values: Record<string, string | null>) => void;
}

function Board({ question, kind, shown, shownKind, place, onChange }: BoardProps) {
  const { t } = useI18n();
  const list = useQuery({
    queryKey: ["needs", question, kind],
    queryFn: () => listNeeds({ ...question, kind }),
    placeholderData: keepPreviousData,
  });
  if (list.isPending) return <Loading />;
  if (list.isError) return <Failed error={list.error} retry={() => list.refetch()} />;
  const need = list.data.needs.find((one) => one.subject === shown && one.kind === shownKind);
  return (
    <div className={list.isPlaceholderData ? "stack fading" : "stack"}>
      <Sums list={list.data} place={place} />
      <Segmented
        aria-label={t("needs.kind")}
        value={kind ?? "all"}
        options={[
          { value: "all", label: t("needs.all") },
          ...needKinds.map((one) => ({ value: one, label: kindText(one, t) })),
        ]}
        onChange={(value) => onChange({ kind: value === "all" ? null : value })}
      />
      {list.data.needs.length === 0 ? (
        <div className="panel empty">
          <h2>{t("needs.none")}</h2>
          <p>{t("needs.noneText")}</p>
        </div>
      ) : (
        <Ranking list={list.data} place={place} onShow={(need) => onChange({ subject: need.subject, of: need.kind })} />
      )}
      <Drawer
        open={shown !== null && shownKind !== null}
        title={need?.name ?? shown}
        size={720}
        destroyOnHidden
        onClose={() => onChange({ subject: null, of: null })}
      >
        {shown !== null && shownKind !== null && (
          <Shoppers question={question} kind={shownKind} subject={shown} need={need} place={place} />
        )}
      </Drawer>
    </div>
  );
}

function Sums({ list, place }: { list: NeedList; place: Place }) {
  const { t } = useI18n();
  const { format } = place;
  const lost = list.kinds.reduce((sum, kind) => sum + kind.lost_minor, 0);
  return (
    <Facts
      label={t("buyers.figures")}
      facts={[
        {
          name: t("needs.lost"),
          value: format.money(lost, list.currency),
          hint: t("needs.lostHint", {
            search: format.percent(list.rates.search_conversion),
            view: format.percent(list.rates.view_conversion),
            order: format.money(list.rates.mean_order_minor, list.currency),
          }),
          note: format.range(list.period.from, list.period.to),
        },
        ...list.kinds.map((kind) => ({
          name: kindText(kind.kind, t),
          value: format.money(kind.lost_minor, list.currency),
          note: t("needs.count", { count: format.count(kind.needs) }),
        })),
      ]}
    />
  );
}

function Ranking({ list, place, onShow }: { list: NeedList; place: Place; onShow: (need: Need) => void }) {
  const { t } = useI18n();
  const { format, language } = place;
  const most = Math.max(1, ...list.needs.map((need) => need.lost_minor));
  return (
    <section className="panel people" aria-label={t("nav.needs")}>
      <table className="people-table needs-table">
        <thead>
          <tr>
            <th scope="col">{t("needs.what")}</th>
            <th scope="col" className="people-first">
              <span className="sr-only">{t("needs.compared")}</span>
            </th>
            <th scope="col" className="people-figure">
              {t("needs.lost")}
            </th>
            <th scope="col" className="people-figure">
              {t("needs.people")}
            </th>
            <th scope="col" className="people-figure people-orders">
              {t("needs.times")}
            </th>
            <th scope="col" className="people-figure people-orders" title={t("needs.trendHint")}>
              {t("needs.trend")}
            </th>
          </tr>
        </thead>
        <tbody>
          {list.needs.map((need) => (
            <tr key={`${need.kind} ${need.subject}`} data-need={need.subject}>
              <th scope="row">
                <div className="person-names">
                  <button type="button" className="need-name" onClick={() => onShow(need)}>
                    {need.name ?? need.subject}
                  </button>
                  <small>
                    {kindText(need.kind, t)}
                    {need.name != null && <span className="mono"> · {need.subject}</span>}
                  </small>
                </div>
              </th>
              <td className="people-first need-bar" title={need.why[language]}>
                <i style={{ width: `${Math.max(0, (need.lost_minor / most) * 100)}%` }} />
              </td>
              <td className="people-figure" title={need.why[language]}>
                {format.money(need.lost_minor, list.currency)}
              </td>
              <td className="people-figure">
                {format.count(need.people)}
                <small className="need-unserved">{t("needs.unserved", { count: format.count(need.unserved) })}</small>
              </td>
              <td className="people-figure people-orders">{format.count(need.times)}</td>
              <td className="people-figure people-orders">
                <Trend trend={need.trend} place={place} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** More of a need is worse: what grows is red. */
function Trend({ trend, place }: { trend: number | null | undefined; place: Place }) {
  const { t } = useI18n();
  if (trend == null) return <span className="faint">{t("needs.new")}</span>;
  if (trend === 0) return <span className="faint">±0</span>;
  return (
    <span className={trend > 0 ? "need-worse" : "need-better"}>
      {trend > 0 ? <ArrowUpOutlined /> : <ArrowDownOutlined />} {place.format.change(trend)}
    </span>
  );
}

interface ShoppersProps {
  question: NeedsQuestion;
  kind: string;
  subject: string;
  need: Need | undefined;
  place: Place;
}

function Shoppers({ question, kind, subject, need, place }: ShoppersProps) {
  const { t } = useI18n();
  const { format, language } = place;
  const list = useInfiniteQuery({
    queryKey: ["needs", "shoppers", kind, subject, question],
    queryFn: ({ pageParam }) => listNeedShoppers(kind, { ...question, subject, after: pageParam }),
    initialPageParam: "",
    getNextPageParam: (page) => page.next ?? undefined,
  });
  const shoppers = list.data?.pages.flatMap((page) => page.shoppers) ?? [];
  return (
    <div className="stack">
      {need !== undefined && (
        <Panel label={t("needs.why")} title={kindText(need.kind, t)}>
          <p className="need-why">{need.why[language]}</p>
        </Panel>
      )}
      {list.isPending && <Loading />}
      {list.isError && <Failed error={list.error} retry={() => list.refetch()} />}
      {shoppers.length > 0 && (
        <section className="panel people" aria-label={t("people.list")}>
          <table className="people-table">
            <thead>
              <tr>
                <th scope="col">{t("people.person")}</th>
                <th scope="col" className="people-figure">
                  {t("needs.times")}
                </th>
                <th scope="col">{t("needs.last")}</th>
                <th scope="col">{t("needs.outcome")}</th>
              </tr>
            </thead>
            <tbody>
              {shoppers.map((shopper) => (
                <tr key={shopper.person_id}>
                  <th scope="row">
                    <PersonCell personId={shopper.person_id} shopperKey={shopper.shopper_id} />
                  </th>
                  <td className="people-figure">{format.count(shopper.times)}</td>
                  <td>{shopper.last_at === "" ? unknown : format.dateTime(shopper.last_at)}</td>
                  <td>{t(shopper.unserved ? "needs.didNotBuy" : "needs.bought")}</td>
                </tr>
              ))}
            </tbody>
          </table>
          <MorePages pages={list} />
        </section>
      )}
    </div>
  );
}
