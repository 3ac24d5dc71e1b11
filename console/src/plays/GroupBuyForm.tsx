/** The rules of a group buy as a form. */
import { Button, Checkbox, Input } from "antd";
import type { GroupBuy } from "../api/plays";
import { useI18n } from "../i18n/i18n";
import { CountInput, MoneyInput } from "../offers/Amount";
import { Field } from "../offers/BenefitForm";

interface Props {
  rules: GroupBuy;
  currency: string;
  onChange: (part: Partial<GroupBuy>) => void;
}

type Size = GroupBuy["sizes"][number];

export function GroupBuyForm({ rules, currency, onChange: change }: Props) {
  const { t } = useI18n();
  const changeSize = (at: number, part: Partial<Size>) =>
    change({ sizes: rules.sizes.map((one, place) => (place === at ? { ...one, ...part } : one)) });
  const newcomers = rules.joiners?.first_order === true;
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
        <Field label={t("plays.hours")}>
          <CountInput
            label={t("plays.hours")}
            least={1}
            value={rules.hours}
            onChange={(hours) => change({ hours: hours ?? 1 })}
          />
        </Field>
        <Field label={t("plays.stock")}>
          <CountInput
            label={t("plays.stock")}
            value={rules.stock}
            onChange={(stock) => change({ stock: stock ?? null })}
          />
        </Field>
        <Field label={t("plays.perShopper")}>
          <CountInput
            label={t("plays.perShopper")}
            least={1}
            value={rules.per_shopper}
            onChange={(seats) => change({ per_shopper: seats ?? null })}
          />
        </Field>
        <Checkbox
          checked={newcomers}
          onChange={(ticked) => change({ joiners: { ...emptyAudience, first_order: ticked.target.checked } })}
        >
          {t("plays.newcomers")}
        </Checkbox>
      </div>
      {rules.sizes.map((one, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a size has no name but its place
        <div className="fields" key={at}>
          <Field label={t("plays.size")}>
            <CountInput
              label={t("plays.size")}
              least={2}
              value={one.size}
              onChange={(size) => changeSize(at, { size: size ?? 2 })}
            />
          </Field>
          <Field label={t("plays.price")}>
            <MoneyInput
              label={t("plays.price")}
              currency={currency}
              value={one.unit_minor}
              onChange={(minor) => changeSize(at, { unit_minor: minor ?? 0 })}
            />
          </Field>
          <Field label={t("plays.leaderPrice")}>
            <MoneyInput
              label={t("plays.leaderPrice")}
              currency={currency}
              value={one.leader_unit_minor}
              onChange={(minor) => changeSize(at, { leader_unit_minor: minor ?? null })}
            />
          </Field>
          {rules.sizes.length > 1 && (
            <Button onClick={() => change({ sizes: rules.sizes.filter((_, place) => place !== at) })}>
              {t("plays.removeSize")}
            </Button>
          )}
        </div>
      ))}
      <Button onClick={() => change({ sizes: [...rules.sizes, { size: rules.sizes.length + 2, unit_minor: 0 }] })}>
        {t("plays.addSize")}
      </Button>
    </>
  );
}

const emptyAudience = { segments: [], channels: [], levels: [], birthday: false };
