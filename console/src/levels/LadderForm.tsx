/** The levels of the shop as a form, from the lowest to the highest. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Alert, Button, Input } from "antd";
import { useState } from "react";
import { type Ladder, type Level, putLevels } from "../api/levels";
import { useI18n } from "../i18n/i18n";
import { CountInput, MoneyInput } from "../offers/Amount";
import { Field } from "../offers/BenefitForm";
import { Words } from "../offers/ScopeForm";
import type { Place } from "../people/usePlace";
import { problemText } from "../ui/problem";

interface Props {
  before: Ladder | undefined;
  place: Place;
  close: () => void;
}

/** What a shop may begin with: a year's spending, kept by half of it. */
function beginning(currency: string): Ladder {
  const level = (name: string, needs: number): Level => ({ level: name, name, needs, keeps: needs / 2, rights: [] });
  return {
    window_days: 365,
    period_days: 365,
    counts_after_days: 7,
    minor_per_growth: { [currency]: 100 },
    levels: [level("silver", 500), level("gold", 3_000), level("diamond", 10_000)],
  };
}

const days = ["window_days", "period_days", "counts_after_days"] as const;

export function LadderForm({ before, place, close }: Props) {
  const { t } = useI18n();
  const client = useQueryClient();
  const [ladder, setLadder] = useState<Ladder>(() => before ?? beginning(place.currency ?? "CNY"));
  const save = useMutation({
    mutationFn: () => putLevels(ladder),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["levels"] });
      close();
    },
  });
  const change = (at: number, part: Partial<Level>) =>
    setLadder({ ...ladder, levels: ladder.levels.map((one, place) => (place === at ? { ...one, ...part } : one)) });
  return (
    <div className="stack">
      <div className="fields">
        {days.map((field) => (
          <Field key={field} label={t(`levels.${field}`)}>
            <CountInput
              label={t(`levels.${field}`)}
              least={field === "counts_after_days" ? 0 : 1}
              value={ladder[field]}
              onChange={(count) => setLadder({ ...ladder, [field]: count ?? 0 })}
            />
          </Field>
        ))}
        {Object.entries(ladder.minor_per_growth).map(([currency, minor]) => (
          <Field key={currency} label={t("levels.rate", { currency })}>
            <MoneyInput
              label={t("levels.rate", { currency })}
              currency={currency}
              value={minor}
              onChange={(rate) =>
                setLadder({ ...ladder, minor_per_growth: { ...ladder.minor_per_growth, [currency]: rate ?? 0 } })
              }
            />
          </Field>
        ))}
        <Field label={t("levels.currencies")}>
          <Words
            label={t("levels.currencies")}
            value={Object.keys(ladder.minor_per_growth)}
            onChange={(words) => {
              const rates = words.map((word) => [word.toUpperCase(), ladder.minor_per_growth[word] ?? 100] as const);
              setLadder({ ...ladder, minor_per_growth: Object.fromEntries(rates) });
            }}
          />
        </Field>
      </div>
      {ladder.levels.map((level, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a level is renamed while one types; its place is what it keeps
        <fieldset className="tier" key={at}>
          <div className="fields">
            {(["level", "name"] as const).map((field) => (
              <Field key={field} label={t(field === "level" ? "levels.key" : "levels.name")}>
                <Input
                  aria-label={t(field === "level" ? "levels.key" : "levels.name")}
                  className="plain-input"
                  value={level[field]}
                  onChange={(typed) => change(at, { [field]: typed.target.value })}
                />
              </Field>
            ))}
            {(["needs", "keeps"] as const).map((field) => (
              <Field key={field} label={t(`levels.${field}`)}>
                <CountInput
                  label={t(`levels.${field}`)}
                  value={level[field]}
                  onChange={(count) => change(at, { [field]: count ?? 0 })}
                />
              </Field>
            ))}
            <Field label={t("levels.rights")}>
              <Words
                label={t("levels.rights")}
                placeholder={t("levels.rightsHint")}
                separators={["\n"]}
                value={level.rights ?? []}
                onChange={(rights) => change(at, { rights })}
              />
            </Field>
            <Button onClick={() => setLadder({ ...ladder, levels: ladder.levels.filter((_, place) => place !== at) })}>
              {t("levels.remove")}
            </Button>
          </div>
        </fieldset>
      ))}
      <div>
        <Button onClick={() => setLadder({ ...ladder, levels: [...ladder.levels, next(ladder.levels.at(-1))] })}>
          {t("levels.add")}
        </Button>
      </div>
      {save.isError && <Alert type="error" showIcon title={problemText(save.error, t)} />}
      <p className="faint">{t("levels.saveAbout")}</p>
      <div className="empty-actions">
        <Button type="primary" loading={save.isPending} onClick={() => save.mutate()}>
          {t("form.save")}
        </Button>{" "}
        <Button onClick={close}>{t("levels.cancel")}</Button>
      </div>
    </div>
  );
}

function next(last: Level | undefined): Level {
  const needs = (last?.needs ?? 250) * 2;
  return { level: "", name: "", needs, keeps: last?.keeps ?? 0, rights: [] };
}
