/** What a step, or so many right answers, give: nothing, points or a coupon, and how many of it there are. */
import { Input, Select } from "antd";
import type { StockedGift } from "../api/plays";
import { useI18n } from "../i18n/i18n";
import { CountInput } from "../offers/Amount";
import { Field } from "../offers/BenefitForm";

interface Props {
  reward: StockedGift | null | undefined;
  /** Whether there must be one. */
  needed?: boolean;
  onChange: (reward: StockedGift | null) => void;
}

export function RewardInput({ reward, needed, onChange }: Props) {
  const { t } = useI18n();
  const kinds = ["none", "points", "coupon"] as const;
  const of = (kind: string): StockedGift | null => {
    const stock = reward?.stock ?? 1_000;
    if (kind === "none") return null;
    return { stock, gives: kind === "points" ? { kind, points: 10 } : { kind: "coupon", offer_id: "" } };
  };
  const gives = reward?.gives;
  return (
    <>
      <Field label={t("plays.gives")}>
        <Select
          aria-label={t("plays.gives")}
          className="reward-kind"
          value={gives?.kind ?? "none"}
          options={kinds.slice(needed ? 1 : 0).map((kind) => ({
            value: kind,
            label: t(kind === "none" ? "tasks.nothing" : `plays.gives.${kind}`),
          }))}
          onChange={(kind) => onChange(of(kind))}
        />
      </Field>
      {reward != null && gives?.kind === "points" && (
        <Field label={t("earning.points")}>
          <CountInput
            label={t("earning.points")}
            least={1}
            value={gives.points}
            onChange={(points) => onChange({ ...reward, gives: { kind: "points", points: points ?? 1 } })}
          />
        </Field>
      )}
      {reward != null && gives?.kind === "coupon" && (
        <Field label={t("tasks.offer")}>
          <Input
            aria-label={t("tasks.offer")}
            className="plain-input"
            value={gives.offer_id}
            onChange={(typed) => onChange({ ...reward, gives: { kind: "coupon", offer_id: typed.target.value } })}
          />
        </Field>
      )}
      {reward != null && (
        <Field label={t("tasks.stock")}>
          <CountInput
            label={t("tasks.stock")}
            least={1}
            value={reward.stock}
            onChange={(stock) => onChange({ ...reward, stock: stock ?? 1 })}
          />
        </Field>
      )}
    </>
  );
}
