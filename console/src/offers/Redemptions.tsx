/** Orders that use an offer, as it happens. */
import { useInfiniteQuery } from "@tanstack/react-query";
import type { RedemptionStatus } from "../api/act";
import { listRedemptions } from "../api/act";
import { useI18n } from "../i18n/i18n";
import { MorePages } from "../people/MorePages";
import type { Place } from "../people/usePlace";
import { unknown } from "../ui/format";
import { Failed, Loading } from "../ui/Page";
import { useNow } from "../ui/useNow";

export function Redemptions({ offer, place }: { offer: string; place: Place }) {
  const { t } = useI18n();
  const now = useNow(5_000);
  const list = useInfiniteQuery({
    queryKey: ["redemptions", offer],
    queryFn: ({ pageParam }) => listRedemptions({ offer_id: offer, limit: 50, before: pageParam }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    refetchInterval: 5_000,
  });
  if (list.isPending) return <Loading />;
  if (list.isError) return <Failed error={list.error} retry={() => list.refetch()} />;
  const { format } = place;
  const redemptions = list.data.pages.flatMap((page) => page.redemptions);
  if (redemptions.length === 0)
    return (
      <div className="panel empty">
        <h2>{t("redemptions.none")}</h2>
        <p>{t("redemptions.noneText")}</p>
      </div>
    );
  return (
    <section className="panel people" aria-label={t("offers.tab.redemptions")}>
      <table className="people-table">
        <thead>
          <tr>
            <th scope="col">{t("redemptions.order")}</th>
            <th scope="col">{t("redemptions.shopper")}</th>
            <th scope="col">{t("offers.status")}</th>
            <th scope="col" className="people-figure">
              {t("redemptions.off")}
            </th>
            <th scope="col" className="people-figure">
              {t("redemptions.payable")}
            </th>
            <th scope="col" className="people-figure">
              {t("redemptions.refunded")}
            </th>
            <th scope="col">{t("redemptions.at")}</th>
          </tr>
        </thead>
        <tbody>
          {redemptions.map((one) => (
            <tr key={one.redemption_id} data-redemption={one.redemption_id}>
              <th scope="row">
                <div className="person-names">
                  <span>{one.order_id ?? unknown}</span>
                  <small className="mono">{one.redemption_id}</small>
                </div>
              </th>
              <td className="mono">{one.shopper_id ?? unknown}</td>
              <td>
                <span className={`pill ${statusTone(one.status)}`}>{t(`redemptions.${one.status}`)}</span>
              </td>
              <td className="people-figure">
                {format.money(one.quote.discount_minor + one.quote.freight_discount_minor, one.quote.currency)}
              </td>
              <td className="people-figure">{format.money(one.quote.payable_minor, one.quote.currency)}</td>
              <td className="people-figure">
                {one.refunded_minor === 0 ? unknown : format.money(one.refunded_minor, one.quote.currency)}
              </td>
              <td title={format.dateTime(one.reserved_at)}>{format.relative(one.reserved_at, now)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <MorePages pages={list} />
    </section>
  );
}

function statusTone(status: RedemptionStatus): string {
  if (status === "redeemed") return "status-live";
  return status === "reserved" || status === "deposited" ? "status-busy" : "";
}
