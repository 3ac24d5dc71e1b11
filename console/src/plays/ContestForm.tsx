/** The rules of a contest as a form: what shoppers are ranked by, and what the first places get. */
import { useQuery } from "@tanstack/react-query";
import { Button, Select } from "antd";
import { type Contest, listPlays, type RankPrize } from "../api/plays";
import { useI18n } from "../i18n/i18n";
import { CountInput, MoneyInput } from "../offers/Amount";
import { Field } from "../offers/BenefitForm";
import { Gives } from "./AssistForm";
import { inMoney, type Measure, measured, measures } from "./contests";

interface Props {
  rules: Contest;
  onChange: (part: Partial<Contest>) => void;
}

export function ContestForm({ rules, onChange: change }: Props) {
  const { t } = useI18n();
  const prizes = rules.prizes ?? [];
  const { measure } = rules;
  const kind = measured[measure.by];
  const plays = useQuery({ queryKey: ["plays", "all"], queryFn: () => listPlays({ limit: 1_000 }) });
  const ofKind = plays.data?.plays.filter((one) => one.terms.rules.kind === kind) ?? [];
  const fresh = (by: Measure): Contest["measure"] => (by === "spent" ? { by } : { by, play_id: "" });
  const changePrize = (at: number, part: Partial<RankPrize>) =>
    change({ prizes: prizes.map((one, place) => (place === at ? { ...one, ...part } : one)) });
  const last = prizes.at(-1)?.up_to ?? 0;
  return (
    <>
      <div className="fields">
        <Field label={t("contests.measure")}>
          <Select
            aria-label={t("contests.measure")}
            className="offer-name"
            value={measure.by}
            options={measures.map((value) => ({ value, label: t(`contests.by.${value}`) }))}
            onChange={(by) => change({ measure: fresh(by) })}
          />
        </Field>
        {measure.by !== "spent" && (
          <Field label={t("contests.measured")}>
            <Select
              aria-label={t("contests.measured")}
              className="offer-name"
              value={measure.play_id || null}
              options={ofKind.map((one) => ({ value: one.play_id, label: one.terms.name }))}
              notFoundContent={t("contests.noMeasured")}
              onChange={(play_id) => change({ measure: { ...measure, play_id } })}
            />
          </Field>
        )}
        <Field label={t("contests.least")}>
          {inMoney(measure.by) ? (
            <MoneyInput
              label={t("contests.least")}
              currency={rules.currency}
              value={rules.least ?? 1}
              onChange={(minor) => change({ least: minor ?? 1 })}
            />
          ) : (
            <CountInput
              label={t("contests.least")}
              least={1}
              value={rules.least ?? 1}
              onChange={(least) => change({ least: least ?? 1 })}
            />
          )}
        </Field>
        <Field label={t("contests.holdDays")}>
          <CountInput
            label={t("contests.holdDays")}
            value={rules.hold_days ?? 7}
            onChange={(days) => change({ hold_days: days ?? 0 })}
          />
        </Field>
        <Field label={t("contests.shown")}>
          <CountInput
            label={t("contests.shown")}
            least={1}
            value={rules.shown ?? 20}
            onChange={(shown) => change({ shown: shown ?? 20 })}
          />
        </Field>
      </div>
      <p className="faint">{t("contests.tie")}</p>
      {prizes.map((prize, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: up to which place a prize is for is being typed
        <div className="fields" key={at}>
          <Field label={t("contests.upTo", { from: (prizes[at - 1]?.up_to ?? 0) + 1 })}>
            <CountInput
              label={t("contests.upTo", { from: (prizes[at - 1]?.up_to ?? 0) + 1 })}
              least={1}
              value={prize.up_to}
              onChange={(up_to) => changePrize(at, { up_to: up_to ?? 1 })}
            />
          </Field>
          <Gives gives={prize.gives} onChange={(gives) => changePrize(at, { gives })} />
          <Field label={t("assists.value")}>
            <MoneyInput
              label={t("assists.value")}
              currency={rules.currency}
              value={prize.value_minor}
              onChange={(minor) => changePrize(at, { value_minor: minor ?? 0 })}
            />
          </Field>
          <Button onClick={() => change({ prizes: prizes.filter((_, place) => place !== at) })}>
            {t("plays.removeSize")}
          </Button>
        </div>
      ))}
      <Button
        onClick={() =>
          change({ prizes: [...prizes, { up_to: last + 1, gives: { kind: "points", points: 10 }, value_minor: 0 }] })
        }
      >
        {t("contests.addPrize")}
      </Button>
    </>
  );
}
