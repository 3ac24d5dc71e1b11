/** All campaigns: how each stands, until when, and what it may cost. */
import { useInfiniteQuery } from "@tanstack/react-query";
import { Button } from "antd";
import { Link, useNavigate } from "react-router";
import { type CampaignView, listCampaigns } from "../api/campaigns";
import { useI18n } from "../i18n/i18n";
import { MorePages } from "../people/MorePages";
import { type Place, usePlace } from "../people/usePlace";
import { useMay } from "../session/session";
import { PlusOutlined } from "../ui/icons";
import { Failed, Loading, Page } from "../ui/Page";
import { campaignPath, toneOf, whyOf } from "./campaigns";
import "../people/people.css";
import "../segments/segments.css";
import "../offers/offers.css";

export default function CampaignsPage() {
  const { t } = useI18n();
  const navigate = useNavigate();
  const place = usePlace();
  const mayChange = useMay("operator");
  const list = useInfiniteQuery({
    queryKey: ["campaigns", "list"],
    queryFn: ({ pageParam }) => listCampaigns({ limit: 50, after: pageParam }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  });
  const campaigns = list.data?.pages.flatMap((page) => page.campaigns) ?? [];
  return (
    <Page
      title={t("nav.campaigns")}
      about={t("campaigns.about")}
      tools={
        mayChange && (
          <Button type="primary" icon={<PlusOutlined />} onClick={() => navigate("/campaigns/new")}>
            {t("campaigns.create")}
          </Button>
        )
      }
    >
      {list.isPending && <Loading />}
      {list.isError && <Failed error={list.error} retry={() => list.refetch()} />}
      {list.isSuccess && campaigns.length === 0 && (
        <div className="panel empty">
          <h2>{t("campaigns.none")}</h2>
          <p>{t("campaigns.noneText")}</p>
        </div>
      )}
      {campaigns.length > 0 && (
        <section className="panel people" aria-label={t("nav.campaigns")}>
          <table className="people-table">
            <thead>
              <tr>
                <th scope="col">{t("offers.name")}</th>
                <th scope="col">{t("offers.status")}</th>
                <th scope="col">{t("campaigns.pieces")}</th>
                <th scope="col" className="people-figure">
                  {t("campaigns.budget")}
                </th>
                <th scope="col">{t("campaigns.ends")}</th>
              </tr>
            </thead>
            <tbody>
              {campaigns.map((campaign) => (
                <Row key={campaign.campaign_id} campaign={campaign} place={place} />
              ))}
            </tbody>
          </table>
          <MorePages pages={list} />
        </section>
      )}
    </Page>
  );
}

function Row({ campaign, place }: { campaign: CampaignView; place: Place }) {
  const { t } = useI18n();
  const { terms } = campaign;
  const why = whyOf(campaign);
  return (
    <tr data-campaign={campaign.campaign_id}>
      <th scope="row">
        <div className="person-names segment-name">
          <Link to={campaignPath(campaign.campaign_id)}>{terms.name}</Link>
          <small className="mono">{campaign.campaign_id}</small>
        </div>
      </th>
      <td>
        <span className={`pill ${toneOf(campaign)}`}>{t(`campaigns.state.${campaign.status.state}`)}</span>
        {why !== null && <small className="faint"> {t(`campaigns.why.${why}`)}</small>}
      </td>
      <td>{campaign.pieces.map((piece) => piece.look?.name ?? piece.id).join(t("list.separator"))}</td>
      <td className="people-figure">{place.format.money(terms.budget_minor, terms.currency)}</td>
      <td>{place.format.dateTime(terms.ends_at)}</td>
    </tr>
  );
}
