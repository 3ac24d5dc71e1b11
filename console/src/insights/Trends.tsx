/** Figures over events, by interval. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Checkbox } from "antd";
import { useMemo, useState } from "react";
import { askTrends } from "../api/calls";
import type { TrendLines, TrendPart, TrendsAnswer } from "../api/types";
import { useTheme } from "../app/theme";
import { ChartPanel } from "../charts/ChartPanel";
import { useI18n } from "../i18n/i18n";
import { usePlace } from "../people/usePlace";
import { Facts } from "../ui/Facts";
import { Behind } from "./Behind";
import { Insight } from "./Insight";
import type { QuestionProps } from "./InsightsPage";
import { AnswerBar, Nothing } from "./inputs";
import { TrendBuilder } from "./TrendBuilder";
import { isWhole, type TrendAsked, type TrendInterval, trendBody, trendForm } from "./trend";
import { figureText, linesShown, partName, startName, trendOption, trendTable } from "./trendOptions";
import { type Asking, useAsked } from "./useAsked";

export function Trends({ days, initial }: QuestionProps) {
  const { t } = useI18n();
  const asking = useAsked(trendForm, initial, days);
  const { asked, view } = asking;
  const body = trendBody(asked, asked.interval ?? view.interval, view);
  const complete = asked.series.every(isWhole);
  const answer = useQuery({
    queryKey: ["insights", "trends", body],
    queryFn: ({ signal }) => askTrends(body, signal),
    enabled: complete,
    placeholderData: keepPreviousData,
  });
  return (
    <Insight
      builder={<TrendBuilder asking={asking} />}
      answer={answer}
      incomplete={complete ? null : <Nothing title={t("trending.chooseTitle")} text={t("trending.chooseText")} />}
      save={{ kind: "trends", question: body }}
    >
      {(figures) => <Figures answer={figures} asking={asking} body={body} />}
    </Insight>
  );
}

/** A point whose people are asked for. */
interface Point {
  series: number;
  part: TrendPart;
  start: string | null;
}

function Figures({ answer, asking, body }: { answer: TrendsAnswer; asking: Asking<TrendAsked>; body: object }) {
  const { t } = useI18n();
  const { format, timeZone, tag } = usePlace();
  const { palette } = useTheme();
  const { asked, view } = asking;
  const [point, setPoint] = useState<Point | null>(null);
  const [whole, setWhole] = useState(true);
  const words = useMemo(
    () => ({ answer, format, palette, t, timeZone, tag, whole }),
    [answer, format, palette, t, timeZone, tag, whole],
  );
  const option = useMemo(() => trendOption(words), [words]);
  const shown = linesShown(answer, whole);
  const told = asked.breakDown !== "";
  const list = (line: TrendLines, part: TrendPart, start: string | null) => {
    const series = answer.lines.indexOf(line);
    // Nobody is behind a formula: it is of several series.
    if (line.letter != null) setPoint({ series, part, start });
  };
  return (
    <>
      <AnswerBar name="trends" range={view} table={() => trendTable(answer)} />
      <Facts
        label={t("insights.answer")}
        facts={answer.lines.map((line) => {
          const [all] = line.parts;
          return {
            name: partName(words, line, null),
            value: <span data-figure={line.letter ?? line.name}>{figureText(words, line, all?.total)}</span>,
            ...(asked.compare
              ? { hint: t("trending.before", { figure: figureText(words, line, all?.total_before) }) }
              : {}),
          };
        })}
      />
      <ChartPanel
        title={t("insights.trends")}
        label={t("trending.chart")}
        legend={shown.map(({ line, part, colour }) => [colour(palette), partName(words, line, part), "line"] as const)}
        option={option}
        height={320}
        minWidth={480}
        {...(told
          ? {
              tools: (
                <Checkbox checked={whole} onChange={(box) => setWhole(box.target.checked)}>
                  {t("trending.whole")}
                </Checkbox>
              ),
            }
          : {})}
        onPick={({ dataIndex, data }) => {
          const place = (data as { line?: number } | null)?.line ?? 0;
          const one = shown[place];
          if (one !== undefined) list(one.line, one.part, answer.starts[dataIndex] ?? null);
        }}
        head={[
          t(`trending.interval.${answer.interval as TrendInterval}`),
          ...shown.map(({ line, part }) => partName(words, line, part)),
        ]}
        rows={[
          { key: "total", name: t("trending.total"), start: null, place: -1 },
          ...answer.starts.map((start, place) => ({ key: start, name: startName(words, start), start, place })),
        ].map(({ key, name, start, place }) => ({
          key,
          name,
          cells: shown.map(({ line, part }) => {
            const text = figureText(words, line, place < 0 ? part.total : part.points[place]);
            return line.letter == null ? (
              text
            ) : (
              <button
                key={partName(words, line, part)}
                type="button"
                className="link-button"
                title={t("behind.list")}
                onClick={() => list(line, part, start)}
              >
                {text}
              </button>
            );
          }),
        }))}
        {...(answer.too_many_values ? { foot: t("trending.tooMany", { count: format.count(answer.values) }) } : {})}
      />
      <Behind
        open={point !== null}
        title={point === null ? "" : partName(words, answer.lines[point.series], point.part)}
        of={
          point === null
            ? {}
            : {
                trends: {
                  question: body,
                  series: point.series,
                  start: point.start,
                  kind: point.part.kind,
                  value: point.part.value,
                },
              }
        }
        onClose={() => setPoint(null)}
      />
    </>
  );
}
