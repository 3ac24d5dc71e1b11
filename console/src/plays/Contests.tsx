/** A contest as it stands: its time and proof, who is ranked, and somebody excluded with a reason that is kept. */
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { App, Button, Input } from "antd";
import { useState } from "react";
import { Link } from "react-router";
import {
  type ContestState,
  type ContestView,
  excludeFromContest,
  listContests,
  type RankedEntrant,
  readmitToContest,
  showContestEntrant,
  showContestStandings,
} from "../api/plays";
import { useI18n } from "../i18n/i18n";
import { Field } from "../offers/BenefitForm";
import { MorePages } from "../people/MorePages";
import type { Place } from "../people/usePlace";
import { useMay } from "../session/session";
import { Failed, Loading } from "../ui/Page";
import { problemText } from "../ui/problem";
import { scoreText } from "./contests";

const tones: Record<ContestState, string> = {
  upcoming: "",
  open: "status-busy",
  settling: "status-busy",
  settled: "status-live",
};

export function Contests({ play, place }: { play: string; place: Place }) {
  const { t } = useI18n();
  const list = useQuery({
    queryKey: ["plays", "contests", play],
    queryFn: () => listContests({ play_id: play, in_flight: "false", limit: 20 }),
    refetchInterval: 5_000,
  });
  if (list.isPending) return <Loading />;
  if (list.isError) return <Failed error={list.error} retry={() => list.refetch()} />;
  const { contests } = list.data;
  if (contests.length === 0) return <p className="faint">{t("contests.none")}</p>;
  return contests.map((one) => <OfContest key={one.contest_id} one={one} place={place} />);
}

function OfContest({ one, place }: { one: ContestView; place: Place }) {
  const { t } = useI18n();
  const standings = useInfiniteQuery({
    queryKey: ["plays", "standings", one.contest_id],
    queryFn: ({ pageParam }) => showContestStandings(one.contest_id, { limit: 50, after: pageParam }),
    initialPageParam: undefined as number | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    refetchInterval: one.state === "settled" ? false : 5_000,
  });
  const count = place.format.count;
  const time = place.format.dateTime;
  return (
    <section aria-label={t("contests.standings")}>
      <p>
        <span className={`pill ${tones[one.state]}`}>{t(`contests.state.${one.state}`)}</span>{" "}
        {t("contests.time", { from: time(one.starts_at), to: time(one.ends_at), final: time(one.settles_at) })}
      </p>
      <p className="faint">
        {t("contests.turnout", { entrants: count(one.entrants), ranked: count(one.ranked) })} {t("contests.tie")}{" "}
        {one.accounts[0] && (
          <Link to={`/ledger?tab=transfers&account=${encodeURIComponent(one.accounts[0])}`}>{t("nav.ledger")}</Link>
        )}
      </p>
      {one.digest != null && (
        <p className="faint">
          {t("contests.digest")} <span className="mono">{one.digest}</span>
        </p>
      )}
      {standings.isPending && <Loading />}
      {standings.isError && <Failed error={standings.error} retry={() => standings.refetch()} />}
      {standings.data && (
        <div className="panel people">
          <Board one={one} entrants={standings.data.pages.flatMap((page) => page.entrants)} place={place} />
          <MorePages pages={standings} />
        </div>
      )}
      <Somebody one={one} place={place} />
    </section>
  );
}

function Board({ one, entrants, place }: { one: ContestView; entrants: RankedEntrant[]; place: Place }) {
  const { t } = useI18n();
  const gives = (gives: RankedEntrant["prize"]) => {
    if (gives == null) return "";
    return gives.kind === "points"
      ? t("contests.points", { points: place.format.count(gives.points) })
      : gives.offer_id;
  };
  if (entrants.length === 0) return <p className="faint">{t("contests.nobody")}</p>;
  return (
    <table className="people-table">
      <thead>
        <tr>
          <th scope="col" className="people-figure">
            {t("votes.place")}
          </th>
          <th scope="col">{t("plays.shopper")}</th>
          <th scope="col" className="people-figure">
            {t("contests.score")}
          </th>
          <th scope="col">{t("contests.reachedAt")}</th>
          <th scope="col">{t("contests.prize")}</th>
        </tr>
      </thead>
      <tbody>
        {entrants.map((entrant) => (
          <tr key={entrant.number}>
            <td className="people-figure">{place.format.count(entrant.place)}</td>
            <th scope="row">{entrant.shopper_id ?? <span className="faint">{t("contests.erased")}</span>}</th>
            <td className="people-figure">{scoreText(one.rules, entrant.score, place)}</td>
            <td>{place.format.dateTime(entrant.reached_at)}</td>
            <td>{gives(entrant.prize)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Looks somebody up; who may, excludes them or lets them in again. */
function Somebody({ one, place }: { one: ContestView; place: Place }) {
  const { t } = useI18n();
  const { message } = App.useApp();
  const client = useQueryClient();
  const mayDecide = useMay("operator");
  const [typed, setTyped] = useState("");
  const [asked, setAsked] = useState("");
  const [reason, setReason] = useState("");
  const found = useQuery({
    queryKey: ["plays", "entrant", one.contest_id, asked],
    queryFn: () => showContestEntrant(one.contest_id, asked),
    enabled: asked !== "",
    retry: false,
  });
  const decide = useMutation({
    mutationFn: (out: boolean) =>
      out ? excludeFromContest(one.contest_id, asked, reason) : readmitToContest(one.contest_id, asked),
    onSuccess: () => {
      setReason("");
      return client.invalidateQueries({ queryKey: ["plays"] });
    },
    onError: (error) => message.error(problemText(error, t)),
  });
  const entrant = found.data;
  return (
    <div className="fields">
      <Field label={t("contests.lookUp")}>
        <Input.Search
          aria-label={t("contests.lookUp")}
          className="mono"
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
          onSearch={(text) => setAsked(text.trim())}
        />
      </Field>
      {asked !== "" && found.isError && <p className="faint">{problemText(found.error, t)}</p>}
      {entrant && (
        <p>
          {t(`contests.entrant.${entrant.state}`)} ·{" "}
          {entrant.place == null
            ? t("contests.unranked")
            : t("contests.atPlace", { place: place.format.count(entrant.place) })}{" "}
          · {scoreText(one.rules, entrant.score, place)}
          {entrant.reason != null && ` · ${entrant.excluded_by ?? ""}: ${entrant.reason}`}
        </p>
      )}
      {entrant && mayDecide && one.state !== "settled" && entrant.excluded_at == null && (
        <>
          <Field label={t("contests.reason")}>
            <Input
              aria-label={t("contests.reason")}
              className="offer-name"
              value={reason}
              onChange={(event) => setReason(event.target.value)}
            />
          </Field>
          <Button danger disabled={reason.trim() === ""} loading={decide.isPending} onClick={() => decide.mutate(true)}>
            {t("contests.exclude")}
          </Button>
        </>
      )}
      {entrant && mayDecide && one.state !== "settled" && entrant.excluded_at != null && (
        <Button loading={decide.isPending} onClick={() => decide.mutate(false)}>
          {t("contests.readmit")}
        </Button>
      )}
    </div>
  );
}
