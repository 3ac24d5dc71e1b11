/** The rules of a check-in as a form: points for each day, the ladder, and how missed days are made up. */
import { Button, Checkbox } from "antd";
import type { CheckIn } from "../api/plays";
import { useI18n } from "../i18n/i18n";
import { CountInput } from "../offers/Amount";
import { Field } from "../offers/BenefitForm";

interface Props {
  rules: CheckIn;
  onChange: (part: Partial<CheckIn>) => void;
}

export function CheckInForm({ rules, onChange: change }: Props) {
  const { t } = useI18n();
  const ladder = rules.ladder ?? [];
  const makeUp = rules.make_up;
  const changeStep = (at: number, part: Partial<(typeof ladder)[number]>) =>
    change({ ladder: ladder.map((one, place) => (place === at ? { ...one, ...part } : one)) });
  return (
    <>
      <div className="fields">
        <Field label={t("plays.pointsADay")}>
          <CountInput
            label={t("plays.pointsADay")}
            value={rules.points}
            onChange={(points) => change({ points: points ?? 0 })}
          />
        </Field>
        <Field label={t("plays.cycleDays")}>
          <CountInput
            label={t("plays.cycleDays")}
            least={1}
            value={rules.cycle_days}
            onChange={(days) => change({ cycle_days: days ?? null })}
          />
        </Field>
        <Checkbox
          checked={makeUp != null}
          onChange={(ticked) =>
            change({ make_up: ticked.target.checked ? { points: 10, per_month: 2, within_days: 3 } : null })
          }
        >
          {t("plays.makeUp")}
        </Checkbox>
        {makeUp != null && (
          <>
            <Field label={t("plays.makeUpPoints")}>
              <CountInput
                label={t("plays.makeUpPoints")}
                least={1}
                value={makeUp.points}
                onChange={(points) => change({ make_up: { ...makeUp, points: points ?? 1 } })}
              />
            </Field>
            <Field label={t("plays.makeUpPerMonth")}>
              <CountInput
                label={t("plays.makeUpPerMonth")}
                least={1}
                value={makeUp.per_month}
                onChange={(most) => change({ make_up: { ...makeUp, per_month: most ?? 1 } })}
              />
            </Field>
          </>
        )}
      </div>
      {ladder.map((step, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a step has no name but its place
        <div className="fields" key={at}>
          <Field label={t("plays.ladderDay")}>
            <CountInput
              label={t("plays.ladderDay")}
              least={1}
              value={step.day}
              onChange={(day) => changeStep(at, { day: day ?? 1 })}
            />
          </Field>
          <Field label={t("plays.ladderPoints")}>
            <CountInput
              label={t("plays.ladderPoints")}
              least={1}
              value={step.points}
              onChange={(points) => changeStep(at, { points: points ?? 1 })}
            />
          </Field>
          <Button onClick={() => change({ ladder: ladder.filter((_, place) => place !== at) })}>
            {t("plays.removeSize")}
          </Button>
        </div>
      ))}
      <Button onClick={() => change({ ladder: [...ladder, { day: ladder.length + 2, points: 10 }] })}>
        {t("plays.addStep")}
      </Button>
    </>
  );
}
