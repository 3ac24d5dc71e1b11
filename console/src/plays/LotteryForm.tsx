/** The rules of a lottery as a form: who may draw, and every prize with its odds and its stock. */
import { Button, Input, InputNumber, Select } from "antd";
import type { Lottery, Prize } from "../api/plays";
import { useI18n } from "../i18n/i18n";
import { CountInput, MoneyInput } from "../offers/Amount";
import { Field } from "../offers/BenefitForm";
import { freshPrize } from "./plays";

interface Props {
  rules: Lottery;
  onChange: (part: Partial<Lottery>) => void;
}

/** Odds are parts of a million; people type percent. */
const PERCENT = 10_000;

export function LotteryForm({ rules, onChange: change }: Props) {
  const { t } = useI18n();
  const changePrize = (at: number, part: Partial<Prize>) =>
    change({ prizes: rules.prizes.map((one, place) => (place === at ? { ...one, ...part } : one)) });
  const thanks = 100 - rules.prizes.reduce((sum, prize) => sum + prize.odds, 0) / PERCENT;
  return (
    <>
      <div className="fields">
        <Field label={t("plays.dailyFree")}>
          <CountInput
            label={t("plays.dailyFree")}
            value={rules.daily_free}
            onChange={(free) => change({ daily_free: free ?? 0 })}
          />
        </Field>
        <Field label={t("plays.drawPoints")}>
          <CountInput
            label={t("plays.drawPoints")}
            least={1}
            value={rules.points}
            onChange={(points) => change({ points: points ?? null })}
          />
        </Field>
        <Field label={t("plays.drawsPerDay")}>
          <CountInput
            label={t("plays.drawsPerDay")}
            least={1}
            value={rules.per_day}
            onChange={(most) => change({ per_day: most ?? null })}
          />
        </Field>
        <Field label={t("plays.drawsPerShopper")}>
          <CountInput
            label={t("plays.drawsPerShopper")}
            least={1}
            value={rules.per_shopper}
            onChange={(most) => change({ per_shopper: most ?? null })}
          />
        </Field>
      </div>
      {rules.prizes.map((prize, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a prize's name is being typed
        <div className="fields" key={at}>
          <Field label={t("plays.prizeId")}>
            <Input
              aria-label={t("plays.prizeId")}
              className="mono"
              value={prize.prize_id}
              onChange={(typed) => changePrize(at, { prize_id: typed.target.value.trim() })}
            />
          </Field>
          <Field label={t("plays.prize")}>
            <Input
              aria-label={t("plays.prize")}
              value={prize.name}
              onChange={(typed) => changePrize(at, { name: typed.target.value })}
            />
          </Field>
          <Field label={t("plays.odds")}>
            <InputNumber
              aria-label={t("plays.odds")}
              className="amount"
              min={0.0001}
              max={100}
              precision={4}
              suffix="%"
              value={prize.odds / PERCENT}
              onChange={(percent) => changePrize(at, { odds: Math.round((percent ?? 0) * PERCENT) })}
            />
          </Field>
          <Field label={t("plays.prizeStock")}>
            <CountInput
              label={t("plays.prizeStock")}
              least={1}
              value={prize.stock}
              onChange={(stock) => changePrize(at, { stock: stock ?? 1 })}
            />
          </Field>
          <Field label={t("plays.prizeValue")}>
            <MoneyInput
              label={t("plays.prizeValue")}
              currency={rules.currency}
              value={prize.value_minor}
              onChange={(minor) => changePrize(at, { value_minor: minor ?? 0 })}
            />
          </Field>
          <Gives gives={prize.gives} onChange={(gives) => changePrize(at, { gives })} />
          {rules.prizes.length > 1 && (
            <Button onClick={() => change({ prizes: rules.prizes.filter((_, place) => place !== at) })}>
              {t("plays.removeSize")}
            </Button>
          )}
        </div>
      ))}
      <Button onClick={() => change({ prizes: [...rules.prizes, freshPrize(rules.prizes.length + 1)] })}>
        {t("plays.addPrize")}
      </Button>
      <p className="faint">{t("plays.thanks", { percent: String(Math.round(thanks * 10_000) / 10_000) })}</p>
    </>
  );
}

type Gift = Prize["gives"];

function Gives({ gives, onChange }: { gives: Gift; onChange: (gives: Gift) => void }) {
  const { t } = useI18n();
  const fresh: Record<Gift["kind"], Gift> = {
    points: { kind: "points", points: 10 },
    coupon: { kind: "coupon", offer_id: "" },
    goods: { kind: "goods", product_id: "" },
  };
  const kinds = Object.keys(fresh) as Gift["kind"][];
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
      {gives.kind === "points" && (
        <Field label={t("plays.gives.points")}>
          <CountInput
            label={t("plays.gives.points")}
            least={1}
            value={gives.points}
            onChange={(points) => onChange({ ...gives, points: points ?? 1 })}
          />
        </Field>
      )}
      {gives.kind === "coupon" && (
        <Field label={t("plays.gives.coupon")}>
          <Input
            aria-label={t("plays.gives.coupon")}
            className="mono"
            value={gives.offer_id}
            onChange={(typed) => onChange({ ...gives, offer_id: typed.target.value.trim() })}
          />
        </Field>
      )}
      {gives.kind === "goods" && (
        <Field label={t("plays.gives.goods")}>
          <Input
            aria-label={t("plays.gives.goods")}
            className="mono"
            value={gives.product_id}
            onChange={(typed) => onChange({ ...gives, product_id: typed.target.value.trim() })}
          />
        </Field>
      )}
    </>
  );
}
