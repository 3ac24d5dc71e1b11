/** The rules of a bargain as a form. */
import { Checkbox, Input } from "antd";
import type { Bargain } from "../api/plays";
import { useI18n } from "../i18n/i18n";
import { CountInput, MoneyInput } from "../offers/Amount";
import { Field } from "../offers/BenefitForm";

interface Props {
  rules: Bargain;
  currency: string;
  onChange: (part: Partial<Bargain>) => void;
}

export function BargainForm({ rules, currency, onChange: change }: Props) {
  const { t } = useI18n();
  return (
    <>
      <div className="fields">
        <Field label={t("offers.product")}>
          <Input
            aria-label={t("offers.product")}
            className="mono"
            value={rules.product_id}
            onChange={(typed) => change({ product_id: typed.target.value.trim() })}
          />
        </Field>
        <Field label={t("plays.startPrice")}>
          <MoneyInput
            label={t("plays.startPrice")}
            currency={currency}
            value={rules.start_minor}
            onChange={(minor) => change({ start_minor: minor ?? 0 })}
          />
        </Field>
        <Field label={t("plays.floorPrice")}>
          <MoneyInput
            label={t("plays.floorPrice")}
            currency={currency}
            value={rules.floor_minor}
            onChange={(minor) => change({ floor_minor: minor ?? 0 })}
          />
        </Field>
        <Field label={t("plays.helps")}>
          <CountInput
            label={t("plays.helps")}
            least={1}
            value={rules.helps}
            onChange={(helps) => change({ helps: helps ?? 1 })}
          />
        </Field>
        <Field label={t("plays.leastCut")}>
          <MoneyInput
            label={t("plays.leastCut")}
            currency={currency}
            value={rules.least_cut_minor}
            onChange={(minor) => change({ least_cut_minor: minor ?? 1 })}
          />
        </Field>
        <Field label={t("plays.bargainHours")}>
          <CountInput
            label={t("plays.bargainHours")}
            least={1}
            value={rules.hours}
            onChange={(hours) => change({ hours: hours ?? 1 })}
          />
        </Field>
      </div>
      <div className="fields">
        <Field label={t("plays.stock")}>
          <CountInput
            label={t("plays.stock")}
            value={rules.stock}
            onChange={(stock) => change({ stock: stock ?? null })}
          />
        </Field>
        <Field label={t("plays.bargainsPerShopper")}>
          <CountInput
            label={t("plays.bargainsPerShopper")}
            least={1}
            value={rules.per_shopper}
            onChange={(most) => change({ per_shopper: most ?? null })}
          />
        </Field>
        <Field label={t("plays.helpsPerDay")}>
          <CountInput
            label={t("plays.helpsPerDay")}
            least={1}
            value={rules.helps_per_day}
            onChange={(most) => change({ helps_per_day: most ?? null })}
          />
        </Field>
        <Field label={t("plays.helpsInAll")}>
          <CountInput
            label={t("plays.helpsInAll")}
            least={1}
            value={rules.helps_in_all}
            onChange={(most) => change({ helps_in_all: most ?? null })}
          />
        </Field>
        <Checkbox
          checked={rules.order_at === "floor"}
          onChange={(ticked) => change({ order_at: ticked.target.checked ? "floor" : "any" })}
        >
          {t("plays.atFloorOnly")}
        </Checkbox>
        <Checkbox checked={rules.own_help === true} onChange={(ticked) => change({ own_help: ticked.target.checked })}>
          {t("plays.ownHelp")}
        </Checkbox>
      </div>
    </>
  );
}
