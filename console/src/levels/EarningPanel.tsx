/** What earns points beside orders: the rules, what each gave, and a form for one of them. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, AutoComplete, Button, Checkbox, Input, Tag } from "antd";
import { useMemo, useState } from "react";
import { type EarningRuleView, type EarningTerms, listEarningRules, putEarningRule } from "../api/levels";
import { useI18n } from "../i18n/i18n";
import { CountInput } from "../offers/Amount";
import { Field } from "../offers/BenefitForm";
import { Words } from "../offers/ScopeForm";
import { dateIn } from "../overview/range";
import { wordFor } from "../people/person";
import type { Place } from "../people/usePlace";
import { matches } from "../segments/builder/inputs";
import { eventNames, KnownProvider } from "../segments/builder/known";
import { FiltersInput } from "../segments/builder/Selection";
import { useMay } from "../session/session";

import { Failed, Loading, Panel } from "../ui/Page";
import { problemText } from "../ui/problem";

const beginning: EarningTerms = { name: "", event: "", points: 10, per_shopper_per_day: 1 };

interface Edited {
  rule_id: string;
  terms: EarningTerms;
  isNew: boolean;
}

export function EarningPanel({ place }: { place: Place }) {
  const { t } = useI18n();
  const mayChange = useMay("operator");
  const [edited, setEdited] = useState<Edited | null>(null);
  const rules = useQuery({ queryKey: ["points", "earning"], queryFn: listEarningRules, refetchInterval: 10_000 });
  const add = () => setEdited({ rule_id: "", terms: beginning, isNew: true });
  return (
    <Panel
      title={t("earning.title")}
      label={t("earning.title")}
      tools={mayChange && edited === null && <Button onClick={add}>{t("earning.add")}</Button>}
    >
      <div className="panel-body stack">
        <p className="faint">{t("earning.about")}</p>
        {rules.isPending && <Loading />}
        {rules.isError && <Failed error={rules.error} retry={() => rules.refetch()} />}
        {edited !== null && (
          <RuleForm key={edited.rule_id} before={edited} place={place} close={() => setEdited(null)} />
        )}
        {edited === null && rules.data?.rules.length === 0 && <p className="faint">{t("earning.none")}</p>}
        {edited === null && rules.data !== undefined && rules.data.rules.length > 0 && (
          <Rules
            rules={rules.data.rules}
            place={place}
            edit={mayChange ? ({ rule_id, terms }) => setEdited({ rule_id, terms, isNew: false }) : null}
          />
        )}
      </div>
    </Panel>
  );
}

interface RulesProps {
  rules: EarningRuleView[];
  place: Place;
  edit: ((rule: EarningRuleView) => void) | null;
}

function Rules({ rules, place, edit }: RulesProps) {
  const { t } = useI18n();
  const count = place.format.count;
  const limits = ({ per_shopper_per_day, per_shopper, budget_points }: EarningTerms) =>
    [
      t("earning.aDay", { times: count(per_shopper_per_day ?? 1) }),
      ...(per_shopper == null ? [] : [t("earning.inAll", { times: count(per_shopper) })]),
      ...(budget_points == null ? [] : [t("earning.ofBudget", { points: count(budget_points) })]),
    ].join(" · ");
  return (
    <table className="people-table">
      <thead>
        <tr>
          <th scope="col">{t("earning.rule")}</th>
          <th scope="col">{t("earning.event")}</th>
          <th scope="col" className="people-figure">
            {t("earning.points")}
          </th>
          <th scope="col">{t("earning.limits")}</th>
          <th scope="col" className="people-figure">
            {t("earning.given")}
          </th>
          <th scope="col" aria-label={t("levels.edit")} />
        </tr>
      </thead>
      <tbody>
        {rules.map((rule) => (
          <tr key={rule.rule_id} data-rule={rule.rule_id}>
            <th scope="row">
              <div className="person-names segment-name">
                {rule.terms.name}
                <small className="mono">{rule.rule_id}</small>
              </div>
            </th>
            <td>
              {wordFor(t, "event", rule.terms.event)} {rule.terms.paused && <Tag>{t("earning.isPaused")}</Tag>}
            </td>
            <td className="people-figure">{count(rule.terms.points)}</td>
            <td>{limits(rule.terms)}</td>
            <td className="people-figure">{count(rule.given_points)}</td>
            <td>
              {edit !== null && (
                <Button size="small" onClick={() => edit(rule)}>
                  {t("levels.edit")}
                </Button>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function RuleForm({ before, place, close }: { before: Edited; place: Place; close: () => void }) {
  const { t } = useI18n();
  const client = useQueryClient();
  const [ruleId, setRuleId] = useState(before.rule_id);
  const [terms, setTerms] = useState(before.terms);
  const set = (part: Partial<EarningTerms>) => setTerms({ ...terms, ...part });
  const known = useMemo(
    () => ({
      tags: [],
      segments: [],
      lists: [],
      currency: place.currency ?? "CNY",
      today: dateIn(place.timeZone, new Date()),
    }),
    [place.currency, place.timeZone],
  );
  const save = useMutation({
    mutationFn: () => putEarningRule(ruleId, terms),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["points"] });
      close();
    },
  });
  return (
    <>
      <div className="fields">
        <Field label={t("earning.id")}>
          <Input
            aria-label={t("earning.id")}
            className="plain-input"
            disabled={!before.isNew}
            value={ruleId}
            onChange={(typed) => setRuleId(typed.target.value)}
          />
        </Field>
        <Field label={t("earning.name")}>
          <Input
            aria-label={t("earning.name")}
            className="plain-input"
            value={terms.name}
            onChange={(typed) => set({ name: typed.target.value })}
          />
        </Field>
        <Field label={t("earning.event")}>
          <AutoComplete
            aria-label={t("earning.event")}
            className="input-events"
            popupMatchSelectWidth={false}
            showSearch={{ filterOption: matches }}
            options={eventNames.map((name) => ({ value: name, label: wordFor(t, "event", name) }))}
            value={terms.event}
            onChange={(event) => set({ event })}
          />
        </Field>
        <Field label={t("earning.points")}>
          <CountInput
            label={t("earning.points")}
            least={1}
            value={terms.points}
            onChange={(points) => set({ points: points ?? 1 })}
          />
        </Field>
        <Field label={t("earning.perDay")}>
          <CountInput
            label={t("earning.perDay")}
            least={1}
            value={terms.per_shopper_per_day}
            onChange={(times) => set({ per_shopper_per_day: times ?? 1 })}
          />
        </Field>
        <Field label={t("earning.perShopper")}>
          <CountInput
            label={t("earning.perShopper")}
            least={1}
            placeholder={t("earning.anyNumber")}
            value={terms.per_shopper}
            onChange={(times) => set({ per_shopper: times ?? null })}
          />
        </Field>
        <Field label={t("earning.budget")}>
          <CountInput
            label={t("earning.budget")}
            least={1}
            placeholder={t("earning.anyNumber")}
            value={terms.budget_points}
            onChange={(points) => set({ budget_points: points ?? null })}
          />
        </Field>
        <Field label={t("earning.oncePer")}>
          <Input
            aria-label={t("earning.oncePer")}
            className="plain-input"
            placeholder={t("earning.eachEvent")}
            value={terms.once_per ?? ""}
            onChange={(typed) => set({ once_per: typed.target.value === "" ? null : typed.target.value })}
          />
        </Field>
        <Field label={t("earning.takenBackOn")}>
          <Words
            label={t("earning.takenBackOn")}
            placeholder={t("earning.never")}
            separators={[",", "，"]}
            value={terms.taken_back_on ?? []}
            onChange={(taken_back_on) => set({ taken_back_on })}
          />
        </Field>
        <Field label={t("earning.sources")}>
          <Words
            label={t("earning.sources")}
            placeholder={t("earning.anySource")}
            value={terms.sources ?? []}
            onChange={(sources) => set({ sources })}
          />
        </Field>
        <Checkbox checked={terms.paused ?? false} onChange={(ticked) => set({ paused: ticked.target.checked })}>
          {t("earning.paused")}
        </Checkbox>
      </div>
      <KnownProvider value={known}>
        <div>
          <FiltersInput filters={terms.where ?? []} onChange={(where) => set({ where })} />
        </div>
      </KnownProvider>
      {save.isError && <Alert type="error" showIcon title={problemText(save.error, t)} />}
      <p className="faint">{t("earning.saveAbout")}</p>
      <div className="empty-actions">
        <Button type="primary" loading={save.isPending} disabled={ruleId === ""} onClick={() => save.mutate()}>
          {t("form.save")}
        </Button>{" "}
        <Button onClick={close}>{t("levels.cancel")}</Button>
      </div>
    </>
  );
}
