/** The rules of a referral play as a form. Channels that ban rewards for sharing are not offered. */
import { useQuery } from "@tanstack/react-query";
import { Button, Checkbox, Select } from "antd";
import { listSharingChannels, type Rules } from "../api/plays";
import { useI18n } from "../i18n/i18n";
import { CountInput, PercentInput } from "../offers/Amount";
import { Field } from "../offers/BenefitForm";

type Referral = Extract<Rules, { kind: "referral" }>;

interface Props {
  rules: Referral;
  onChange: (part: Partial<Referral>) => void;
}

const bindings = ["first", "last", "locked"] as const;

export function ReferralForm({ rules, onChange: change }: Props) {
  const { t, locale } = useI18n();
  const channels = useQuery({ queryKey: ["plays", "channels"], queryFn: listSharingChannels });
  const changeLevel = (at: number, basis_points: number) =>
    change({ levels: rules.levels.map((one, place) => (place === at ? { ...one, basis_points } : one)) });
  const offered = channels.data?.channels.filter((one) => one.banned_by == null) ?? [];
  const { binding } = rules;
  return (
    <>
      <div className="fields">
        <Field label={t("plays.binding")}>
          <Select
            aria-label={t("plays.binding")}
            value={binding.rule}
            onChange={(rule) => change({ binding: rule === "locked" ? { rule, days: 30 } : { rule } })}
            options={bindings.map((rule) => ({ value: rule, label: t(`plays.binding.${rule}`) }))}
          />
        </Field>
        {binding.rule === "locked" && (
          <Field label={t("plays.lockDays")}>
            <CountInput
              label={t("plays.lockDays")}
              least={1}
              value={binding.days}
              onChange={(days) => change({ binding: { rule: "locked", days: days ?? 1 } })}
            />
          </Field>
        )}
        <Field label={t("plays.frozenDays")}>
          <CountInput
            label={t("plays.frozenDays")}
            value={rules.frozen_days}
            onChange={(days) => change({ frozen_days: days ?? 0 })}
          />
        </Field>
        <Field label={t("plays.channels")}>
          <Select
            aria-label={t("plays.channels")}
            mode="multiple"
            className="offer-name"
            value={rules.channels ?? ["link"]}
            onChange={(chosen) => change({ channels: chosen })}
            options={offered.map((one) => ({
              value: one.channel,
              label: locale === "en" ? one.title.en : one.title.zh,
            }))}
          />
        </Field>
        <Checkbox
          checked={rules.own_orders === "earn"}
          onChange={(ticked) => change({ own_orders: ticked.target.checked ? "earn" : "nothing" })}
        >
          {t("plays.ownOrders")}
        </Checkbox>
        <Checkbox
          checked={rules.newcomers === true}
          onChange={(ticked) => change({ newcomers: ticked.target.checked })}
        >
          {t("plays.newShoppers")}
        </Checkbox>
      </div>
      {rules.levels.map((level, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a level has no name but its place
        <div className="fields" key={at}>
          <Field label={t("plays.levelRate", { level: at + 1 })}>
            <PercentInput
              label={t("plays.levelRate", { level: at + 1 })}
              value={level.basis_points}
              onChange={(rate) => changeLevel(at, rate ?? 0)}
            />
          </Field>
          {rules.levels.length > 1 && (
            <Button onClick={() => change({ levels: rules.levels.filter((_, place) => place !== at) })}>
              {t("plays.removeSize")}
            </Button>
          )}
        </div>
      ))}
      {rules.levels.length < 2 && (
        <Button onClick={() => change({ levels: [...rules.levels, { basis_points: 0 }] })}>
          {t("plays.addLevel")}
        </Button>
      )}
    </>
  );
}
