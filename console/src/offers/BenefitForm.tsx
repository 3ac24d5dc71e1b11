/** What an offer gives: a form for each sort of benefit. */
import { Button, Checkbox, Select } from "antd";
import type { Benefit, BundlePart, Reward, Tier } from "../api/act";
import { useI18n } from "../i18n/i18n";
import { DeleteOutlined, PlusOutlined } from "../ui/icons";
import { CountInput, MoneyInput, PercentInput } from "./Amount";
import { ScopeForm } from "./ScopeForm";

interface Props {
  benefit: Benefit;
  currency: string;
  onChange: (benefit: Benefit) => void;
}

type Kind = Benefit["kind"];
const kinds: Kind[] = ["tiers", "base_price", "line_price", "bundle"];

function fresh(kind: Kind): Benefit {
  switch (kind) {
    case "base_price":
      return { kind, price: "flash", unit_minor: 0 };
    case "line_price":
      return { kind, price: "limited_time", cut: { off_basis_points: 1_000 } };
    case "bundle":
      return { kind, price_minor: 0, parts: [{ units: 1 }] };
    default:
      return { kind: "tiers", tiers: [{ at: { spend_minor: 0 }, rewards: [{ kind: "amount", minor: 0 }] }] };
  }
}

export function BenefitForm({ benefit, currency, onChange }: Props) {
  const { t } = useI18n();
  return (
    <div className="benefit">
      <Field label={t("offers.kind")}>
        <Select
          aria-label={t("offers.kind")}
          className="benefit-kind"
          value={benefit.kind}
          onChange={(kind: Kind) => onChange(fresh(kind))}
          options={kinds.map((value) => ({ value, label: t(`offers.kind.${value}`) }))}
        />
      </Field>
      {benefit.kind === "tiers" && <Tiers benefit={benefit} currency={currency} onChange={onChange} />}
      {benefit.kind === "base_price" && <BasePrice benefit={benefit} currency={currency} onChange={onChange} />}
      {benefit.kind === "line_price" && <LinePrice benefit={benefit} currency={currency} onChange={onChange} />}
      {benefit.kind === "bundle" && <Bundle benefit={benefit} currency={currency} onChange={onChange} />}
    </div>
  );
}

interface Of<K extends Kind> {
  benefit: Extract<Benefit, { kind: K }>;
  currency: string;
  onChange: (benefit: Benefit) => void;
}

export function Field({ label, children }: { label: string; children: React.ReactNode }) {
  return (
    <div className="field">
      <span className="field-name">{label}</span>
      {children}
    </div>
  );
}

function BasePrice({ benefit, currency, onChange }: Of<"base_price">) {
  const { t } = useI18n();
  return (
    <div className="fields">
      <Field label={t("offers.sort")}>
        <Select
          aria-label={t("offers.sort")}
          value={benefit.price}
          onChange={(price) => onChange({ ...benefit, price })}
          options={(["flash", "group", "bargain", "presale", "points"] as const).map((value) => ({
            value,
            label: t(`offers.price.${value}`),
          }))}
        />
      </Field>
      <Field label={t("offers.unitPrice")}>
        <MoneyInput
          label={t("offers.unitPrice")}
          currency={currency}
          value={benefit.unit_minor}
          onChange={(minor) => onChange({ ...benefit, unit_minor: minor ?? 0 })}
        />
      </Field>
      <Field label={t("offers.mostUnits")}>
        <CountInput
          label={t("offers.mostUnits")}
          least={1}
          placeholder={t("offers.noLimit")}
          value={benefit.most_units}
          onChange={(most_units) => onChange({ ...benefit, most_units: most_units ?? null })}
        />
      </Field>
      <Checkbox
        checked={benefit.admits_later === true}
        onChange={(change) => onChange({ ...benefit, admits_later: change.target.checked })}
      >
        {t("offers.admitsLater")}
      </Checkbox>
    </div>
  );
}

function LinePrice({ benefit, currency, onChange }: Of<"line_price">) {
  const { t } = useI18n();
  const { cut } = benefit;
  const byPrice = "unit_minor" in cut;
  return (
    <div className="fields">
      <Field label={t("offers.sort")}>
        <Select
          aria-label={t("offers.sort")}
          value={benefit.price}
          onChange={(price) => onChange({ ...benefit, price })}
          options={(["limited_time", "member"] as const).map((value) => ({ value, label: t(`offers.price.${value}`) }))}
        />
      </Field>
      <Field label={t("offers.cut")}>
        <Select
          aria-label={t("offers.cut")}
          value={byPrice ? "price" : "percent"}
          onChange={(by) =>
            onChange({ ...benefit, cut: by === "price" ? { unit_minor: 0 } : { off_basis_points: 1_000 } })
          }
          options={[
            { value: "percent", label: t("offers.cut.percent") },
            { value: "price", label: t("offers.cut.price") },
          ]}
        />
      </Field>
      {byPrice ? (
        <MoneyInput
          label={t("offers.unitPrice")}
          currency={currency}
          value={cut.unit_minor}
          onChange={(minor) => onChange({ ...benefit, cut: { unit_minor: minor ?? 0 } })}
        />
      ) : (
        <PercentInput
          label={t("offers.percent")}
          value={cut.off_basis_points}
          onChange={(points) => onChange({ ...benefit, cut: { off_basis_points: points ?? 0 } })}
        />
      )}
    </div>
  );
}

