/** All offers: what each gives, where it stands, how it is used. */
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Button } from "antd";
import { Link, useNavigate } from "react-router";
import { listOffers, listSettlements, type OfferView, type Settlement } from "../api/act";
import { useI18n } from "../i18n/i18n";
import { MorePages } from "../people/MorePages";
import { type Place, usePlace } from "../people/usePlace";
import { useMay } from "../session/session";
import { unknown } from "../ui/format";
import { PlusOutlined } from "../ui/icons";
import { Failed, Loading, Page } from "../ui/Page";
import { useNow } from "../ui/useNow";
import { benefitText, offerPath, stateOf, stateTone } from "./terms";
import "../people/people.css";
import "../segments/segments.css";
import "./offers.css";

export default function OffersPage() {
  const { t } = useI18n();
  const navigate = useNavigate();
  const place = usePlace();
  const mayChange = useMay("operator");
  return (
    <Page
      title={t("nav.offers")}
      about={t("offers.about")}
      tools={
        mayChange && (
          <Button type="primary" icon={<PlusOutlined />} onClick={() => navigate("/offers/new")}>
            {t("offers.create")}
          </Button>
        )
      }
    >
      <AllOffers place={place} mayChange={mayChange} />
    </Page>
  );
}

function AllOffers({ place, mayChange }: { place: Place; mayChange: boolean }) {
  const { t } = useI18n();
  const now = useNow(10_000);
  const list = useInfiniteQuery({
    queryKey: ["offers", "list"],
    queryFn: ({ pageParam }) => listOffers({ limit: 100, after: pageParam }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  });
  const uses = useQuery({ queryKey: ["offers", "uses"], queryFn: listSettlements, refetchInterval: 10_000 });
  if (list.isPending) return <Loading />;
  if (list.isError) return <Failed error={list.error} retry={() => list.refetch()} />;
  const offers = list.data.pages.flatMap((page) => page.offers);
  if (offers.length === 0)
    return (
      <div className="panel empty">
        <h2>{t("offers.none")}</h2>
        <p>{t("offers.noneText")}</p>
        {mayChange && (
          <div className="empty-actions">
            <Link to="/offers/new">{t("offers.create")}</Link>
          </div>
        )}
      </div>
    );
  const usesOf = new Map<string, Settlement[]>();
  for (const use of uses.data?.settlements ?? []) usesOf.set(use.offer_id, [...(usesOf.get(use.offer_id) ?? []), use]);
  return (
    <section className="panel people" aria-label={t("nav.offers")}>
      <table className="people-table">
        <thead>
          <tr>
            <th scope="col">{t("offers.name")}</th>
            <th scope="col">{t("offers.status")}</th>
            <th scope="col">{t("offers.ends_at")}</th>
            <th scope="col" className="people-figure">
              {t("offers.redeemed")}
            </th>
            <th scope="col" className="people-figure">
              {t("offers.given")}
            </th>
          </tr>
        </thead>
        <tbody>
          {offers.map((offer) => (
            <Row key={offer.offer_id} offer={offer} uses={usesOf.get(offer.offer_id) ?? []} place={place} now={now} />
          ))}
        </tbody>
      </table>
      <MorePages pages={list} />
    </section>
  );
}

interface RowProps {
  offer: OfferView;
  uses: Settlement[];
  place: Place;
  now: number;
}

function Row({ offer, uses, place, now }: RowProps) {
  const { t } = useI18n();
  const { format } = place;
  const state = stateOf(offer, now);
  const redeemed = uses.reduce((total, use) => total + use.orders, 0);
  const given = uses.filter((use) => use.net_minor !== 0).map((use) => format.money(use.net_minor, use.currency));
  return (
    <tr data-offer={offer.offer_id}>
      <th scope="row">
        <div className="person-names segment-name">
          <Link to={offerPath(offer.offer_id)}>{offer.terms.name}</Link>
          <small>{benefitText(offer.terms.benefit, { t, format, currency: place.currency ?? "CNY" })}</small>
        </div>
      </th>
      <td>
        <span className={`pill ${stateTone(state)}`}>{t(`offers.state.${state}`)}</span>
      </td>
      <td>{offer.terms.ends_at == null ? unknown : format.dateTime(offer.terms.ends_at)}</td>
      <td className="people-figure">{format.count(redeemed)}</td>
      <td className="people-figure">{given.length === 0 ? unknown : given.join(" + ")}</td>
    </tr>
  );
}
