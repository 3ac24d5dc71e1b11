/** One offer: its terms, a cart to try it on, publishing with what the gates found, its past, its use. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button, Modal, Popconfirm, Tabs } from "antd";
import { useEffect, useState } from "react";
import { Link, useParams, useSearchParams } from "react-router";
import type { OfferView, Terms } from "../api/act";
import { publishOffer, putOffer, readOffer, withdrawOffer } from "../api/act";
import { useI18n } from "../i18n/i18n";
import { type Place, usePlace } from "../people/usePlace";
import { useMay } from "../session/session";
import { Failed, Loading, Page } from "../ui/Page";
import { problemText } from "../ui/problem";
import { useNow } from "../ui/useNow";
import { Gates } from "./Gates";
import { Redemptions } from "./Redemptions";
import { TermsForm } from "./TermsForm";
import { TryCart } from "./TryCart";
import { benefitText, stateOf, stateTone } from "./terms";
import { Versions } from "./Versions";
import "../people/people.css";
import "../segments/segments.css";
import "./offers.css";

const tabs = ["terms", "try", "redemptions", "versions"] as const;

export default function OfferPage() {
  const { id = "" } = useParams();
  const { t } = useI18n();
  const place = usePlace();
  const offer = useQuery({ queryKey: ["offers", id], queryFn: () => readOffer(id) });
  if (offer.isPending)
    return (
      <Page title={t("nav.offers")}>
        <Loading />
      </Page>
    );
  if (offer.isError)
    return (
      <Page title={t("nav.offers")}>
        <Failed error={offer.error} retry={() => offer.refetch()} />
      </Page>
    );
  return <Shown key={id} offer={offer.data} place={place} />;
}

function Shown({ offer, place }: { offer: OfferView; place: Place }) {
  const { t } = useI18n();
  const now = useNow(10_000);
  const mayChange = useMay("operator");
  const [params, setParams] = useSearchParams();
  const tab = tabs.find((one) => one === params.get("tab")) ?? "terms";
  const currency = place.currency ?? "CNY";
  const state = stateOf(offer, now);
  const { terms } = offer;
  const content = {
    terms: <Edit offer={offer} currency={currency} place={place} mayChange={mayChange} />,
    try: (
      <TryCart
        key={offer.version}
        drafts={[offer.offer_id]}
        currency={currency}
        place={place}
        products={terms.scope?.products ?? []}
      />
    ),
    redemptions: <Redemptions offer={offer.offer_id} place={place} />,
    versions: (
      <Versions id={offer.offer_id} published={offer.published_version ?? null} currency={currency} place={place} />
    ),
  };
  return (
    <Page
      title={terms.name}
      about={
        <>
          <span className={`pill ${stateTone(state)}`}>{t(`offers.state.${state}`)}</span>{" "}
          {benefitText(terms.benefit, { t, format: place.format, currency })}{" "}
          <span className="mono">{offer.offer_id}</span>
        </>
      }
      tools={
        <>
          {terms.claim === "coupon" && (
            <Link to={`/codes?offer=${encodeURIComponent(offer.offer_id)}`}>{t("nav.codes")}</Link>
          )}
          {mayChange && <Publishing offer={offer} place={place} />}
        </>
      }
    >
      <Tabs
        activeKey={tab}
        destroyOnHidden
        onChange={(key) => setParams(key === "terms" ? {} : { tab: key }, { replace: true })}
        items={tabs.map((key) => ({ key, label: t(`offers.tab.${key}`), children: content[key] }))}
      />
    </Page>
  );
}

function Publishing({ offer, place }: { offer: OfferView; place: Place }) {
  const { t } = useI18n();
  const { message } = App.useApp();
  const client = useQueryClient();
  const renew = () => client.invalidateQueries({ queryKey: ["offers"] });
  const publish = useMutation({ mutationFn: () => publishOffer(offer.offer_id), onSuccess: renew });
  const withdraw = useMutation({
    mutationFn: () => withdrawOffer(offer.offer_id),
    onSuccess: renew,
    onError: (error) => message.error(problemText(error, t)),
  });
  const isLatest = offer.published_version === offer.version;
  return (
    <>
      {offer.published_version != null && (
        <Popconfirm title={t("offers.withdrawTitle")} onConfirm={() => withdraw.mutate()}>
          <Button loading={withdraw.isPending}>{t("offers.withdraw")}</Button>
        </Popconfirm>
      )}
      {!isLatest && (
        <Button type="primary" loading={publish.isPending} onClick={() => publish.mutate()}>
          {t("offers.publish", { version: offer.version })}
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

interface EditProps {
  offer: OfferView;
  currency: string;
  place: Place;
  mayChange: boolean;
}

function Edit({ offer, currency, place, mayChange }: EditProps) {
  const { t } = useI18n();
  const { message } = App.useApp();
  const client = useQueryClient();
  const [terms, setTerms] = useState<Terms>(offer.terms);
  // Somebody else may have saved a version meanwhile, or this was just saved.
  useEffect(() => setTerms(offer.terms), [offer.terms]);
  const changed = JSON.stringify(terms) !== JSON.stringify(offer.terms);
  const save = useMutation({
    mutationFn: () => putOffer(offer.offer_id, terms),
    onSuccess: async (saved) => {
      await client.invalidateQueries({ queryKey: ["offers"] });
      message.success(t("offers.saved", { version: saved.version }));
    },
  });
  if (!mayChange) return <pre className="panel mono rule-shown">{JSON.stringify(offer.terms, null, 2)}</pre>;
  return (
    <div className="stack">
      {save.isError && <Alert type="error" showIcon title={problemText(save.error, t)} />}
      <TermsForm key={offer.version} terms={terms} currency={currency} place={place} onChange={setTerms} />
      <div className="people-bar save-bar">
        <span className="faint">{t("offers.saveAbout")}</span>
        <Button type="primary" disabled={!changed} loading={save.isPending} onClick={() => save.mutate()}>
          {t("offers.saveVersion")}
        </Button>
      </div>
    </div>
  );
}
