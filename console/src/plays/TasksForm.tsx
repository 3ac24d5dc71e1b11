/** The rules of tasks as a form: every step with what counts and what it gives, and what all of them give. */
import { Button, Checkbox, Input } from "antd";
import type { TaskStep, Tasks } from "../api/plays";
import { useI18n } from "../i18n/i18n";
import { CountInput } from "../offers/Amount";
import { Field } from "../offers/BenefitForm";
import { EventFilters, EventInput } from "../segments/builder/EventInput";
import { freshStep } from "./plays";
import { RewardInput } from "./RewardInput";

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
