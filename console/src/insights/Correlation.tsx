/** What makes those who convert differ from those who do not. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Select } from "antd";
import { useState } from "react";
import { useTheme } from "../app/theme";
import { ChartPanel } from "../charts/ChartPanel";
import { useI18n } from "../i18n/i18n";
import { wordFor } from "../people/person";
import { usePlace } from "../people/usePlace";
import { Facts } from "../ui/Facts";
import {
  askCorrelation,
  type CorrelationAnswer,
  type CorrelationAsked,
  chanceText,
  correlationBody,
  correlationForm,
  correlationTable,
  ratioText,
} from "./analyses";
import { barsOption, sidewaysHeight } from "./analysisOptions";
import { Behind } from "./Behind";
import { Insight } from "./Insight";
import type { QuestionProps } from "./InsightsPage";
import { AnswerBar, CountInput, DaysInput, EventsInput, Field, Nothing } from "./inputs";
import { type Asking, useAsked } from "./useAsked";

export function Correlation({ days, initial }: QuestionProps) {
  const { t } = useI18n();
  const asking = useAsked(correlationForm, initial, days);
  const { asked, view, change } = asking;
  const body = correlationBody(asked, view);
  const answer = useQuery({
    queryKey: ["insights", "correlation", body],
    queryFn: ({ signal }) => askCorrelation(body, signal),
    placeholderData: keepPreviousData,
  });
  const fields = ["channel", "campaign", "referrer", "product_id", "category", "brand"];
  const builder = (
    <>
      <Field label={t("differing.goal")} at={["goal"]}>
        <EventsInput
          label={t("differing.goal")}
          placeholder={wordFor(t, "event", "Order Completed")}
          value={asked.goal}
          onChange={(goal) => change({ ...asked, goal })}
        />
      </Field>
      <Field label={t("differing.start")} at={["start"]}>
        <EventsInput
          label={t("differing.start")}
          placeholder={t("differing.everybody")}
          value={asked.start}
          onChange={(start) => change({ ...asked, start })}
        />
      </Field>
      <Field label={t("differing.fields")} at={["fields"]} hint={t("insights.fieldHint")}>
        <Select<string[]>
          mode="tags"
          aria-label={t("differing.fields")}
          className="asked-wide"
          value={asked.fields}
          maxCount={8}
          options={fields.map((name) => ({ value: name, label: wordFor(t, "field", name) }))}
          onChange={(chosen) => change({ ...asked, fields: chosen })}
        />
      </Field>
      <Field label={t("differing.least")} at={["least"]}>
        <CountInput
          label={t("differing.least")}
          value={asked.least}
          least={1}
          most={99_999}
          onChange={(least) => change({ ...asked, least })}
        />
      </Field>
      <DaysInput asking={asking} />
    </>
  );
  return (
    <Insight builder={builder} answer={answer} incomplete={null} save={{ kind: "correlation", question: body }}>
      {(figures) =>
        figures.correlates.length === 0 || figures.converted === 0 ? (
          <Nothing title={t("differing.noneTitle")} text={t("differing.noneText")} />
        ) : (
          <Figures answer={figures} asking={asking} />
        )
      }
    </Insight>
  );
}

function Figures({ answer, asking }: { answer: CorrelationAnswer; asking: Asking<CorrelationAsked> }) {
  const { t } = useI18n();
  const { format } = usePlace();
  const { palette } = useTheme();
  const { correlates } = answer;
  const [behind, setBehind] = useState<{ one: CorrelationAnswer["correlates"][number]; converted: boolean } | null>(
    null,
  );
  const nameOf = (one: CorrelationAnswer["correlates"][number]) =>
    one.field == null
      ? wordFor(t, "event", one.value)
      : `${wordFor(t, "field", one.field)}: ${wordFor(t, one.field, one.value)}`;
  const top = correlates.slice(0, 10);
  const option = barsOption({
    sideways: true,
    names: top.map(nameOf),
    series: [
      {
        name: t("differing.converted"),
        colour: palette.vine,
        values: top.map(({ converted_share }) => converted_share),
      },
      { name: t("differing.others"), colour: palette.lineStrong, values: top.map(({ others_share }) => others_share) },
    ],
    say: format.percent,
    short: format.percent,
    palette,
  });
  const clear = correlates.filter(({ adjusted_p }) => adjusted_p <= 0.05).length;
  return (
    <>
      <AnswerBar name="correlation" range={asking.view} table={() => correlationTable(answer)} />
      <Facts
        label={t("insights.answer")}
        facts={[
          {
            name: t("differing.converted"),
            value: <span data-figure="converted">{format.count(answer.converted)}</span>,
          },
          { name: t("differing.others"), value: format.count(answer.others) },
          { name: t("differing.clear"), value: format.count(clear), hint: t("differing.clearHint") },
          {
            name: t("differing.lookedAt"),
            value: format.count(answer.looked_at),
            note: t("differing.tooRare", { count: format.count(answer.too_rare) }),
          },
        ]}
      />
      <ChartPanel
        title={t("differing.title")}
        label={t("differing.chart")}
        legend={[
          [palette.vine, t("differing.converted"), "bar"],
          [palette.lineStrong, t("differing.others"), "bar"],
        ]}
        option={option}
        height={sidewaysHeight(top.length, 2)}
        minWidth={560}
        head={[
          t("insights.value"),
          t("differing.convertedShare"),
          t("differing.othersShare"),
          t("differing.odds"),
          t("differing.adjusted"),
          t("differing.conversion"),
        ]}
        rows={correlates.map((one) => ({
          key: `${one.field ?? ""} ${one.value}`,
          name: nameOf(one),
          cells: [
            ...([true, false] as const).map((converted) => (
              <button
                key={String(converted)}
                type="button"
                className="link-button"
                title={t("behind.list")}
                onClick={() => setBehind({ one, converted })}
              >
                {converted
                  ? `${format.percent(one.converted_share)} (${format.count(one.converted)})`
                  : `${format.percent(one.others_share)} (${format.count(one.others)})`}
              </button>
            )),
            ratioText(one.odds),
            chanceText(one.adjusted_p),
            format.percent(one.conversion),
          ],
        }))}
        foot={t("differing.about")}
      />
      <Behind
        open={behind !== null}
        title={behind === null ? "" : t("behind.having", { name: nameOf(behind.one) })}
        of={
          behind === null
            ? {}
            : {
                correlation: {
                  question: correlationBody(asking.asked, asking.view),
                  field: behind.one.field ?? null,
                  value: behind.one.value,
                  converted: behind.converted,
                },
              }
        }
        onClose={() => setBehind(null)}
      />
    </>
  );
}
