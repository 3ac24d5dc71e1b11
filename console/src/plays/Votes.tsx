/** How a vote stands, and what shoppers put up, to be shown or hidden. */
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { App, Button } from "antd";
import { decideVoteEntry, listVoteEntries, showVotes, type VoteEntry } from "../api/plays";
import { useI18n } from "../i18n/i18n";
import { MorePages } from "../people/MorePages";
import type { Place } from "../people/usePlace";
import { useMay } from "../session/session";
import { Failed, Loading } from "../ui/Page";
import { problemText } from "../ui/problem";

interface Props {
  play: string;
  /** Whether shoppers put something up. */
  entered: boolean;
  place: Place;
}

export function Votes({ play, entered, place }: Props) {
  const { t } = useI18n();
  const standings = useQuery({
    queryKey: ["plays", "votes", play],
    queryFn: () => showVotes(play),
    refetchInterval: 5_000,
  });
  if (standings.isPending) return <Loading />;
  if (standings.isError) return <Failed error={standings.error} retry={() => standings.refetch()} />;
  const { entries, votes, voters, over } = standings.data;
  const count = place.format.count;
  return (
    <>
      <section className="panel people" aria-label={t("votes.standings")}>
        <p className="faint">
          {over && `${t("votes.over")} `}
          {t("votes.turnout", { votes: count(votes), voters: count(voters) })} {t("votes.tie")}
        </p>
        <table className="people-table">
          <thead>
            <tr>
              <th scope="col" className="people-figure">
                {t("votes.place")}
              </th>
              <th scope="col">{t("votes.candidate")}</th>
              <th scope="col">{t("votes.by")}</th>
              <th scope="col" className="people-figure">
                {t("votes.votes")}
              </th>
              <th scope="col">{t("votes.reachedAt")}</th>
            </tr>
          </thead>
          <tbody>
            {entries.map((one) => (
              <tr key={one.entry_id}>
                <td className="people-figure">{count(one.place)}</td>
                <th scope="row">{one.title}</th>
                <td>{one.shopper_id ?? <span className="faint">{t("votes.ours")}</span>}</td>
                <td className="people-figure">{count(one.votes)}</td>
                <td>{one.reached_at != null && place.format.dateTime(one.reached_at)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      {entered && <Entries play={play} place={place} />}
    </>
  );
}

function Entries({ play, place }: { play: string; place: Place }) {
  const { t } = useI18n();
  const { message } = App.useApp();
  const client = useQueryClient();
  const mayDecide = useMay("operator");
  const list = useInfiniteQuery({
    queryKey: ["plays", "vote-entries", play],
    queryFn: ({ pageParam }) => listVoteEntries(play, { limit: 50, before: pageParam }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    refetchInterval: 5_000,
  });
  const decide = useMutation({
    mutationFn: (one: { entry: VoteEntry; show: boolean }) => decideVoteEntry(one.entry.entry_id, one.show),
    onSuccess: () => client.invalidateQueries({ queryKey: ["plays"] }),
    onError: (error) => message.error(problemText(error, t)),
  });
  if (list.isPending) return <Loading />;
  if (list.isError) return <Failed error={list.error} retry={() => list.refetch()} />;
  const entries = list.data.pages.flatMap((page) => page.entries);
  const choice = (entry: VoteEntry, show: boolean) => (
    <Button size="small" loading={decide.isPending} onClick={() => decide.mutate({ entry, show })}>
      {t(show ? "votes.show" : "votes.hide")}
    </Button>
  );
  return (
    <>
      <h2>{t("votes.entered")}</h2>
      {entries.length === 0 && <p className="faint">{t("votes.noEntries")}</p>}
      {entries.length > 0 && (
        <section className="panel people" aria-label={t("votes.entered")}>
          <table className="people-table">
            <thead>
              <tr>
                <th scope="col">{t("votes.candidate")}</th>
                <th scope="col">{t("plays.shopper")}</th>
                <th scope="col">{t("votes.enteredAt")}</th>
                <th scope="col">{t("votes.state")}</th>
                <th scope="col">{t("votes.decidedBy")}</th>
                <th scope="col" />
              </tr>
            </thead>
            <tbody>
              {entries.map((one) => (
                <tr key={one.entry_id}>
                  <th scope="row">
                    {one.title} {one.about !== "" && <span className="faint">{one.about}</span>}
                  </th>
                  <td>{one.shopper_id}</td>
                  <td>{place.format.dateTime(one.entered_at)}</td>
                  <td>
                    <span className="pill">{t(`votes.state.${one.state}`)}</span>
                  </td>
                  <td>{one.decided_by}</td>
                  <td className="people-bar">
                    {mayDecide && one.state !== "shown" && choice(one, true)}
                    {mayDecide && one.state !== "hidden" && choice(one, false)}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
          <MorePages pages={list} />
        </section>
      )}
    </>
  );
}
