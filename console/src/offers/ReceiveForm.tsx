/** How coupons of an offer come into wallets: taken by shoppers, for points or not, or given for what they do. */
import { Checkbox } from "antd";
import type { Terms } from "../api/act";
import { useI18n } from "../i18n/i18n";
import { CountInput } from "./Amount";
import { Field } from "./BenefitForm";
import { Words } from "./ScopeForm";

type Receive = NonNullable<Terms["receive"]>;

interface Props {
  receive: Receive;
  segments: { value: string; label: string }[];
  onChange: (receive: Receive) => void;
}

const counts = ["points", "total", "per_shopper", "per_shopper_per_day", "good_for_days"] as const;

export function ReceiveForm({ receive, segments, onChange }: Props) {
  const { t } = useI18n();
  const set = (part: Partial<Receive>) => onChange({ ...receive, ...part });
  return (
    <div className="fields">
      <Checkbox checked={receive.open === true} onChange={(change) => set({ open: change.target.checked })}>
        {t("offers.receive.open")}
      </Checkbox>
      {counts.map((part) => (
        <Field key={part} label={t(`offers.receive.${part}`)}>
          <CountInput
            label={t(`offers.receive.${part}`)}
            least={1}
            placeholder={t(part === "points" ? "offers.receive.free" : "offers.noLimit")}
            value={receive[part]}
            onChange={(count) => set({ [part]: count ?? null })}
          />
        </Field>
      ))}
      <Field label={t("offers.receive.on_events")}>
        <Words
          label={t("offers.receive.on_events")}
          separators={[",", "，"]}
          value={receive.on_events ?? []}
          onChange={(words) => set({ on_events: words })}
        />
      </Field>
      <Field label={t("offers.receive.on_segments")}>
        <Words
          label={t("offers.receive.on_segments")}
          value={receive.on_segments ?? []}
          onChange={(words) => set({ on_segments: words })}
          options={segments}
        />
      </Field>
    </div>
  );
}