function Tiers({ benefit, currency, onChange }: Of<"tiers">) {
  const { t } = useI18n();
  const set = (tiers: Tier[]) => onChange({ ...benefit, tiers });
  return (
    <div className="stack">
      {benefit.tiers.map((tier, index) => (
        <TierForm
          // biome-ignore lint/suspicious/noArrayIndexKey: tiers have no identity but their place
          key={index}
          tier={tier}
          currency={currency}
          onChange={(changed) => set(benefit.tiers.map((one, at) => (at === index ? changed : one)))}
          {...(benefit.tiers.length > 1 && {
            onRemove: () => set(benefit.tiers.filter((_, at) => at !== index)),
          })}
        />
      ))}
      <div className="fields">
        <Button
          icon={<PlusOutlined />}
          onClick={() => set([...benefit.tiers, { at: { spend_minor: 0 }, rewards: [{ kind: "amount", minor: 0 }] }])}
        >
          {t("offers.addTier")}
        </Button>
        <Checkbox
          checked={benefit.repeats === true}
          onChange={(change) => onChange({ ...benefit, repeats: change.target.checked })}
        >
          {t("offers.repeats")}
        </Checkbox>
      </div>
    </div>
  );
}

interface TierProps {
  tier: Tier;
  currency: string;
  onChange: (tier: Tier) => void;
  onRemove?: () => void;
}

function TierForm({ tier, currency, onChange, onRemove }: TierProps) {
  const { t } = useI18n();
  const bySpend = "spend_minor" in tier.at;
  const setReward = (index: number, reward: Reward) =>
    onChange({ ...tier, rewards: tier.rewards.map((one, at) => (at === index ? reward : one)) });
  return (
    <fieldset className="tier">
      <legend className="sr-only">{t("offers.tier")}</legend>
      <div className="fields">
        <Field label={t("offers.at")}>
          <Select
            aria-label={t("offers.at")}
            value={bySpend ? "spend" : "units"}
            onChange={(by) => onChange({ ...tier, at: by === "spend" ? { spend_minor: 0 } : { units: 1 } })}
            options={[
              { value: "spend", label: t("offers.at.spend") },
              { value: "units", label: t("offers.at.units") },
            ]}
          />
        </Field>
        {"spend_minor" in tier.at ? (
          <MoneyInput
            label={t("offers.at.spend")}
            currency={currency}
            value={tier.at.spend_minor}
            onChange={(minor) => onChange({ ...tier, at: { spend_minor: minor ?? 0 } })}
          />
        ) : (
          <CountInput
            label={t("offers.at.units")}
            least={1}
            value={tier.at.units}
            onChange={(units) => onChange({ ...tier, at: { units: units ?? 1 } })}
          />
        )}
        {onRemove !== undefined && (
          <Button type="text" aria-label={t("offers.removeTier")} icon={<DeleteOutlined />} onClick={onRemove} />
        )}
      </div>
      {tier.rewards.map((reward, index) => (
        <RewardForm
          // biome-ignore lint/suspicious/noArrayIndexKey: rewards have no identity but their place
          key={index}
          reward={reward}
          currency={currency}
          onChange={(changed) => setReward(index, changed)}
          {...(tier.rewards.length > 1 && {
            onRemove: () => onChange({ ...tier, rewards: tier.rewards.filter((_, at) => at !== index) }),
          })}
        />
      ))}
      <Button
        size="small"
        type="text"
        icon={<PlusOutlined />}
        onClick={() => onChange({ ...tier, rewards: [...tier.rewards, { kind: "free_freight" }] })}
      >
        {t("offers.addReward")}
      </Button>
    </fieldset>
  );
}

type RewardKind = Reward["kind"];
const rewardKinds = ["amount", "percent", "one_for", "free_freight", "gift", "points", "coupon"] as const;

function freshReward(kind: RewardKind): Reward {
  switch (kind) {
    case "percent":
      return { kind, basis_points: 1_000 };
    case "free_freight":
      return { kind };
    case "gift":
      return { kind, product_id: "", units: 1 };
    case "points":
      return { kind, points: 100 };
    case "coupon":
      return { kind, offer_id: "" };
    case "one_for":
      return { kind, minor: 0 };
    default:
      return { kind: "amount", minor: 0 };
  }
}

