/** How many shoppers come by; who of them is new, who came back, who stayed away. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { type ReactNode, useMemo, useState } from "react";
import { askActive } from "../api/calls";
import type { ActiveAnswer, ActivePoint } from "../api/types";
import { useTheme } from "../app/theme";
import { ChartPanel } from "../charts/ChartPanel";
import { useI18n } from "../i18n/i18n";
import { isWhole, mayHoldData } from "../overview/range";
import { usePlace } from "../people/usePlace";
import { Facts } from "../ui/Facts";
import { unknown } from "../ui/format";
import { Behind } from "./Behind";
import { activeTable } from "./figures";
import { Insight } from "./Insight";
import type { QuestionProps } from "./InsightsPage";
import { AnswerBar, DaysInput, EventsInput, Field, IntervalInput, Nothing, SegmentInput, WhereInput } from "./inputs";
import { activeLegend, activeOption, lifecycleColours, lifecycleOption } from "./options";
import { type ActiveAsked, activeBody, activeForm, ofSegment } from "./question";
import { type Asking, useAsked } from "./useAsked";

export function Active({ days, initial }: QuestionProps) {
  const { t } = useI18n();
  const asking = useAsked(activeForm, initial, days);
  const { asked, view, change } = asking;
  const body = activeBody(asked, view.interval, view);
  const answer = useQuery({
    queryKey: ["insights", "active", body],
    queryFn: ({ signal }) => askActive(body, signal),
    placeholderData: keepPreviousData,
  });
  const builder = (
    <>
      <Field label={t("asked.activeBy")} at={["events"]}>
        <EventsInput
          label={t("asked.activeBy")}
          placeholder={t("insights.anyEvent")}
          value={asked.events}
          onChange={(events) => change({ ...asked, events })}
        />
        <WhereInput where={asked.where} onChange={(where) => change({ ...asked, where })} />
      </Field>
      <SegmentInput value={asked.segment} onChange={(segment) => change(ofSegment(asked, segment))} />
      <DaysInput asking={asking} />
      <IntervalInput value={view.interval} onChange={(interval) => change({ ...asked, interval })} />
    </>
  );
  return (
    <Insight builder={builder} answer={answer} incomplete={null} save={{ kind: "active", question: body }}>
      {(figures) =>
        figures.points.every(({ active }) => active === 0) ? (
          <Nothing title={t("activity.nobodyTitle")} text={t("activity.nobodyText")} />
        ) : (
          <Figures answer={figures} asking={asking} />
        )
      }
    </Insight>
  );
}

/** The people of one interval who are asked for. */
interface Group {
  start: string;
  part: ReturnType<typeof lifecycleColours>[number][0];
}

function Figures({ answer, asking }: { answer: ActiveAnswer; asking: Asking<ActiveAsked> }) {
  const { t } = useI18n();
  const { format } = usePlace();
  const { palette } = useTheme();
  const { days, view } = asking;
  const { interval, points } = answer;
  const daily = interval === "day";
  const activity = useMemo(
    () => ({
      answer,
      known: (point: ActivePoint) => mayHoldData(point.start, interval, days),
      whole: (point: ActivePoint) => isWhole(point.start, interval, view, days.today),
      format,
      palette,
      t,
    }),
    [answer, interval, days, view, format, palette, t],
  );
  const [lines, bars] = useMemo(() => [activeOption(activity), lifecycleOption(activity)], [activity]);
  const shown = points.filter(activity.known);
  const [group, setGroup] = useState<Group | null>(null);
  const rows = (cells: (point: ActivePoint) => ReactNode[]) =>
    points.map((point) => ({
      key: point.start,
      name: format.period(point.start, interval),
      cells: activity.known(point) ? cells(point) : cells(point).map(() => unknown),
    }));
  const name = t(daily ? "activity.daily" : "activity.title");
  const colours = lifecycleColours(palette);
  return (
    <>
      <AnswerBar name="active" range={view} table={() => activeTable(answer)} />
      <Facts label={t("insights.answer")} facts={factsOf(shown, daily, interval)} />
      <ChartPanel
        title={t("activity.title")}
        label={t("activity.chart")}
        legend={activeLegend(interval, palette, t)}
        option={lines}
        height={290}
        minWidth={480}
        head={[
          t(`interval.${interval}`),
          name,
          ...(daily ? [t("activity.weekly"), t("activity.monthly"), t("activity.stickiness")] : []),
        ]}
        rows={rows((point) => [
          format.count(point.active),
          ...(daily ? [format.count(point.weekly), format.count(point.monthly), format.percent(point.stickiness)] : []),
        ])}
      />
      <ChartPanel
        title={t("activity.lifecycle")}
        label={t("activity.lifecycleChart")}
        legend={colours.map(([part, colour]) => [colour, t(`activity.${part}`), "bar"] as const)}
        option={bars}
        height={290}
        minWidth={480}
        head={[t(`interval.${interval}`), ...colours.map(([part]) => t(`activity.${part}`))]}
        rows={rows((point) =>
          colours.map(([part]) => (
            <button
              key={part}
              type="button"
              className="link-button"
              title={t("behind.list")}
              onClick={() => setGroup({ start: point.start, part })}
            >
              {format.count(point[part])}
            </button>
          )),
        )}
        onPick={({ dataIndex, data }) => {
          const part = (data as { group?: Group["part"] } | null)?.group;
          const point = points[dataIndex];
          if (part !== undefined && point !== undefined) setGroup({ start: point.start, part });
        }}
        foot={t("activity.about")}
      />
      <Behind
        open={group !== null}
        title={group === null ? "" : `${format.period(group.start, interval)} · ${t(`activity.${group.part}`)}`}
        of={{
          active: {
            question: activeBody(asking.asked, view.interval, view),
            start: group?.start,
            group: group?.part,
          },
        }}
        onClose={() => setGroup(null)}
      />
    </>
  );

  function factsOf(shown: ActivePoint[], daily: boolean, interval: ActiveAnswer["interval"]) {
    const mean = (values: number[]) =>
      values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
    const last = shown.at(-1);
    const stickiness = shown.flatMap((point) => (point.stickiness == null ? [] : [point.stickiness]));
    return [
      {
        name: t(`activity.mean.${interval}`),
        value: <span data-figure="mean-active">{format.count(mean(shown.map(({ active }) => active)))}</span>,
      },
      ...(daily
        ? [
            { name: t("activity.lastWeekly"), value: format.count(last?.weekly) },
            { name: t("activity.lastMonthly"), value: format.count(last?.monthly) },
            {
              name: t("activity.meanStickiness"),
              value: format.percent(mean(stickiness)),
              hint: t("activity.stickinessHint"),
            },
          ]
        : []),
      {
        name: t("activity.newInAll"),
        value: <span data-figure="new">{format.count(shown.reduce((sum, point) => sum + point.new, 0))}</span>,
      },
    ];
  }
}
