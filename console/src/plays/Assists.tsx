/** Invitations, the latest first: how many friends accepted and count, which rungs were given, and the friends of each. */
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Button } from "antd";
import { useState } from "react";
import { Link } from "react-router";
import { type AssistState, type AssistView, listAssists, readAssist } from "../api/plays";
import { useI18n } from "../i18n/i18n";
import { MorePages } from "../people/MorePages";
import type { Place } from "../people/usePlace";
import { Failed, Loading } from "../ui/Page";

const tones: Record<AssistState, string> = {
  open: "status-busy",
  settling: "status-busy",
  completed: "status-live",
  failed: "status-bad",
};

interface Props {
  /** Those of this play; of all, if null. */
  play: string | null;
  inFlight: boolean;
  place: Place;
}

export function Assists({ play, inFlight, place }: Props) {
  const { t } = useI18n();
  const [shown, setShown] = useState<string | null>(null);
  const list = useInfiniteQuery({
    queryKey: ["plays", "assists", play, inFlight],
    queryFn: ({ pageParam }) =>
      listAssists({ play_id: play, in_flight: inFlight ? "true" : "false", limit: 50, before: pageParam }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    refetchInterval: 5_000,
  });
  if (list.isPending) return <Loading />;
  if (list.isError) return <Failed error={list.error} retry={() => list.refetch()} />;
  const assists = list.data.pages.flatMap((page) => page.assists);
  if (assists.length === 0) return <p className="faint">{t(inFlight ? "assists.noneInFlight" : "assists.none")}</p>;
  return (
    <section className="panel people" aria-label={t("assists.title")}>
      <table className="people-table">
        <thead>
          <tr>
            <th scope="col">{t("assists.one")}</th>
            <th scope="col">{t("offers.status")}</th>
            <th scope="col" className="people-figure">
              {t("assists.accepted")}
            </th>
            <th scope="col" className="people-figure">
              {t("assists.activated")}
            </th>
            <th scope="col">{t("assists.given")}</th>
            <th scope="col">{t("plays.closesAt")}</th>
            <th scope="col">{t("nav.ledger")}</th>
          </tr>
        </thead>
        <tbody>
          {assists.map((assist) => (
            <Row
              key={assist.assist_id}
              assist={assist}
              place={place}
              open={shown === assist.assist_id}
              toggle={() => setShown(shown === assist.assist_id ? null : assist.assist_id)}
            />
          ))}
        </tbody>
      </table>
      <MorePages pages={list} />
    </section>
  );
}

interface RowProps {
  assist: AssistView;
  place: Place;
  open: boolean;
  toggle: () => void;
}

function Row({ assist, place, open, toggle }: RowProps) {
  const { t } = useI18n();
  const count = place.format.count;
  const first = assist.rungs[0]?.friends ?? 1;
  const entries = `/ledger?tab=transfers&account=${encodeURIComponent(`assist_given/${assist.play_id}/${first}`)}`;
  const given = assist.rungs.filter((rung) => rung.given_at != null).map((rung) => count(rung.friends));
  return (
    <>
      <tr data-assist={assist.assist_id}>
        <th scope="row">
          <div className="person-names segment-name">
            <Button type="link" className="mono" aria-expanded={open} onClick={toggle}>
              {assist.assist_id}
            </Button>
            <small>{t("assists.by", { inviter: assist.shopper_id, play: assist.play_id })}</small>
          </div>
        </th>
        <td>
          <span className={`pill ${tones[assist.state]}`}>{t(`assists.state.${assist.state}`)}</span>
        </td>
        <td className="people-figure">{count(assist.accepted)}</td>
        <td className="people-figure">
          {count(assist.activated)} / {count(assist.rungs.at(-1)?.friends ?? 0)}
        </td>
        <td>{given.length === 0 ? "–" : t("assists.givenFor", { friends: given.join(", ") })}</td>
        <td>{place.format.dateTime(assist.ended_at ?? assist.closes_at)}</td>
        <td>
          <Link to={entries}>{t("assists.promises")}</Link>
        </td>
      </tr>
      {open && (
        <tr>
          <td colSpan={7}>
            <Friends assist={assist.assist_id} place={place} />
          </td>
        </tr>
      )}
    </>
  );
}

/** Who accepted one, and what became of it. */
function Friends({ assist, place }: { assist: string; place: Place }) {
  const { t } = useI18n();
  const detail = useQuery({
    queryKey: ["plays", "assist", assist],
    queryFn: () => readAssist(assist),
    refetchInterval: 5_000,
  });
  if (detail.isPending) return <Loading />;
  if (detail.isError) return <Failed error={detail.error} retry={() => detail.refetch()} />;
  const { invited } = detail.data;
  if (invited.length === 0) return <p className="faint">{t("assists.nobody")}</p>;
  const at = place.format.dateTime;
  return (
    <ul aria-label={t("assists.friends")}>
      {invited.map((friend) => (
        <li key={friend.shopper_id}>
          {friend.shopper_id}{" "}
          <span className="faint">
            {friend.activated_at != null
              ? t("assists.counts", { at: at(friend.activated_at) })
              : friend.due_at != null
                ? t("assists.due", { at: at(friend.due_at) })
                : t("assists.acceptedAt", { at: at(friend.accepted_at) })}
          </span>
        </li>
      ))}
    </ul>
  );
}
