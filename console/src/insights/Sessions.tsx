/** Visits: how many, how long, how many end at once. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Checkbox } from "antd";
import { useTheme } from "../app/theme";
import { ChartPanel } from "../charts/ChartPanel";
import { useI18n } from "../i18n/i18n";
import { wordFor } from "../people/person";
import { usePlace } from "../people/usePlace";
import { Facts } from "../ui/Facts";
import { Panel } from "../ui/Page";
import {
  askSessions,
  type SessionFigures,
  type SessionsAnswer,
  type SessionsAsked,
  sessionsBody,
  sessionsForm,
  sessionsTable,
} from "./analyses";
import { barsOption } from "./analysisOptions";
import { durationText } from "./figures";
import { Insight } from "./Insight";
import type { QuestionProps } from "./InsightsPage";
import { AnswerBar, ApartInput, CountInput, DaysInput, Field, IntervalInput, Nothing } from "./inputs";
import { type Asking, useAsked } from "./useAsked";

export function Sessions({ days, initial }: QuestionProps) {
  const { t } = useI18n();
  const asking = useAsked(sessionsForm, initial, days);
  const { asked, view, change } = asking;
  const body = sessionsBody(asked, view.interval, view);
  const answer = useQuery({
    queryKey: ["insights", "sessions", body],
    queryFn: ({ signal }) => askSessions(body, signal),
    placeholderData: keepPreviousData,
  });
  const builder = (
    <>
      <Field label={t("visiting.gap")} at={["gap_s"]}>
        <CountInput
          label={t("visiting.gap")}
          value={asked.gapMinutes}
          least={1}
          most={1_440}
          onChange={(gapMinutes) => change({ ...asked, gapMinutes })}
        />
      </Field>
      <Checkbox checked={asked.byId} onChange={(box) => change({ ...asked, byId: box.target.checked })}>
        {t("visiting.byId")}
      </Checkbox>
      <ApartInput
        also={["entry_page"]}
        value={asked.breakDown}
        onChange={(breakDown) => change({ ...asked, breakDown })}
      />
      <DaysInput asking={asking} />
      <IntervalInput value={view.interval} onChange={(interval) => change({ ...asked, interval })} />
    </>
  );
  return (
    <Insight builder={builder} answer={answer} incomplete={null} save={{ kind: "sessions", question: body }}>
      {(figures) =>
        figures.total.sessions === 0 ? (
          <Nothing title={t("visiting.noneTitle")} text={t("visiting.noneText")} />
        ) : (
          <Figures answer={figures} asking={asking} />
        )
      }
    </Insight>
  );
}

function Figures({ answer, asking }: { answer: SessionsAnswer; asking: Asking<SessionsAsked> }) {
  const { t } = useI18n();
  const { format, tag } = usePlace();
  const { palette } = useTheme();
  const { total, points, parts, interval } = answer;
  const each = new Intl.NumberFormat(tag, { maximumFractionDigits: 2 });
  const cells = (figures: SessionFigures) => [
    format.count(figures.sessions),
    format.count(figures.shoppers),
    durationText(figures.mean_s, tag),
    figures.pages_each == null ? "—" : each.format(figures.pages_each),
    format.percent(figures.bounce_rate),
    format.percent(figures.conversion),
  ];
  const head = [
    t("visiting.sessions"),
    t("funnelling.shoppers"),
    t("visiting.mean"),
    t("visiting.pages"),
    t("visiting.bounce"),
    t("visiting.conversion"),
  ];
  const option = barsOption({
    names: points.map((point) => format.period(point.start, interval)),
    series: [{ name: t("visiting.sessions"), colour: palette.vine, values: points.map(({ sessions }) => sessions) }],
    line: {
      name: t("visiting.bounce"),
      colour: palette.apricot,
      values: points.map(({ bounce_rate }) => bounce_rate ?? null),
      say: format.percent,
    },
    say: format.count,
    short: format.shortCount,
    palette,
  });
  return (
    <>
      <AnswerBar name="sessions" range={asking.view} table={() => sessionsTable(answer)} />
      <Facts
        label={t("insights.answer")}
        facts={[
          { name: t("visiting.sessions"), value: <span data-figure="sessions">{format.count(total.sessions)}</span> },
          {
            name: t("visiting.bounce"),
            value: <span data-figure="bounce">{format.percent(total.bounce_rate)}</span>,
            hint: t("visiting.bounceHint"),
          },
          { name: t("visiting.mean"), value: durationText(total.mean_s, tag) },
          { name: t("visiting.median"), value: durationText(answer.median_s, tag) },
          { name: t("visiting.pages"), value: total.pages_each == null ? "—" : each.format(total.pages_each) },
          { name: t("visiting.conversion"), value: format.percent(total.conversion) },
        ]}
      />
      <ChartPanel
        title={t("visiting.title")}
        label={t("visiting.chart")}
        legend={[
          [palette.vine, t("visiting.sessions"), "bar"],
          [palette.apricot, t("visiting.bounce"), "line"],
        ]}
        option={option}
        height={290}
        minWidth={480}
        head={[t(`interval.${interval}`), ...head]}
        rows={points.map((point) => ({
          key: point.start,
          name: format.period(point.start, interval),
          cells: cells(point),
        }))}
        {...(answer.without_id > 0
          ? { foot: t("visiting.withoutId", { count: format.count(answer.without_id) }) }
          : {})}
      />
      {parts.length > 0 && (
        <Panel label={t("visiting.parts")} title={t("visiting.parts")}>
          <div className="table-holder table-open">
            <table className="figures-table parts-table">
              <caption className="sr-only">{t("visiting.parts")}</caption>
              <thead>
                <tr>
                  {[t("insights.value"), ...head].map((name) => (
                    <th key={name} scope="col">
                      {name}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {parts.map((part) => (
                  <tr key={part.value ?? ""}>
                    <th scope="row">
                      {part.value == null ? t("insights.noValue") : wordFor(t, asking.asked.breakDown, part.value)}
                    </th>
                    {cells(part).map((cell, column) => (
                      <td key={head[column]}>{cell}</td>
                    ))}
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
          {answer.values > parts.length && (
            <p className="panel-foot">
              {t("visiting.partsMore", { shown: format.count(parts.length), all: format.count(answer.values) })}
            </p>
          )}
        </Panel>
      )}
    </>
  );
}
