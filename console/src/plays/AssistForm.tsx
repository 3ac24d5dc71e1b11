/** The rules of invitations as a form: by what friends count, and what the rungs of the ladder give. */
import { useQuery } from "@tanstack/react-query";
import { Button, Checkbox, Input, Select } from "antd";
import { type Assist, listSharingChannels, type Rung } from "../api/plays";
import { useI18n } from "../i18n/i18n";
import { CountInput, MoneyInput } from "../offers/Amount";
import { Field } from "../offers/BenefitForm";

interface Props {
  rules: Assist;
  onChange: (part: Partial<Assist>) => void;
}

type By = NonNullable<Assist["activated_by"]>;
const bys: By["by"][] = ["paid_order", "activity"];

/** An order that stands for a week, or a deed that is still to be named. */
function freshBy(by: By["by"]): By {
  return by === "paid_order" ? { by, least_minor: 1, hold_days: 7 } : { by, activity: "" };
}

export function AssistForm({ rules, onChange: change }: Props) {
  const { t, locale } = useI18n();
  const channels = useQuery({ queryKey: ["plays", "channels"], queryFn: listSharingChannels });
  const offered = channels.data?.channels.filter((one) => one.banned_by == null) ?? [];
  const by = rules.activated_by ?? freshBy("paid_order");
  const changeRung = (at: number, part: Partial<Rung>) =>
    change({ rungs: rules.rungs.map((one, place) => (place === at ? { ...one, ...part } : one)) });
  const last = rules.rungs.at(-1)?.friends ?? 0;
  return (
    <>
      <div className="fields">
        <Field label={t("assists.activatedBy")}>
          <Select
            aria-label={t("assists.activatedBy")}
            className="offer-name"
            value={by.by}
            options={bys.map((value) => ({ value, label: t(`assists.by.${value}`) }))}
            onChange={(chosen) => change({ activated_by: freshBy(chosen) })}
          />
        </Field>
        {by.by === "paid_order" && (
          <>
            <Field label={t("assists.leastPaid")}>
              <MoneyInput
                label={t("assists.leastPaid")}
                currency={rules.currency}
                value={by.least_minor}
                onChange={(minor) => change({ activated_by: { ...by, least_minor: minor ?? 1 } })}
              />
            </Field>
            <Field label={t("assists.holdDays")}>
              <CountInput
                label={t("assists.holdDays")}
                value={by.hold_days ?? 7}
                onChange={(days) => change({ activated_by: { ...by, hold_days: days ?? 0 } })}
              />
            </Field>
          </>
        )}
        {by.by === "activity" && (
          <Field label={t("assists.activity")}>
            <Input
              aria-label={t("assists.activity")}
              className="offer-name"
              value={by.activity}
              onChange={(typed) => change({ activated_by: { by: "activity", activity: typed.target.value } })}
            />
          </Field>
        )}
        <Field label={t("assists.hours")}>
          <CountInput
            label={t("assists.hours")}
            least={1}
            value={rules.hours}
            onChange={(hours) => change({ hours: hours ?? 1 })}
          />
        </Field>
        <Field label={t("assists.perShopper")}>
          <CountInput
            label={t("assists.perShopper")}
            least={1}
            value={rules.per_shopper}
            onChange={(most) => change({ per_shopper: most ?? null })}
          />
        </Field>
        <Field label={t("assists.budget")}>
          <MoneyInput
            label={t("assists.budget")}
            currency={rules.currency}
            value={rules.budget_minor}
            onChange={(minor) => change({ budget_minor: minor ?? null })}
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
          checked={rules.newcomers === true}
          onChange={(ticked) => change({ newcomers: ticked.target.checked })}
        >
          {t("assists.newcomers")}
        </Checkbox>
      </div>
      {rules.rungs.map((rung, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: how many friends a rung is for is being typed
        <div className="fields" key={at}>
          <Field label={t("assists.rungFriends")}>
            <CountInput
              label={t("assists.rungFriends")}
              least={1}
              value={rung.friends}
              onChange={(friends) => changeRung(at, { friends: friends ?? 1 })}
            />
          </Field>
          <Gives gives={rung.gives} onChange={(gives) => changeRung(at, { gives })} />
          <Field label={t("assists.value")}>
            <MoneyInput
              label={t("assists.value")}
              currency={rules.currency}
              value={rung.value_minor}
              onChange={(minor) => changeRung(at, { value_minor: minor ?? 0 })}
            />
          </Field>
          <Field label={t("assists.stock")}>
            <CountInput
              label={t("assists.stock")}
              value={rung.stock}
              onChange={(stock) => changeRung(at, { stock: stock ?? null })}
            />
          </Field>
          {rules.rungs.length > 1 && (
            <Button onClick={() => change({ rungs: rules.rungs.filter((_, place) => place !== at) })}>
              {t("plays.removeSize")}
            </Button>
          )}
        </div>
      ))}
      <Button
        onClick={() =>
          change({
            rungs: [...rules.rungs, { friends: last + 1, gives: { kind: "points", points: 10 }, value_minor: 0 }],
          })
        }
      >
        {t("assists.addRung")}
      </Button>
    </>
  );
}

/** What a reward is, as a form: points, or a coupon. */
export function Gives({ gives, onChange }: { gives: Rung["gives"]; onChange: (gives: Rung["gives"]) => void }) {
  const { t } = useI18n();
  const fresh: Record<Rung["gives"]["kind"], Rung["gives"]> = {
    points: { kind: "points", points: 10 },
    coupon: { kind: "coupon", offer_id: "" },
  };
  const kinds = Object.keys(fresh) as Rung["gives"]["kind"][];
  return (
    <>
      <Field label={t("plays.gives")}>
        <Select
          aria-label={t("plays.gives")}
          value={gives.kind}
          options={kinds.map((kind) => ({ value: kind, label: t(`plays.gives.${kind}`) }))}
          onChange={(kind) => onChange(fresh[kind])}
        />
      </Field>
      {gives.kind === "points" ? (
        <Field label={t("plays.gives.points")}>
          <CountInput
            label={t("plays.gives.points")}
            least={1}
            value={gives.points}
            onChange={(points) => onChange({ kind: "points", points: points ?? 1 })}
          />
        </Field>
      ) : (
        <Field label={t("plays.gives.coupon")}>
          <Input
            aria-label={t("plays.gives.coupon")}
            className="mono"
            value={gives.offer_id}
            onChange={(typed) => onChange({ kind: "coupon", offer_id: typed.target.value.trim() })}
          />
        </Field>
      )}
    </>
  );
}
