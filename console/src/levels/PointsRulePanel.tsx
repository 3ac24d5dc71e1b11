/** What points are worth, how they are earned, and for how long they are good. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, Button } from "antd";
import { useState } from "react";
import { type Multiplier, type PointsRule, putPointsRule, readPointsRule } from "../api/levels";
import { useI18n } from "../i18n/i18n";
import { CountInput, MoneyInput, PercentInput } from "../offers/Amount";
import { Field } from "../offers/BenefitForm";
import { Words } from "../offers/ScopeForm";
import type { Place } from "../people/usePlace";
import { useMay } from "../session/session";
import { Failed, Loading, Panel } from "../ui/Page";
import { problemText } from "../ui/problem";
import { isMissing } from "./LevelsPage";
import { MultipliersForm } from "./MultipliersForm";

const beginning: PointsRule = {
  minor_per_point: 1,
  most_basis_points: 5_000,
  minor_per_point_earned: 100,
  opens_after_days: 7,
  expires_after_days: 365,
};

export function PointsRulePanel({ place }: { place: Place }) {
  const { t } = useI18n();
  const mayChange = useMay("operator");
  const [editing, setEditing] = useState(false);
  const rule = useQuery({
    queryKey: ["points", "rule"],
    queryFn: readPointsRule,
    retry: (count, error) => !isMissing(error) && count < 2,
  });
  if (rule.isPending) return <Loading />;
  if (rule.isError && !isMissing(rule.error)) return <Failed error={rule.error} retry={() => rule.refetch()} />;
  const button = <Button onClick={() => setEditing(true)}>{t(rule.data ? "levels.edit" : "levels.set")}</Button>;
  return (
    <Panel title={t("points.rule")} label={t("points.rule")} tools={mayChange && !editing && button}>
      <div className="panel-body stack">
        {editing && <RuleForm before={rule.data ?? beginning} place={place} close={() => setEditing(false)} />}
        {!editing && rule.data === undefined && <p className="faint">{t("points.none")}</p>}
        {!editing && rule.data !== undefined && <Told rule={rule.data} place={place} />}
      </div>
    </Panel>
  );
}

function Told({ rule, place }: { rule: PointsRule; place: Place }) {
  const { t } = useI18n();
  const money = (minor: number) => place.format.money(minor, place.currency ?? "CNY");
  const { minor_per_point_earned: earned, expires_after_days: expires } = rule;
  return (
    <>
      <p>
        {t("points.worth", {
          worth: money(rule.minor_per_point),
          most: place.format.percent(rule.most_basis_points / 10_000),
        })}
      </p>
      <p>{earned == null ? t("points.notEarned") : t("points.earned", { paid: money(earned) })}</p>
      {Object.entries(rule.earned_by_currency ?? {}).map(([currency, minor]) => (
        <p key={currency}>{t("points.earned", { paid: place.format.money(minor, currency) })}</p>
      ))}
      {(rule.multipliers ?? []).map((one, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: they have no names
        <p key={at}>
          {t("points.multiplied", {
            times: place.format.percent(one.basis_points / 10_000),
            goods: goodsOf(one) ?? t("points.allGoods"),
            levels: (one.levels ?? []).join(", ") || t("points.everybody"),
          })}
        </p>
      ))}
      {rule.most_earned != null && <p>{t("points.atMost", { points: place.format.count(rule.most_earned) })}</p>}
      <p className="faint">
        {t("points.opens", { days: place.format.count(rule.opens_after_days ?? 0) })}{" "}
        {expires == null ? t("points.forEver") : t("points.expires", { days: place.format.count(expires) })}
      </p>
    </>
  );
}

function goodsOf({ scope }: Multiplier): string | null {
  const named = [scope?.products, scope?.categories, scope?.brands].flatMap((words) => words ?? []);
  return named.length === 0 ? null : named.join(", ");
}

function RuleForm({ before, place, close }: { before: PointsRule; place: Place; close: () => void }) {
  const { t } = useI18n();
  const client = useQueryClient();
  const [rule, setRule] = useState(before);
  const currency = place.currency ?? "CNY";
  const save = useMutation({
    mutationFn: () => putPointsRule(rule),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["points"] });
      close();
    },
  });
  return (
    <>
      <div className="fields">
        <Field label={t("points.minor_per_point")}>
          <MoneyInput
            label={t("points.minor_per_point")}
            currency={currency}
            value={rule.minor_per_point}
            onChange={(minor) => setRule({ ...rule, minor_per_point: minor ?? 0 })}
          />
        </Field>
        <Field label={t("points.most_basis_points")}>
          <PercentInput
            label={t("points.most_basis_points")}
            value={rule.most_basis_points}
            onChange={(most) => setRule({ ...rule, most_basis_points: most ?? 0 })}
          />
        </Field>
        <Field label={t("points.minor_per_point_earned")}>
          <MoneyInput
            label={t("points.minor_per_point_earned")}
            currency={currency}
            placeholder={t("points.notEarned")}
            value={rule.minor_per_point_earned}
            onChange={(minor) => setRule({ ...rule, minor_per_point_earned: minor ?? null })}
          />
        </Field>
        {Object.entries(rule.earned_by_currency ?? {}).map(([own, minor]) => (
          <Field key={own} label={t("points.rate", { currency: own })}>
            <MoneyInput
              label={t("points.rate", { currency: own })}
              currency={own}
              value={minor}
              onChange={(rate) =>
                setRule({ ...rule, earned_by_currency: { ...rule.earned_by_currency, [own]: rate ?? 0 } })
              }
            />
          </Field>
        ))}
        <Field label={t("points.currencies")}>
          <Words
            label={t("points.currencies")}
            value={Object.keys(rule.earned_by_currency ?? {})}
            onChange={(words) => {
              const rates = words.map((word) => [word.toUpperCase(), rule.earned_by_currency?.[word] ?? 100] as const);
              setRule({ ...rule, earned_by_currency: Object.fromEntries(rates) });
            }}
          />
        </Field>
        <Field label={t("points.most_earned")}>
          <CountInput
            label={t("points.most_earned")}
            least={1}
            placeholder={t("earning.anyNumber")}
            value={rule.most_earned}
            onChange={(most) => setRule({ ...rule, most_earned: most ?? null })}
          />
        </Field>
        <Field label={t("points.opens_after_days")}>
          <CountInput
            label={t("points.opens_after_days")}
            value={rule.opens_after_days}
            onChange={(days) => setRule({ ...rule, opens_after_days: days ?? 0 })}
          />
        </Field>
        <Field label={t("points.expires_after_days")}>
          <CountInput
            label={t("points.expires_after_days")}
            least={1}
            placeholder={t("points.forEver")}
            value={rule.expires_after_days}
            onChange={(days) => setRule({ ...rule, expires_after_days: days ?? null })}
          />
        </Field>
      </div>
      <MultipliersForm
        multipliers={rule.multipliers ?? []}
        onChange={(multipliers) => setRule({ ...rule, multipliers })}
      />
      {save.isError && <Alert type="error" showIcon title={problemText(save.error, t)} />}
      <div className="empty-actions">
        <Button type="primary" loading={save.isPending} onClick={() => save.mutate()}>
          {t("form.save")}
        </Button>{" "}
        <Button onClick={close}>{t("levels.cancel")}</Button>
      </div>
    </>
  );
}
