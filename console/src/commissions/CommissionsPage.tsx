/** Commission: withdrawals that wait for a decision, and everybody who shares with what they have. */
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { listSharers, type SharerView } from "../api/commissions";
import { useI18n } from "../i18n/i18n";
import { MorePages } from "../people/MorePages";
import { type Place, usePlace } from "../people/usePlace";
import { Failed, Loading, Page } from "../ui/Page";
import { Withdrawals } from "./Withdrawals";
import "../people/people.css";
import "../segments/segments.css";
import "../offers/offers.css";

export const sharerPath = (id: string) => `/commissions/${encodeURIComponent(id)}`;

export default function CommissionsPage() {
  const { t } = useI18n();
  const place = usePlace();
  return (
    <Page title={t("nav.commissions")} about={t("commissions.about")}>
      <div className="stack">
        <Withdrawals place={place} />
        <h2>{t("commissions.sharers")}</h2>
        <Sharers place={place} />
      </div>
    </Page>
  );
}

function Sharers({ place }: { place: Place }) {
  const { t } = useI18n();
  const list = useInfiniteQuery({
    queryKey: ["commissions", "sharers"],
    queryFn: ({ pageParam }) => listSharers({ limit: 50, after: pageParam }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  });
  if (list.isPending) return <Loading />;
  if (list.isError) return <Failed error={list.error} retry={() => list.refetch()} />;
  const sharers = list.data.pages.flatMap((page) => page.sharers);
  if (sharers.length === 0) return <p className="faint">{t("commissions.noSharers")}</p>;
  return (
    <section className="panel people" aria-label={t("commissions.sharers")}>
      <table className="people-table">
        <thead>
          <tr>
            <th scope="col">{t("commissions.sharer")}</th>
            <th scope="col">{t("commissions.code")}</th>
            <BalanceHeads />
            <th scope="col">{t("commissions.joined")}</th>
          </tr>
        </thead>
        <tbody>
          {sharers.map((sharer) => (
            <Row key={sharer.sharer_id} sharer={sharer} place={place} />
          ))}
        </tbody>
      </table>
      <MorePages pages={list} />
    </section>
  );
}

export function BalanceHeads() {
  const { t } = useI18n();
  const heads = [
    "commissions.available",
    "commissions.frozen",
    "commissions.requested",
    "commissions.balance",
  ] as const;
  return heads.map((head) => (
    <th key={head} scope="col" className="people-figure">
      {t(head)}
    </th>
  ));
}

function Row({ sharer, place }: { sharer: SharerView; place: Place }) {
  const shown = (of: "available_minor" | "frozen_minor" | "requested_minor" | "balance_minor") =>
    sharer.balances.map((one) => place.format.money(one[of], one.currency)).join(", ") || "–";
  return (
    <tr data-sharer={sharer.sharer_id}>
      <th scope="row">
        <Link to={sharerPath(sharer.sharer_id)}>{sharer.sharer_id}</Link>
      </th>
      <td className="mono">{sharer.code}</td>
      <td className="people-figure">{shown("available_minor")}</td>
      <td className="people-figure">{shown("frozen_minor")}</td>
      <td className="people-figure">{shown("requested_minor")}</td>
      <td className="people-figure">{shown("balance_minor")}</td>
      <td>{place.format.dateTime(sharer.joined_at)}</td>
    </tr>
  );
}