interface RewardProps {
  reward: Reward;
  currency: string;
  onChange: (reward: Reward) => void;
  onRemove?: () => void;
}

function RewardForm({ reward, currency, onChange, onRemove }: RewardProps) {
  const { t } = useI18n();
  return (
    <div className="fields reward">
      <Select
        aria-label={t("offers.reward")}
        className="reward-kind"
        value={reward.kind}
        onChange={(kind: RewardKind) => onChange(freshReward(kind))}
        options={rewardKinds.map((value) => ({ value, label: t(`offers.reward.${value}`) }))}
      />
      {(reward.kind === "amount" || reward.kind === "one_for") && (
        <MoneyInput
          label={t("offers.amount")}
          currency={currency}
          value={reward.minor}
          onChange={(minor) => onChange({ ...reward, minor: minor ?? 0 })}
        />
      )}
      {reward.kind === "percent" && (
        <PercentInput
          label={t("offers.percent")}
          value={reward.basis_points}
          onChange={(points) => onChange({ ...reward, basis_points: points ?? 0 })}
        />
      )}
      {(reward.kind === "percent" || reward.kind === "free_freight") && (
        <MoneyInput
          label={t("offers.most")}
          currency={currency}
          placeholder={t("offers.most")}
          value={reward.most_minor}
          onChange={(minor) => onChange({ ...reward, most_minor: minor ?? null })}
        />
      )}
      {reward.kind === "gift" && (
        <>
          <TextInput
            label={t("offers.product")}
            value={reward.product_id}
            onChange={(product_id) => onChange({ ...reward, product_id })}
          />
          <CountInput
            label={t("offers.units")}
            least={1}
            value={reward.units}
            onChange={(units) => onChange({ ...reward, units: units ?? 1 })}
          />
        </>
      )}
      {reward.kind === "points" && (
        <CountInput
          label={t("offers.points")}
          least={1}
          value={reward.points}
          onChange={(points) => onChange({ ...reward, points: points ?? 1 })}
        />
      )}
      {reward.kind === "coupon" && (
        <TextInput
          label={t("offers.couponOf")}
          value={reward.offer_id}
          onChange={(offer_id) => onChange({ ...reward, offer_id })}
        />
      )}
      {onRemove !== undefined && (
        <Button type="text" aria-label={t("offers.removeReward")} icon={<DeleteOutlined />} onClick={onRemove} />
      )}
    </div>
  );
}

function TextInput({ label, value, onChange }: { label: string; value: string; onChange: (text: string) => void }) {
  return (
    <input
      className="ant-input ant-input-outlined plain-input"
      aria-label={label}
      placeholder={label}
      value={value}
      onChange={(change) => onChange(change.target.value)}
    />
  );
}

function Bundle({ benefit, currency, onChange }: Of<"bundle">) {
  const { t } = useI18n();
  const set = (parts: BundlePart[]) => onChange({ ...benefit, parts });
  return (
    <div className="stack">
      <div className="fields">
        <Field label={t("offers.bundlePrice")}>
          <MoneyInput
            label={t("offers.bundlePrice")}
            currency={currency}
            value={benefit.price_minor}
            onChange={(minor) => onChange({ ...benefit, price_minor: minor ?? 0 })}
          />
        </Field>
        <Field label={t("offers.mostTimes")}>
          <CountInput
            label={t("offers.mostTimes")}
            least={1}
            placeholder={t("offers.noLimit")}
            value={benefit.most_times}
            onChange={(most_times) => onChange({ ...benefit, most_times: most_times ?? null })}
          />
        </Field>
      </div>
      {benefit.parts.map((part, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: parts have no identity but their place
        <fieldset className="tier" key={index}>
          <legend className="sr-only">{t("offers.part")}</legend>
          <div className="fields">
            <Field label={t("offers.partUnits")}>
              <CountInput
                label={t("offers.partUnits")}
                least={1}
                value={part.units}
                onChange={(units) =>
                  set(benefit.parts.map((one, at) => (at === index ? { ...one, units: units ?? 1 } : one)))
                }
              />
            </Field>
            {benefit.parts.length > 1 && (
              <Button
                type="text"
                aria-label={t("offers.removePart")}
                icon={<DeleteOutlined />}
                onClick={() => set(benefit.parts.filter((_, at) => at !== index))}
              />
            )}
          </div>
          <ScopeForm
            scope={part.scope ?? {}}
            onChange={(scope) => set(benefit.parts.map((one, at) => (at === index ? { ...one, scope } : one)))}
          />
        </fieldset>
      ))}
      <div>
        <Button icon={<PlusOutlined />} onClick={() => set([...benefit.parts, { units: 1 }])}>
          {t("offers.addPart")}
        </Button>
      </div>
    </div>
  );
}
