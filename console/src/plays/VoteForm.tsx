/** The rules of a vote as a form: what is put up, by the shop or by shoppers, and how many votes everybody has. */
import { Button, Checkbox, Input } from "antd";
import type { Vote } from "../api/plays";
import { useI18n } from "../i18n/i18n";
import { CountInput } from "../offers/Amount";
import { Field } from "../offers/BenefitForm";

interface Props {
  rules: Vote;
  onChange: (part: Partial<Vote>) => void;
}

export function VoteForm({ rules, onChange: change }: Props) {
  const { t } = useI18n();
  const candidates = rules.candidates ?? [];
  const { entries } = rules;
  const changeOne = (at: number, part: Partial<(typeof candidates)[number]>) =>
    change({ candidates: candidates.map((one, place) => (place === at ? { ...one, ...part } : one)) });
  return (
    <>
      <div className="fields">
        <Field label={t("votes.perDay")}>
          <CountInput
            label={t("votes.perDay")}
            least={1}
            value={rules.per_day}
            onChange={(votes) => change({ per_day: votes ?? 1 })}
          />
        </Field>
        <Field label={t("votes.inAll")}>
          <CountInput
            label={t("votes.inAll")}
            least={1}
            value={rules.in_all}
            onChange={(votes) => change({ in_all: votes ?? null })}
          />
        </Field>
        <Field label={t("votes.points")}>
          <CountInput
            label={t("votes.points")}
            value={rules.points}
            onChange={(points) => change({ points: points ?? 0 })}
          />
        </Field>
        <Checkbox checked={rules.same ?? false} onChange={(ticked) => change({ same: ticked.target.checked })}>
          {t("votes.same")}
        </Checkbox>
      </div>
      <div className="fields">
        <Checkbox
          checked={entries != null}
          onChange={(ticked) => change({ entries: ticked.target.checked ? { per_shopper: 1, reviewed: true } : null })}
        >
          {t("votes.entries")}
        </Checkbox>
        {entries != null && (
          <>
            <Field label={t("votes.perShopper")}>
              <CountInput
                label={t("votes.perShopper")}
                least={1}
                value={entries.per_shopper}
                onChange={(each) => change({ entries: { ...entries, per_shopper: each ?? 1 } })}
              />
            </Field>
            <Checkbox
              checked={entries.reviewed ?? true}
              onChange={(ticked) => change({ entries: { ...entries, reviewed: ticked.target.checked } })}
            >
              {t("votes.reviewed")}
            </Checkbox>
          </>
        )}
      </div>
      {candidates.map((one, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a candidate's identifier is being typed
        <div className="fields" key={at}>
          <Field label={t("votes.candidateId")}>
            <Input
              aria-label={t("votes.candidateId")}
              className="mono"
              value={one.entry_id}
              onChange={(typed) => changeOne(at, { entry_id: typed.target.value.trim() })}
            />
          </Field>
          <Field label={t("votes.candidate")}>
            <Input
              aria-label={t("votes.candidate")}
              value={one.title}
              onChange={(typed) => changeOne(at, { title: typed.target.value })}
            />
          </Field>
          <Field label={t("votes.imageUrl")}>
            <Input
              aria-label={t("votes.imageUrl")}
              value={one.image_url ?? ""}
              onChange={(typed) => changeOne(at, { image_url: typed.target.value.trim() || null })}
            />
          </Field>
          <Button onClick={() => change({ candidates: candidates.filter((_, place) => place !== at) })}>
            {t("plays.removeSize")}
          </Button>
        </div>
      ))}
      <Button
        onClick={() => change({ candidates: [...candidates, { entry_id: `c${candidates.length + 1}`, title: "" }] })}
      >
        {t("votes.addCandidate")}
      </Button>
    </>
  );
}
