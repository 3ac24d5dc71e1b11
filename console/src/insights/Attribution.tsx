/** What led to orders: channels, campaigns, contents, sharers. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { AutoComplete, Checkbox, Segmented, Select } from "antd";
import { useMemo, useState } from "react";
import { useTheme } from "../app/theme";
import { ChartPanel } from "../charts/ChartPanel";
import { useI18n } from "../i18n/i18n";
import { wordFor } from "../people/person";
import { usePlace } from "../people/usePlace";
import { Facts } from "../ui/Facts";
import {
  type AttributionAnswer,
  type AttributionAsked,
  askAttribution,
  attributionBody,
  attributionForm,
  attributionTable,
  type Model,
  models,
} from "./analyses";
import { barsOption, sidewaysHeight } from "./analysisOptions";
import { Behind } from "./Behind";
import { Insight } from "./Insight";
import type { QuestionProps } from "./InsightsPage";
import { AnswerBar, CountInput, DaysInput, EventsInput, Field, Nothing } from "./inputs";
import { type Asking, useAsked } from "./useAsked";

export function Attribution({ days, initial }: QuestionProps) {
  const { t } = useI18n();
  const asking = useAsked(attributionForm, initial, days);
  const body = attributionBody(asking.asked, asking.view);
  const answer = useQuery({
    queryKey: ["insights", "attribution", body],
    queryFn: ({ signal }) => askAttribution(body, signal),
    placeholderData: keepPreviousData,
  });
  return (
    <Insight
      builder={<Builder asking={asking} />}
      answer={answer}
      incomplete={null}
      {...(asking.asked.by === "sharer" ? {} : { save: { kind: "attribution", question: body } })}
    >
      {(figures) =>
        figures.total.conversions === 0 ? (
          <Nothing title={t("attributing.noneTitle")} text={t("attributing.noneText")} />
        ) : (
          <Figures answer={figures} asking={asking} />
        )
      }
    </Insight>
  );
}

const origins = ["channel", "campaign", "content", "sharer"] as const;

function Builder({ asking }: { asking: Asking<AttributionAsked> }) {
  const { t } = useI18n();
  const { asked, change } = asking;
  return (
    <>
      <Field label={t("attributing.by")} at={["by"]} hint={t("insights.fieldHint")}>
        <AutoComplete
          key={asked.by}
          aria-label={t("attributing.by")}
          className="asked-wide"
          defaultValue={asked.by}
          options={origins.map((origin) => ({ value: origin, label: t(`attributing.by.${origin}`) }))}
          onSelect={(by) => by !== undefined && change({ ...asked, by })}
          onBlur={(event) => {
            const by = (event.target as HTMLInputElement).value.trim();
            if (by !== "" && by !== asked.by) change({ ...asked, by });
          }}
        />
      </Field>
      <Field label={t("attributing.conversion")} at={["conversion"]}>
        <EventsInput
          label={t("attributing.conversion")}
          placeholder={t("attributing.orders")}
          value={asked.conversion}
          onChange={(conversion) => change({ ...asked, conversion })}
        />
      </Field>
      <Field label={t("attributing.lookBack")} at={["look_back_s"]}>
        <CountInput
          label={t("attributing.lookBack")}
          value={asked.lookBackDays}
          least={1}
          most={366}
          onChange={(lookBackDays) => change({ ...asked, lookBackDays })}
        />
      </Field>
      <Field label={t("attributing.halfLife")} at={["half_life_s"]}>
        <CountInput
          label={t("attributing.halfLife")}
          value={asked.halfLifeDays}
          least={1}
          most={366}
          onChange={(halfLifeDays) => change({ ...asked, halfLifeDays })}
        />
      </Field>
      {asked.by === "channel" && (
        <Checkbox checked={asked.keepDirect} onChange={(box) => change({ ...asked, keepDirect: box.target.checked })}>
          {t("attributing.keepDirect")}
        </Checkbox>
      )}
      <DaysInput asking={asking} />
    </>
  );
}

/** So many values a chart shows. */
const mostBars = 10;

