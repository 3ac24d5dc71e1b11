/** Bargains, the latest first: how far each came, and where its price stands in the ledger. */
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { type BargainState, type BargainView, listBargains } from "../api/plays";
import { useI18n } from "../i18n/i18n";
import { MorePages } from "../people/MorePages";
import type { Place } from "../people/usePlace";
import { Failed, Loading } from "../ui/Page";

const tones: Record<BargainState, string> = {
  open: "status-busy",
  ordered: "status-busy",
  completed: "status-live",
  failed: "status-bad",
};

interface Props {
  /** Those of this play; of all, if null. */
  play: string | null;
  inFlight: boolean;
  place: Place;
}

export function Bargains({ play, inFlight, place }: Props) {
  const { t } = useI18n();
  const list = useInfiniteQuery({
    queryKey: ["plays", "bargains", play, inFlight],
    queryFn: ({ pageParam }) =>
      listBargains({ play_id: play, in_flight: inFlight ? "true" : "false", limit: 50, before: pageParam }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    refetchInterval: 5_000,
  });
  if (list.isPending) return <Loading />;
  if (list.isError) return <Failed error={list.error} retry={() => list.refetch()} />;
  const bargains = list.data.pages.flatMap((page) => page.bargains);
  if (bargains.length === 0)
    return <p className="faint">{t(inFlight ? "plays.noBargainInFlight" : "plays.noBargains")}</p>;
  return (
    <section className="panel people" aria-label={t("plays.bargains")}>
      <table className="people-table">
        <thead>
          <tr>
            <th scope="col">{t("plays.bargain")}</th>
            <th scope="col">{t("offers.status")}</th>
            <th scope="col" className="people-figure">
              {t("plays.helped")}
            </th>
            <th scope="col" className="people-figure">
              {t("plays.priceNow")}
            </th>
            <th scope="col">{t("plays.closesAt")}</th>
            <th scope="col">{t("nav.ledger")}</th>
          </tr>
        </thead>
        <tbody>
          {bargains.map((bargain) => (
            <Row key={bargain.bargain_id} bargain={bargain} place={place} />
          ))}
        </tbody>
      </table>
      <MorePages pages={list} />
    </section>
  );
}

function Row({ bargain, place }: { bargain: BargainView; place: Place }) {
  const { t } = useI18n();
  const currency = place.currency ?? "CNY";
  const entries = `/ledger?tab=transfers&account=${encodeURIComponent(`to_cut/${bargain.bargain_id}`)}`;
  return (
    <tr data-bargain={bargain.bargain_id}>
      <th scope="row">
        <div className="person-names segment-name">
          <span className="mono">{bargain.bargain_id}</span>
          <small>{t("plays.ledBy", { leader: bargain.shopper_id, product: bargain.product_id })}</small>
        </div>
      </th>
      <td>
        <span className={`pill ${tones[bargain.state]}`}>{t(`plays.bargainState.${bargain.state}`)}</span>
      </td>
      <td className="people-figure">
        {place.format.count(bargain.helped)} / {place.format.count(bargain.helps)}
      </td>
      <td className="people-figure">{place.format.money(bargain.price_minor, currency)}</td>
      <td>{place.format.dateTime(bargain.ended_at ?? bargain.closes_at)}</td>
      <td>
        <Link to={entries}>{t("plays.toCut")}</Link>
      </td>
    </tr>
  );
}
