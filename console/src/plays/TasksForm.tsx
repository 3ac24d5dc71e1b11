/** The rules of tasks as a form: every step with what counts and what it gives, and what all of them give. */
import { Button, Checkbox, Input, Select } from "antd";
import type { TaskReward, TaskStep, Tasks } from "../api/plays";
import { useI18n } from "../i18n/i18n";
import { CountInput } from "../offers/Amount";
import { Field } from "../offers/BenefitForm";
import { EventFilters, EventInput } from "../segments/builder/EventInput";
import { freshStep } from "./plays";

interface Props {
  rules: Tasks;
  onChange: (part: Partial<Tasks>) => void;
}

export function TasksForm({ rules, onChange: change }: Props) {
  const { t } = useI18n();
  const set = (at: number, part: Partial<TaskStep>) =>
    change({ steps: rules.steps.map((one, place) => (place === at ? { ...one, ...part } : one)) });
  return (
    <div className="stack">
      <Checkbox checked={rules.daily ?? false} onChange={(ticked) => change({ daily: ticked.target.checked })}>
        {t("tasks.daily")}
      </Checkbox>
      {rules.steps.map((step, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a step's name is being typed
        <fieldset className="tier" key={at}>
          <div className="fields">
            {(["step_id", "name"] as const).map((field) => (
              <Field key={field} label={t(`tasks.${field}`)}>
                <Input
                  aria-label={t(`tasks.${field}`)}
                  className="plain-input"
                  value={step[field]}
                  onChange={(typed) => set(at, { [field]: typed.target.value })}
                />
              </Field>
            ))}
            <Field label={t("earning.event")}>
              <EventInput label={t("earning.event")} value={step.event} onChange={(event) => set(at, { event })} />
            </Field>
            <Field label={t("tasks.count")}>
              <CountInput
                label={t("tasks.count")}
                least={1}
                value={step.count}
                onChange={(count) => set(at, { count: count ?? 1 })}
              />
            </Field>
            <Field label={t("earning.oncePer")}>
              <Input
                aria-label={t("earning.oncePer")}
                className="plain-input"
                placeholder={t("earning.eachEvent")}
                value={step.once_per ?? ""}
                onChange={(typed) => set(at, { once_per: typed.target.value === "" ? null : typed.target.value })}
              />
            </Field>
            <RewardInput reward={step.reward} onChange={(reward) => set(at, { reward })} />
            <Button onClick={() => change({ steps: rules.steps.filter((_, place) => place !== at) })}>
              {t("points.remove")}
            </Button>
          </div>
          <EventFilters value={step.where ?? []} onChange={(where) => set(at, { where })} />
        </fieldset>
      ))}
      <div>
        <Button onClick={() => change({ steps: [...rules.steps, freshStep(rules.steps.length + 1)] })}>
          {t("tasks.addStep")}
        </Button>
      </div>
      <fieldset className="tier" aria-label={t("tasks.forAll")}>
        <h3>{t("tasks.forAll")}</h3>
        <div className="fields">
          <RewardInput reward={rules.completed} onChange={(completed) => change({ completed })} />
        </div>
      </fieldset>
    </div>
  );
}

interface RewardProps {
  reward: TaskReward | null | undefined;
  onChange: (reward: TaskReward | null) => void;
}

function RewardInput({ reward, onChange }: RewardProps) {
  const { t } = useI18n();
  const kinds = ["none", "points", "coupon"] as const;
  const of = (kind: string): TaskReward | null => {
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
          options={kinds.map((kind) => ({
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
