/** One campaign: its numbers while it runs, how it is set up, its gates, its history, and its review once it is closed. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button, Modal, Popconfirm, Tabs } from "antd";
import { useEffect, useState } from "react";
import { Link, useParams, useSearchParams } from "react-router";
import {
  type CampaignView,
  checkCampaign,
  closeCampaign,
  pauseCampaign,
  publishCampaign,
  putCampaign,
  readCampaign,
  readHistory,
  readNumbers,
  resumeCampaign,
} from "../api/campaigns";
import { useI18n } from "../i18n/i18n";
import { Gates } from "../offers/Gates";
import { type Place, usePlace } from "../people/usePlace";
import { useMay } from "../session/session";
import { Failed, Loading, Page, Panel } from "../ui/Page";
import { problemText } from "../ui/problem";
import { CampaignForm } from "./CampaignForm";
import { piecePath, toneOf, whyOf } from "./campaigns";
import { Numbers } from "./Numbers";
import { ReviewOf } from "./ReviewOf";
import "../people/people.css";
import "../segments/segments.css";
import "../offers/offers.css";
import "./campaigns.css";

export default function CampaignPage() {
  const { id = "" } = useParams();
  const { t } = useI18n();
  const place = usePlace();
  const campaign = useQuery({
    queryKey: ["campaigns", "one", id],
    queryFn: () => readCampaign(id),
    refetchInterval: 5_000,
  });
  if (campaign.isPending)
    return (
      <Page title={t("nav.campaigns")}>
        <Loading />
      </Page>
    );
  if (campaign.isError)
    return (
      <Page title={t("nav.campaigns")}>
        <Failed error={campaign.error} retry={() => campaign.refetch()} />
      </Page>
    );
  return <Shown key={id} campaign={campaign.data} place={place} />;
}

function Shown({ campaign, place }: { campaign: CampaignView; place: Place }) {
  const { t } = useI18n();
  const mayChange = useMay("operator");
  const [params, setParams] = useSearchParams();
  const { state } = campaign.status;
  const tabs = [
    ...(state === "draft" ? [] : ["numbers" as const]),
    "setup" as const,
    ...(state === "draft" ? ["gates" as const] : []),
    ...(state === "closed" ? ["review" as const] : []),
    "history" as const,
  ];
  const first = state === "draft" ? "setup" : state === "closed" ? "review" : "numbers";
  const tab = tabs.find((one) => one === params.get("tab")) ?? first;
  const why = whyOf(campaign);
  const content = {
    numbers: <Live campaign={campaign} place={place} />,
    setup: <Setup campaign={campaign} place={place} mayChange={mayChange && state !== "closed"} />,
    gates: <Checked id={campaign.campaign_id} version={campaign.version} place={place} />,
    review: <ReviewOf id={campaign.campaign_id} place={place} />,
    history: <History id={campaign.campaign_id} place={place} />,
  };
  return (
    <Page
      title={campaign.terms.name}
      about={
        <>
          <span className={`pill ${toneOf(campaign)}`}>{t(`campaigns.state.${state}`)}</span>{" "}
          {why !== null && <>{t(`campaigns.why.${why}`)} </>}
          <span className="mono">{campaign.campaign_id}</span>
        </>
      }
      tools={mayChange && <Steps campaign={campaign} place={place} />}
    >
      <Tabs
        activeKey={tab}
        destroyOnHidden
        onChange={(key) => setParams({ tab: key }, { replace: true })}
        items={tabs.map((key) => ({ key, label: t(`campaigns.tab.${key}`), children: content[key] }))}
      />
    </Page>
  );
}

/** What may be done with it now. */
function Steps({ campaign, place }: { campaign: CampaignView; place: Place }) {
  const { t } = useI18n();
  const { message } = App.useApp();
  const client = useQueryClient();
  const { campaign_id: id } = campaign;
  const { state } = campaign.status;
  const renew = () => client.invalidateQueries();
  const onError = (error: unknown) => message.error(problemText(error, t));
  const publish = useMutation({ mutationFn: () => publishCampaign(id), onSettled: renew });
  const pause = useMutation({ mutationFn: () => pauseCampaign(id), onSuccess: renew, onError });
  const resume = useMutation({ mutationFn: () => resumeCampaign(id), onSuccess: renew, onError });
  const close = useMutation({ mutationFn: () => closeCampaign(id), onSuccess: renew, onError });
  return (
    <>
      {(state === "running" || state === "published") && (
        <Popconfirm title={t("campaigns.pauseTitle")} onConfirm={() => pause.mutate()}>
          <Button loading={pause.isPending}>{t("campaigns.pause")}</Button>
        </Popconfirm>
      )}
      {state === "paused" && (
        <Button type="primary" loading={resume.isPending} onClick={() => resume.mutate()}>
          {t("campaigns.resume")}
        </Button>
      )}
      {state !== "draft" && state !== "closed" && (
        <Popconfirm title={t("campaigns.closeTitle")} onConfirm={() => close.mutate()}>
          <Button danger loading={close.isPending}>
            {t("campaigns.close")}
          </Button>
        </Popconfirm>
      )}
      {state === "draft" && (
        <Button type="primary" loading={publish.isPending} onClick={() => publish.mutate()}>
          {t("campaigns.publish")}
        </Button>
      )}
      <Modal
        open={publish.isSuccess || publish.isError}
        title={publish.isError ? t("offers.refused") : t("offers.published")}
        onOk={() => publish.reset()}
        onCancel={() => publish.reset()}
        okText={t("offers.seen")}
        cancelButtonProps={{ style: { display: "none" } }}
      >
        {publish.isError && <Alert type="error" showIcon title={problemText(publish.error, t)} />}
        {publish.data !== undefined && <Gates gates={publish.data.gates} place={place} />}
      </Modal>
    </>
  );
}

