/** Goods and levels for whom orders earn more points, or fewer, or none: the first that fits counts. */
import { Button, DatePicker } from "antd";
import dayjs from "dayjs";
import type { Multiplier } from "../api/levels";
import { useI18n } from "../i18n/i18n";
import { CountInput } from "../offers/Amount";
import { Field } from "../offers/BenefitForm";
import { ScopeForm, Words } from "../offers/ScopeForm";

interface Props {
  multipliers: Multiplier[];
  onChange: (multipliers: Multiplier[]) => void;
}

const once = 100;

export function MultipliersForm({ multipliers, onChange }: Props) {
  const { t } = useI18n();
  const change = (at: number, part: Partial<Multiplier>) =>
    onChange(multipliers.map((one, place) => (place === at ? { ...one, ...part } : one)));
  return (
    <div className="stack">
      <p className="faint">{t("points.multipliersAbout")}</p>
      {multipliers.map((one, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: they have no names; their place is what they keep
        <fieldset className="tier" key={at}>
          <div className="fields">
            <Field label={t("points.times")}>
              <CountInput
                label={t("points.times")}
                value={Math.round(one.basis_points / once)}
                onChange={(percent) => change(at, { basis_points: (percent ?? 0) * once })}
              />
            </Field>
            <Field label={t("points.levels")}>
              <Words
                label={t("points.levels")}
                placeholder={t("points.anyLevel")}
                value={one.levels ?? []}
                onChange={(levels) => change(at, { levels })}
              />
            </Field>
            {(["starts_at", "ends_at"] as const).map((field) => (
              <Field key={field} label={t(`points.${field}`)}>
                <DatePicker
                  aria-label={t(`points.${field}`)}
                  showTime
                  value={one[field] == null ? null : dayjs(one[field])}
                  onChange={(moment) => change(at, { [field]: moment?.toISOString() ?? null })}
                />
              </Field>
            ))}
          </div>
          <ScopeForm scope={one.scope ?? {}} onChange={(scope) => change(at, { scope })} />
          <Button onClick={() => onChange(multipliers.filter((_, place) => place !== at))}>{t("points.remove")}</Button>
        </fieldset>
      ))}
      <div>
        <Button onClick={() => onChange([...multipliers, { basis_points: 20_000, scope: {}, levels: [] }])}>
          {t("points.addMultiplier")}
        </Button>
      </div>
    </div>
  );
}
