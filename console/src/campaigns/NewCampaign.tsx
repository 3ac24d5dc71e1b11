/** A new campaign: from a template, which may bring an offer or a play of its own, then as a form. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, Button, Input } from "antd";
import { useState } from "react";
import { useNavigate } from "react-router";
import { putOffer } from "../api/act";
import { listCampaigns, type Piece, putCampaign } from "../api/campaigns";
import { putPlay } from "../api/plays";
import { useI18n } from "../i18n/i18n";
import { MoneyInput } from "../offers/Amount";
import { Field } from "../offers/BenefitForm";
import { usePlace } from "../people/usePlace";
import { Page } from "../ui/Page";
import { problemText } from "../ui/problem";
import { CampaignForm } from "./CampaignForm";
import { campaignIdOf, campaignPath, type Template, type TemplateId, templateIds, templateOf } from "./campaigns";
import "../people/people.css";
import "../segments/segments.css";
import "../offers/offers.css";
import "./campaigns.css";

export default function NewCampaign() {
  const { t } = useI18n();
  const place = usePlace();
  const [chosen, setChosen] = useState<TemplateId | null>(null);
  if (chosen !== null && place.currency !== undefined)
    return (
      <Editor
        template={chosen}
        first={templateOf(
          chosen,
          t(`campaigns.template.${chosen}`),
          t(`campaigns.template.${chosen}.piece`),
          place.currency ?? "CNY",
          Date.now(),
        )}
        onBack={() => setChosen(null)}
      />
    );
  return (
    <Page title={t("campaigns.create")} about={t("campaigns.createAbout")}>
      <ul className="template-cards">
        {templateIds.map((id) => (
          <li key={id}>
            <button type="button" className="panel template-card" data-template={id} onClick={() => setChosen(id)}>
              <strong>{t(`campaigns.template.${id}`)}</strong>
              <span className="faint">{t(`campaigns.template.${id}.about`)}</span>
            </button>
          </li>
        ))}
      </ul>
    </Page>
  );
}

function Editor({ template, first, onBack }: { template: TemplateId; first: Template; onBack: () => void }) {
  const { t } = useI18n();
  const place = usePlace();
  const navigate = useNavigate();
  const client = useQueryClient();
  const [terms, setTerms] = useState(first.terms);
  const [play, setPlay] = useState(first.play);
  const [typedId, setTypedId] = useState<string | null>(null);
  const known = useQuery({ queryKey: ["campaigns", "taken"], queryFn: () => listCampaigns({ limit: 200 }) });
  const taken = (known.data?.campaigns ?? []).map((campaign) => campaign.campaign_id);
  const id = typedId ?? campaignIdOf(template, taken);
  const save = useMutation({
    mutationFn: async () => {
      // What the template brings is kept first, so that the campaign never names what is not there.
      const own: Piece[] = [];
      if (first.offer !== undefined) {
        await putOffer(id, first.offer);
        own.push({ kind: "offer", id });
      }
      if (play !== undefined) {
        await putPlay(id, play);
        own.push({ kind: "play", id });
      }
      return putCampaign(id, { ...terms, pieces: [...own, ...(terms.pieces ?? [])] });
    },
    onSuccess: async () => {
      await client.invalidateQueries();
      navigate(campaignPath(id, "setup"));
    },
  });
  const clash = taken.includes(id);
  const lacksProduct = play !== undefined && play.rules.product_id === "";
  const size = play?.rules.sizes[0];
  return (
    <Page
      title={terms.name === "" ? t("campaigns.create") : terms.name}
      about={t(`campaigns.template.${template}.about`)}
      tools={
        <>
          <Button onClick={onBack}>{t("offers.otherTemplate")}</Button>
          <Button
            type="primary"
            loading={save.isPending}
            disabled={clash || id === "" || lacksProduct}
            onClick={() => save.mutate()}
          >
            {t("form.save")}
          </Button>
        </>
      }
    >
      <div className="stack">
        {save.isError && <Alert type="error" showIcon title={problemText(save.error, t)} />}
        {clash && <Alert type="warning" showIcon title={t("campaigns.idTaken", { id })} />}
        <div className="fields">
          <Field label={t("offers.id")}>
            <Input
              aria-label={t("offers.id")}
              className="mono"
              value={id}
              onChange={(typed) => setTypedId(typed.target.value.trim())}
            />
          </Field>
          {play !== undefined && (
            <Field label={t("offers.product")}>
              <Input
                aria-label={t("offers.product")}
                className="mono"
                value={play.rules.product_id}
                onChange={(typed) =>
                  setPlay({ ...play, rules: { ...play.rules, product_id: typed.target.value.trim() } })
                }
              />
            </Field>
          )}
          {play !== undefined && size !== undefined && (
            <Field label={t("plays.price")}>
              <MoneyInput
                label={t("plays.price")}
                currency={terms.currency}
                value={size.unit_minor}
                onChange={(minor) =>
                  setPlay({ ...play, rules: { ...play.rules, sizes: [{ ...size, unit_minor: minor ?? 0 }] } })
                }
              />
            </Field>
          )}
        </div>
        <CampaignForm
          terms={terms}
          place={place}
          onChange={setTerms}
          fixed={false}
          made={
            template === "blank" ? undefined : t("campaigns.made", { piece: t(`campaigns.template.${template}.piece`) })
          }
        />
      </div>
    </Page>
  );
}