function Live({ campaign, place }: { campaign: CampaignView; place: Place }) {
  const numbers = useQuery({
    queryKey: ["campaigns", "numbers", campaign.campaign_id],
    queryFn: () => readNumbers(campaign.campaign_id),
    refetchInterval: 5_000,
  });
  if (numbers.isPending) return <Loading />;
  if (numbers.isError) return <Failed error={numbers.error} retry={() => numbers.refetch()} />;
  return <Numbers numbers={numbers.data} terms={campaign.terms} place={place} />;
}

function Setup({ campaign, place, mayChange }: { campaign: CampaignView; place: Place; mayChange: boolean }) {
  const { t } = useI18n();
  const { message } = App.useApp();
  const client = useQueryClient();
  const [terms, setTerms] = useState(campaign.terms);
  // Somebody else may have saved a version meanwhile, or this was just saved.
  const saved = JSON.stringify(campaign.terms);
  useEffect(() => setTerms(JSON.parse(saved)), [saved]);
  const save = useMutation({
    mutationFn: () => putCampaign(campaign.campaign_id, terms),
    onSuccess: async (kept) => {
      await client.invalidateQueries({ queryKey: ["campaigns"] });
      message.success(t("offers.saved", { version: kept.version }));
    },
  });
  return (
    <div className="stack">
      {save.isError && <Alert type="error" showIcon title={problemText(save.error, t)} />}
      <Panel title={t("campaigns.pieces")} label={t("campaigns.pieces")}>
        <div className="panel-body">
          <ul className="gates">
            {campaign.pieces.map((piece) => (
              <li key={`${piece.kind}/${piece.id}`} data-piece={piece.id}>
                <span className={`pill ${piece.look?.published_version == null ? "" : "status-live"}`}>
                  {t(piece.look?.published_version == null ? "offers.state.draft" : "offers.state.live")}
                </span>
                <div>
                  <Link to={piecePath(piece)}>{piece.look?.name ?? piece.id}</Link>{" "}
                  <span className="faint">{t(`campaigns.kind.${piece.kind}`)}</span>
                </div>
              </li>
            ))}
          </ul>
        </div>
      </Panel>
      <CampaignForm terms={terms} place={place} onChange={setTerms} fixed={campaign.status.state !== "draft"} />
      {mayChange && (
        <div className="people-bar save-bar">
          <span className="faint">{t("campaigns.saveAbout")}</span>
          <Button
            type="primary"
            disabled={JSON.stringify(terms) === saved}
            loading={save.isPending}
            onClick={() => save.mutate()}
          >
            {t("offers.saveVersion")}
          </Button>
        </div>
      )}
    </div>
  );
}

function Checked({ id, version, place }: { id: string; version: number; place: Place }) {
  const { t } = useI18n();
  const found = useQuery({ queryKey: ["campaigns", "gates", id, version], queryFn: () => checkCampaign(id) });
  if (found.isPending) return <Loading />;
  if (found.isError) return <Failed error={found.error} retry={() => found.refetch()} />;
  return (
    <Panel title={t("campaigns.tab.gates")} label={t("campaigns.tab.gates")}>
      <div className="panel-body stack">
        <Gates gates={found.data.gates} place={place} />
      </div>
    </Panel>
  );
}

function History({ id, place }: { id: string; place: Place }) {
  const { t } = useI18n();
  const history = useQuery({ queryKey: ["campaigns", "history", id], queryFn: () => readHistory(id) });
  if (history.isPending) return <Loading />;
  if (history.isError) return <Failed error={history.error} retry={() => history.refetch()} />;
  return (
    <section className="panel people" aria-label={t("campaigns.tab.history")}>
      <table className="people-table">
        <thead>
          <tr>
            <th scope="col">{t("campaigns.what")}</th>
            <th scope="col">{t("campaigns.when")}</th>
            <th scope="col">{t("campaigns.who")}</th>
            <th scope="col" className="people-figure">
              {t("campaigns.version")}
            </th>
          </tr>
        </thead>
        <tbody>
          {history.data.steps.map((step) => (
            <tr key={step.number}>
              <th scope="row">{step.what}</th>
              <td>{place.format.dateTime(step.at)}</td>
              <td className="mono">{step.by === "" ? t("campaigns.itself") : step.by}</td>
              <td className="people-figure">{place.format.count(step.version)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
