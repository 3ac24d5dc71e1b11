/** Who was here last, or who answers to what is searched. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Button, Input } from "antd";
import { useEffect, useState } from "react";
import { Link, useSearchParams } from "react-router";
import { listPeople } from "../api/calls";
import type { PersonSummary } from "../api/types";
import { useI18n } from "../i18n/i18n";
import { unknown } from "../ui/format";
import { SearchOutlined } from "../ui/icons";
import { Failed, Loading } from "../ui/Page";
import { useNow } from "../ui/useNow";
import { PersonCell } from "./PersonCell";
import { type Place, usePlace } from "./usePlace";

const firstPage = 50;
const mostListed = 100;

export function PeopleList() {
  const { t } = useI18n();
  const place = usePlace();
  const now = useNow(5_000);
  const [params, setParams] = useSearchParams();
  const search = params.get("search") ?? "";
  const [limit, setLimit] = useState(firstPage);
  const list = useQuery({
    queryKey: ["people", search, limit],
    queryFn: ({ signal }) => listPeople({ search, limit }, signal),
    placeholderData: keepPreviousData,
    refetchInterval: 10_000,
  });
  const people = list.data?.people ?? [];
  return (
    <>
      <div className="people-bar">
        <SearchBox
          value={search}
          onSearch={(words) => {
            setLimit(firstPage);
            setParams(words === "" ? {} : { search: words }, { replace: true });
          }}
        />
        {list.data && (
          <span className="faint" role="status">
            {search === ""
              ? t("people.keysInAll", { count: place.format.count(list.data.shopper_keys) })
              : t("people.found", { count: place.format.count(people.length) })}
          </span>
        )}
      </div>
      {list.isPending && <Loading />}
      {list.isError && <Failed error={list.error} retry={() => list.refetch()} />}
      {list.data && people.length === 0 && <Nobody search={search} />}
      {people.length > 0 && (
        <section
          className={list.isPlaceholderData ? "panel people people-fading" : "panel people"}
          aria-label={t("people.list")}
          aria-busy={list.isPlaceholderData}
        >
          <table className="people-table">
            <thead>
              <tr>
                <th scope="col">{t("people.person")}</th>
                <th scope="col">{t("people.lastSeen")}</th>
                <th scope="col" className="people-first">
                  {t("people.firstSeen")}
                </th>
                <th scope="col" className="people-figure people-orders">
                  {t("figure.orders")}
                </th>
                <th scope="col" className="people-figure">
                  {t("people.spend")}
                </th>
                <th scope="col" className="people-figure people-keys" title={t("people.keysHint")}>
                  {t("people.keys")}
                </th>
              </tr>
            </thead>
            <tbody>
              {people.map((person) => (
                <Row key={person.person_id} person={person} place={place} now={now} />
              ))}
            </tbody>
          </table>
          {people.length >= limit && (
            <div className="people-foot">
              {limit < mostListed ? (
                <Button loading={list.isPlaceholderData} onClick={() => setLimit(mostListed)}>
                  {t("state.more")}
                </Button>
              ) : (
                <span className="faint">{t("people.onlyFirst", { count: mostListed })}</span>
              )}
            </div>
          )}
        </section>
      )}
    </>
  );
}

/** Tells of what is typed once the typing pauses, and at once on Enter. */
function SearchBox({ value, onSearch }: { value: string; onSearch: (words: string) => void }) {
  const { t } = useI18n();
  const [words, setWords] = useState(value);
  const [told, setTold] = useState(value);
  const [known, setKnown] = useState(value);
  // Words that come from elsewhere, as from the browser's way back, take the place of what is typed.
  if (value !== known) {
    setKnown(value);
    if (value !== told) {
      setTold(value);
      setWords(value);
    }
  }
  const typed = words.trim();
  const tell = () => {
    setTold(typed);
    onSearch(typed);
  };
  useEffect(() => {
    if (typed === told) return;
    const timer = setTimeout(tell, 250);
    return () => clearTimeout(timer);
  });
  return (
    <Input
      allowClear
      className="people-search"
      prefix={<SearchOutlined className="faint" />}
      aria-label={t("people.search")}
      placeholder={t("people.search")}
      value={words}
      onChange={(change) => setWords(change.target.value)}
      onPressEnter={tell}
    />
  );
}

function Row({ person, place, now }: { person: PersonSummary; place: Place; now: number }) {
  const { format } = place;
  const spend = Object.entries(person.spend).map(([currency, minor]) => format.money(minor, currency));
  return (
    <tr>
      <th scope="row">
        <PersonCell personId={person.person_id} shopperKey={person.shopper_id} name={person.name} />
      </th>
      <td title={format.dateTime(person.last_seen)}>{format.relative(person.last_seen, now)}</td>
      <td className="people-first" title={format.dateTime(person.first_seen)}>
        {format.relative(person.first_seen, now)}
      </td>
      <td className="people-figure people-orders">
        {person.orders === 0 ? <span className="faint">0</span> : format.count(person.orders)}
      </td>
      <td className="people-figure">
        {spend.length === 0 ? <span className="faint">{unknown}</span> : spend.map((sum) => <div key={sum}>{sum}</div>)}
      </td>
      <td className="people-figure people-keys">
        {person.keys > 1 ? <span className="pill">{format.count(person.keys)}</span> : format.count(person.keys)}
      </td>
    </tr>
  );
}

function Nobody({ search }: { search: string }) {
  const { t } = useI18n();
  if (search !== "")
    return (
      <div className="panel empty">
        <h2>{t("people.nobodyFound", { words: search })}</h2>
        <p>{t("people.searchHint")}</p>
      </div>
    );
  return (
    <div className="panel empty">
      <h2>{t("people.nobody")}</h2>
      <p>{t("people.nobodyText")}</p>
      <Link to="/sources">{t("empty.connectAction")}</Link>
    </div>
  );
}
