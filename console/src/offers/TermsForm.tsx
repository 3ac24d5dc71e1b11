/** The terms of an offer as a form; as JSON for what the form has no place for. */
import { useQuery } from "@tanstack/react-query";
import { Alert, Checkbox, Input, Segmented, Select } from "antd";
import { useState } from "react";
import type { Terms } from "../api/act";
import { listSegments } from "../api/calls";
import { useI18n } from "../i18n/i18n";
import type { Place } from "../people/usePlace";
import { Panel } from "../ui/Page";
import { CountInput, MoneyInput } from "./Amount";
import { BenefitForm, Field } from "./BenefitForm";
import { ReceiveForm } from "./ReceiveForm";
import { ScopeForm, Words } from "./ScopeForm";
import { instantOf, wallTime } from "./terms";

interface Props {
  terms: Terms;
  currency: string;
  place: Place;
  onChange: (terms: Terms) => void;
}

export function TermsForm(props: Props) {
  const { t } = useI18n();
  const [view, setView] = useState<"form" | "json">("form");
  return (
    <div className="stack">
      <div className="people-bar">
        <span className="faint">{t("offers.termsAbout")}</span>
        <Segmented
          value={view}
          onChange={(chosen: "form" | "json") => setView(chosen)}
          options={[
            { value: "form", label: t("offers.form") },
            { value: "json", label: "JSON" },
          ]}
        />
      </div>
      {view === "json" ? <AsJson terms={props.terms} onChange={props.onChange} /> : <AsForm {...props} />}
    </div>
  );
}

function AsJson({ terms, onChange }: Pick<Props, "terms" | "onChange">) {
  const { t } = useI18n();
  const [text, setText] = useState(() => JSON.stringify(terms, null, 2));
  const [broken, setBroken] = useState(false);
  return (
    <Panel title="JSON" label="JSON">
      <div className="panel-body stack">
        <Input.TextArea
          aria-label="JSON"
          className="mono"
          autoSize={{ minRows: 16 }}
          value={text}
          onChange={(change) => {
            setText(change.target.value);
            try {
              onChange(JSON.parse(change.target.value) as Terms);
              setBroken(false);
            } catch {
              setBroken(true);
            }
          }}
        />
        {broken && <Alert type="warning" showIcon title={t("offers.notJson")} />}
      </div>
    </Panel>
  );
}

