/** A new offer: from a template, then as a form. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, Button, Input } from "antd";
import { useState } from "react";
import { useNavigate } from "react-router";
import type { Terms } from "../api/act";
import { listOffers, putOffer } from "../api/act";
import { useI18n } from "../i18n/i18n";
import { usePlace } from "../people/usePlace";
import { Page } from "../ui/Page";
import { problemText } from "../ui/problem";
import { Field } from "./BenefitForm";
import { TermsForm } from "./TermsForm";
import { type TemplateId, templateIds, termsOf } from "./templates";
import { offerIdOf, offerPath } from "./terms";
import "../people/people.css";
import "../segments/segments.css";
import "./offers.css";

export default function NewOffer() {
  const { t } = useI18n();
  const place = usePlace();
  const currency = place.currency ?? "CNY";
  const [draft, setDraft] = useState<{ template: TemplateId; terms: Terms } | null>(null);
  const choose = (template: TemplateId) =>
    setDraft({ template, terms: termsOf(template, t(`template.${template}`), currency, Date.now()) });
  if (draft !== null)
    return (
      <Editor
        key={draft.template}
        template={draft.template}
        first={draft.terms}
        currency={currency}
        onBack={() => setDraft(null)}
      />
    );
  return (
    <Page title={t("offers.create")} about={t("offers.templatesAbout")}>
      <ul className="template-cards">
        {templateIds.map((id) => (
          <li key={id}>
            <button type="button" className="panel template-card" data-template={id} onClick={() => choose(id)}>
              <strong>{t(`template.${id}`)}</strong>
              <span className="faint">{t(`template.${id}.about`)}</span>
            </button>
          </li>
        ))}
      </ul>
    </Page>
  );
}

interface EditorProps {
  template: TemplateId;
  first: Terms;
  currency: string;
  onBack: () => void;
}

function Editor({ template, first, currency, onBack }: EditorProps) {
  const { t } = useI18n();
  const place = usePlace();
  const navigate = useNavigate();
  const client = useQueryClient();
  const [terms, setTerms] = useState(first);
  const [typedId, setTypedId] = useState<string | null>(null);
  const known = useQuery({ queryKey: ["offers", "taken"], queryFn: () => listOffers({ limit: 1_000 }) });
  const taken = (known.data?.offers ?? []).map((offer) => offer.offer_id);
  const id = typedId ?? offerIdOf(terms.name === first.name ? template : terms.name, taken);
  const save = useMutation({
    mutationFn: () => putOffer(id, terms),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["offers"] });
      navigate(offerPath(id, "try"));
    },
  });
  const clash = taken.includes(id);
  return (
    <Page
      title={terms.name === "" ? t("offers.create") : terms.name}
      about={t(`template.${template}.about`)}
      tools={
        <>
          <Button onClick={onBack}>{t("offers.otherTemplate")}</Button>
          <Button type="primary" loading={save.isPending} disabled={clash || id === ""} onClick={() => save.mutate()}>
            {t("offers.save")}
          </Button>
        </>
      }
    >
      <div className="stack">
        {save.isError && <Alert type="error" showIcon title={problemText(save.error, t)} />}
        {clash && <Alert type="warning" showIcon title={t("offers.idTaken", { id })} />}
        <div className="fields">
          <Field label={t("offers.id")}>
            <Input
              aria-label={t("offers.id")}
              className="mono"
              value={id}
              onChange={(typed) => setTypedId(typed.target.value.trim())}
            />
          </Field>
        </div>
        <TermsForm terms={terms} currency={currency} place={place} onChange={setTerms} />
      </div>
    </Page>
  );
}