function Figures({ answer, asking }: { answer: AttributionAnswer; asking: Asking<AttributionAsked> }) {
  const { t } = useI18n();
  const { format } = usePlace();
  const { palette } = useTheme();
  const [shown, setShown] = useState<Model[]>(["last", "linear", "markov"]);
  const [of, setOf] = useState<"revenue" | "conversions">("revenue");
  const [behind, setBehind] = useState<string | null>(null);
  const { currency } = answer;
  const nameOf = (value: string | null | undefined) =>
    value == null ? t("attributing.others") : wordFor(t, asking.asked.by, value);
  const decimal = useMemo(() => new Intl.NumberFormat(undefined, { maximumFractionDigits: 2 }), []);
  const say = (value: number | null) =>
    of === "revenue" ? format.money(value, currency) : value === null ? "—" : decimal.format(value);
  const figure = (row: AttributionAnswer["rows"][number], model: Model) => {
    const credit = row.credit[model];
    if (credit == null) return null;
    return of === "revenue" ? credit.revenue_minor : credit.conversions;
  };
  const whole = (credit: AttributionAnswer["total"]) => (of === "revenue" ? credit.revenue_minor : credit.conversions);
  const colours = [
    palette.vine,
    palette.sky,
    palette.plum,
    palette.apricot,
    palette.good,
    palette.bad,
    palette.textFaint,
  ];
  const chosen = models.filter((model) => shown.includes(model));
  const top = answer.rows.slice(0, mostBars);
  const option = barsOption({
    sideways: true,
    names: top.map((row) => nameOf(row.value)),
    series: chosen.map((model) => ({
      name: t(`attributing.${model}`),
      colour: colours[models.indexOf(model)] ?? palette.vine,
      values: top.map((row) => figure(row, model)),
    })),
    say,
    short: (value) => (of === "revenue" ? format.shortMoney(value, currency) : format.shortCount(value)),
    palette,
  });
  const { direct, untouched, guests } = answer.unattributed;
  const rest = [
    ["direct", direct],
    ["untouched", untouched],
    ["guests", guests],
  ] as const;
  const tools = (
    <Segmented
      size="small"
      value={of}
      aria-label={t("attributing.figure")}
      options={[
        { value: "revenue", label: t("attributing.revenue") },
        { value: "conversions", label: t("attributing.conversions") },
      ]}
      onChange={setOf}
    />
  );
  return (
    <>
      <AnswerBar name="attribution" range={asking.view} table={() => attributionTable(answer)} />
      <Facts
        label={t("insights.answer")}
        facts={[
          {
            name: t("attributing.total"),
            value: <span data-figure="total">{format.money(answer.total.revenue_minor, currency)}</span>,
            note: t("attributing.count", { count: format.count(answer.total.conversions) }),
          },
          {
            name: t("attributing.attributed"),
            value: <span data-figure="attributed">{format.money(answer.attributed.revenue_minor, currency)}</span>,
            note: t("attributing.count", { count: format.count(answer.attributed.conversions) }),
          },
          ...rest.map(([name, credit]) => ({
            name: t(`attributing.${name}`),
            value: format.money(credit.revenue_minor, currency),
            note: t("attributing.count", { count: format.count(credit.conversions) }),
            hint: t(`attributing.${name}Hint`),
          })),
        ]}
      />
      <Select<Model[]>
        mode="multiple"
        aria-label={t("attributing.models")}
        value={shown}
        options={models.map((model) => ({ value: model, label: t(`attributing.${model}`) }))}
        onChange={setShown}
      />
      <ChartPanel
        title={t("attributing.title")}
        label={t("attributing.chart")}
        legend={chosen.map((model) => [
          colours[models.indexOf(model)] ?? palette.vine,
          t(`attributing.${model}`),
          "bar" as const,
        ])}
        tools={tools}
        option={option}
        height={sidewaysHeight(top.length, chosen.length)}
        minWidth={480}
        head={[t("insights.value"), ...models.map((model) => t(`attributing.${model}`)), t("attributing.removal")]}
        rows={[
          ...answer.rows.map((row) => ({
            key: row.value ?? "",
            name:
              row.value == null ? (
                nameOf(row.value)
              ) : (
                <button
                  type="button"
                  className="link-button"
                  title={t("behind.list")}
                  onClick={() => setBehind(row.value ?? null)}
                >
                  {nameOf(row.value)}
                </button>
              ),
            cells: [...models.map((model) => say(figure(row, model))), format.percent(row.removal_effect)],
          })),
          ...rest.map(([name, credit]) => ({
            key: `unattributed ${name}`,
            name: t(`attributing.${name}`),
            cells: [...models.map(() => say(whole(credit))), ""],
          })),
        ]}
        foot={t("attributing.about")}
      />
      <Behind
        open={behind !== null}
        title={t("behind.attributed", { name: nameOf(behind) })}
        of={
          behind === null
            ? {}
            : { attribution: { question: attributionBody(asking.asked, asking.view), value: behind } }
        }
        onClose={() => setBehind(null)}
      />
    </>
  );
}