function AsForm({ terms, currency, place, onChange }: Props) {
  const { t } = useI18n();
  const set = (part: Partial<Terms>) => onChange({ ...terms, ...part });
  const segments = useQuery({ queryKey: ["segments", "list"], queryFn: listSegments });
  const named = (segments.data?.segments ?? []).map((one) => ({ value: one.id, label: one.name }));
  const audience = terms.audience ?? {};
  const limits = terms.limits ?? {};
  const stacking = terms.stacking ?? {};
  const time = (field: "starts_at" | "ends_at") => (
    <Field label={t(`offers.${field}`)}>
      <Input
        type="datetime-local"
        aria-label={t(`offers.${field}`)}
        value={wallTime(terms[field], place.timeZone)}
        onChange={(change) => set({ [field]: instantOf(change.target.value, place.timeZone) })}
      />
    </Field>
  );
  return (
    <div className="stack">
      <Panel title={t("offers.part.what")} label={t("offers.part.what")}>
        <div className="panel-body stack">
          <div className="fields">
            <Field label={t("offers.name")}>
              <Input
                aria-label={t("offers.name")}
                className="offer-name"
                value={terms.name}
                onChange={(change) => set({ name: change.target.value })}
              />
            </Field>
            <Field label={t("offers.claim")}>
              <Select
                aria-label={t("offers.claim")}
                value={terms.claim ?? "everyone"}
                onChange={(claim) => set({ claim })}
                options={(["everyone", "coupon"] as const).map((value) => ({
                  value,
                  label: t(`offers.claim.${value}`),
                }))}
              />
            </Field>
            {time("starts_at")}
            {time("ends_at")}
          </div>
          <p className="faint">{t("offers.zone", { zone: place.timeZone })}</p>
          <BenefitForm benefit={terms.benefit} currency={currency} onChange={(benefit) => set({ benefit })} />
        </div>
      </Panel>
      <Panel title={t("offers.part.scope")} label={t("offers.part.scope")}>
        <div className="panel-body">
          <ScopeForm scope={terms.scope ?? {}} onChange={(scope) => set({ scope })} />
        </div>
      </Panel>
      <Panel title={t("offers.part.audience")} label={t("offers.part.audience")}>
        <div className="panel-body fields">
          {(["segments", "levels", "channels"] as const).map((part) => (
            <Field key={part} label={t(`offers.audience.${part}`)}>
              <Words
                label={t(`offers.audience.${part}`)}
                placeholder={t("offers.audience.all")}
                value={audience[part] ?? []}
                onChange={(words) => set({ audience: { ...audience, [part]: words } })}
                {...(part === "segments" && { options: named })}
              />
            </Field>
          ))}
          {(["first_order", "birthday"] as const).map((part) => (
            <Checkbox
              key={part}
              checked={audience[part] === true}
              onChange={(change) => set({ audience: { ...audience, [part]: change.target.checked } })}
            >
              {t(`offers.audience.${part}`)}
            </Checkbox>
          ))}
        </div>
      </Panel>
      {terms.claim === "coupon" && (
        <Panel title={t("offers.part.receive")} label={t("offers.part.receive")}>
          <div className="panel-body">
            <ReceiveForm receive={terms.receive ?? {}} segments={named} onChange={(receive) => set({ receive })} />
          </div>
        </Panel>
      )}
      <Panel title={t("offers.part.limits")} label={t("offers.part.limits")}>
        <div className="panel-body stack">
          <div className="fields">
            {(["total", "per_shopper", "per_shopper_per_day"] as const).map((part) => (
              <Field key={part} label={t(`offers.limits.${part}`)}>
                <CountInput
                  label={t(`offers.limits.${part}`)}
                  least={1}
                  placeholder={t("offers.noLimit")}
                  value={limits[part]}
                  onChange={(count) => set({ limits: { ...limits, [part]: count ?? null } })}
                />
              </Field>
            ))}
            <Field label={t("offers.limits.budget")}>
              <MoneyInput
                label={t("offers.limits.budget")}
                currency={currency}
                placeholder={t("offers.noLimit")}
                value={limits.budget_minor}
                onChange={(minor) => set({ limits: { ...limits, budget_minor: minor ?? null } })}
              />
            </Field>
          </div>
          {terms.benefit.kind === "base_price" && (
            <Stock
              products={terms.scope?.products ?? []}
              stock={limits.per_product ?? {}}
              onChange={(per_product) => set({ limits: { ...limits, per_product } })}
            />
          )}
        </div>
      </Panel>
      <Panel title={t("offers.part.stacking")} label={t("offers.part.stacking")}>
        <div className="panel-body fields">
          <Field label={t("offers.stacking.priority")}>
            <CountInput
              label={t("offers.stacking.priority")}
              value={stacking.priority ?? 0}
              onChange={(priority) => set({ stacking: { ...stacking, priority: priority ?? 0 } })}
            />
          </Field>
          {(["tags", "excludes", "needs"] as const).map((part) => (
            <Field key={part} label={t(`offers.stacking.${part}`)}>
              <Words
                label={t(`offers.stacking.${part}`)}
                value={stacking[part] ?? []}
                onChange={(words) => set({ stacking: { ...stacking, [part]: words } })}
              />
            </Field>
          ))}
          <Checkbox
            checked={stacking.exclusive === true}
            onChange={(change) => set({ stacking: { ...stacking, exclusive: change.target.checked } })}
          >
            {t("offers.stacking.exclusive")}
          </Checkbox>
          <Field label={t("offers.onReturn")}>
            <Select
              aria-label={t("offers.onReturn")}
              value={terms.on_return ?? "keep"}
              onChange={(on_return) => set({ on_return })}
              options={(["keep", "retest"] as const).map((value) => ({ value, label: t(`offers.onReturn.${value}`) }))}
            />
          </Field>
        </div>
      </Panel>
    </div>
  );
}

interface StockProps {
  products: readonly string[];
  stock: Record<string, number>;
  onChange: (stock: Record<string, number>) => void;
}

/** How many units each product of a flash sale has. */
function Stock({ products, stock, onChange }: StockProps) {
  const { t } = useI18n();
  const names = [...new Set([...products, ...Object.keys(stock)])];
  return (
    <div className="fields">
      {names.map((product) => (
        <Field key={product} label={t("offers.limits.stock", { product })}>
          <CountInput
            label={t("offers.limits.stock", { product })}
            placeholder={t("offers.notOnSale")}
            value={stock[product]}
            onChange={(units) => {
              const { [product]: _, ...others } = stock;
              onChange(units == null ? others : { ...others, [product]: units });
            }}
          />
        </Field>
      ))}
    </div>
  );
}
