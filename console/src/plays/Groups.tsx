/** Groups, the latest first: their seats, and where those stand in the ledger. */
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { type GroupState, type GroupView, listGroups } from "../api/plays";
import { useI18n } from "../i18n/i18n";
import { MorePages } from "../people/MorePages";
import type { Place } from "../people/usePlace";
import { Failed, Loading } from "../ui/Page";

const tones: Record<GroupState, string> = {
  forming: "status-busy",
  open: "status-busy",
  completed: "status-live",
  failed: "status-bad",
};

interface Props {
  /** Those of this play; of all, if null. */
  play: string | null;
  inFlight: boolean;
  place: Place;
}

export function Groups({ play, inFlight, place }: Props) {
  const { t } = useI18n();
  const list = useInfiniteQuery({
    queryKey: ["plays", "groups", play, inFlight],
    queryFn: ({ pageParam }) =>
      listGroups({ play_id: play, in_flight: inFlight ? "true" : "false", limit: 50, before: pageParam }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    refetchInterval: 5_000,
  });
  if (list.isPending) return <Loading />;
  if (list.isError) return <Failed error={list.error} retry={() => list.refetch()} />;
  const groups = list.data.pages.flatMap((page) => page.groups);
  if (groups.length === 0) return <p className="faint">{t(inFlight ? "plays.noneInFlight" : "plays.noGroups")}</p>;
  return (
    <section className="panel people" aria-label={t("plays.groups")}>
      <table className="people-table">
        <thead>
          <tr>
            <th scope="col">{t("plays.group")}</th>
            <th scope="col">{t("offers.status")}</th>
            <th scope="col" className="people-figure">
              {t("plays.paid")}
            </th>
            <th scope="col" className="people-figure">
              {t("plays.held")}
            </th>
            <th scope="col">{t("plays.closesAt")}</th>
            <th scope="col">{t("nav.ledger")}</th>
          </tr>
        </thead>
        <tbody>
          {groups.map((group) => (
            <Row key={group.group_id} group={group} place={place} />
          ))}
        </tbody>
      </table>
      <MorePages pages={list} />
    </section>
  );
}

function Row({ group, place }: { group: GroupView; place: Place }) {
  const { t } = useI18n();
  const entries = (account: string) =>
    `/ledger?tab=transfers&account=${encodeURIComponent(`${account}/${group.group_id}`)}`;
  return (
    <tr data-group={group.group_id}>
      <th scope="row">
        <div className="person-names segment-name">
          <span className="mono">{group.group_id}</span>
          <small>{t("plays.ledBy", { leader: group.leader_id, product: group.product_id })}</small>
        </div>
      </th>
      <td>
        <span className={`pill ${tones[group.state]}`}>{t(`plays.state.${group.state}`)}</span>
      </td>
      <td className="people-figure">
        {place.format.count(group.paid)} / {place.format.count(group.size)}
      </td>
      <td className="people-figure">{place.format.count(group.held)}</td>
      <td>{place.format.dateTime(group.ended_at ?? group.closes_at)}</td>
      <td>
        <Link to={entries("seats")}>{t("plays.seats")}</Link> <Link to={entries("members")}>{t("plays.members")}</Link>
      </td>
    </tr>
  );
}
