/** Who comes back, and when. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Checkbox, InputNumber, Select } from "antd";
import { useMemo, useState } from "react";
import { askRetention } from "../api/calls";
import type { RetentionAnswer } from "../api/types";
import { useTheme } from "../app/theme";
import { ChartPanel } from "../charts/ChartPanel";
import { useI18n } from "../i18n/i18n";
import { usePlace } from "../people/usePlace";
import { Facts } from "../ui/Facts";
import { Behind } from "./Behind";
import { Cohorts } from "./Cohorts";
import { milestones, retentionTable } from "./figures";
import { Insight } from "./Insight";
import type { QuestionProps } from "./InsightsPage";
import {
  AnswerBar,
  ApartInput,
  CountInput,
  DaysInput,
  EventsInput,
  Field,
  IntervalInput,
  Nothing,
  SegmentInput,
  WhereInput,
} from "./inputs";
import { afterHint, afterName, curveOption } from "./options";
import { ofSegment, type RetentionAsked, retentionBody, retentionForm, usualHorizon } from "./question";
import { RetentionParts } from "./RetentionParts";
import { type Asking, useAsked } from "./useAsked";

export function Retention({ days, initial }: QuestionProps) {
  const { t } = useI18n();
  const asking = useAsked(retentionForm, initial, days);
  const { asked, view } = asking;
  const body = retentionBody(asked, view.interval, view);
  const answer = useQuery({
    queryKey: ["insights", "retention", body],
    queryFn: ({ signal }) => askRetention(body, signal),
    placeholderData: keepPreviousData,
  });
  return (
    <Insight
      builder={<Builder asking={asking} />}
      answer={answer}
      incomplete={null}
      save={{ kind: "retention", question: body }}
    >
      {(figures) =>
        figures.cohorts.every(({ shoppers }) => shoppers === 0) ? (
          <Nothing title={t("retaining.nobodyTitle")} text={t("retaining.nobodyText")} />
        ) : (
          <Figures answer={figures} asking={asking} />
        )
      }
    </Insight>
  );
}

function Builder({ asking }: { asking: Asking<RetentionAsked> }) {
  const { t } = useI18n();
  const { asked, view, change } = asking;
  return (
    <>
      <Field label={t("asked.start")} at={["start"]}>
        <EventsInput
          label={t("asked.start")}
          placeholder={t("insights.anyEvent")}
          value={asked.start}
          onChange={(start) => change({ ...asked, start })}
        />
        <WhereInput where={asked.startWhere} onChange={(startWhere) => change({ ...asked, startWhere })} />
        <Checkbox checked={asked.firstTime} onChange={(box) => change({ ...asked, firstTime: box.target.checked })}>
          {t("asked.firstTime")}
        </Checkbox>
      </Field>
      <Field label={t("asked.then")} at={["then"]}>
        <EventsInput
          label={t("asked.then")}
          placeholder={t("insights.anyEvent")}
          value={asked.back}
          onChange={(back) => change({ ...asked, back })}
        />
        <WhereInput where={asked.backWhere} onChange={(backWhere) => change({ ...asked, backWhere })} />
      </Field>
      <ApartInput value={asked.breakDown} onChange={(breakDown) => change({ ...asked, breakDown })} />
      <SegmentInput value={asked.segment} onChange={(segment) => change(ofSegment(asked, segment))} />
      <Field label={t("asked.times")} at={["times"]}>
        <CountInput
          label={t("asked.times")}
          value={asked.times}
          most={9_999}
          onChange={(times) => change({ ...asked, times })}
        />
      </Field>
      <Field label={t("asked.returning")} at={["returning"]}>
        <Select<RetentionAsked["returning"]>
          aria-label={t("asked.returning")}
          value={asked.returning}
          options={(["on", "on_or_after"] as const).map((one) => ({ value: one, label: t(`asked.${one}`) }))}
          onChange={(returning) => change({ ...asked, returning })}
        />
      </Field>
      <DaysInput asking={asking} />
      <IntervalInput value={view.interval} onChange={(interval) => change({ ...asked, interval })} />
      <Field label={t("asked.horizon")} at={["horizon"]}>
        <span className="asked-line">
          <InputNumber
            aria-label={t("asked.horizon")}
            className="asked-count"
            min={1}
            max={366}
            precision={0}
            placeholder={String(usualHorizon(view.interval))}
            value={asked.horizon}
            onChange={(horizon) => change({ ...asked, horizon })}
          />
          {t(`asked.horizon.${view.interval}`)}
        </span>
      </Field>
    </>
  );
}

function Figures({ answer, asking }: { answer: RetentionAnswer; asking: Asking<RetentionAsked> }) {
  const { t } = useI18n();
  const { format } = usePlace();
  const { palette } = useTheme();
  const { interval, average, cohorts } = answer;
  const called = milestones[interval];
  const [cell, setCell] = useState<{ start: string; after: number | null } | null>(null);
  const titleOf = ({ start, after }: { start: string; after: number | null }) =>
    [format.period(start, interval), ...(after === null ? [] : [afterHint(t, interval, after)])].join(" · ");
  const option = useMemo(
    () => curveOption({ answer, called, format, palette, t }),
    [answer, called, format, palette, t],
  );
  return (
    <>
      <AnswerBar name="retention" range={asking.view} table={() => retentionTable(answer)} />
      <Facts
        label={t("insights.answer")}
        facts={[
          ...called.map((after) => ({
            name: afterName(t, interval, after),
            value: <span data-figure={`after-${after}`}>{format.percent(average[after])}</span>,
            note: afterHint(t, interval, after),
          })),
          {
            name: t("retaining.began"),
            value: format.count(cohorts.reduce((sum, { shoppers }) => sum + shoppers, 0)),
          },
        ]}
      />
      <Cohorts answer={answer} today={asking.days.today} onList={(start, after) => setCell({ start, after })} />
      <ChartPanel
        title={t("retaining.curve")}
        label={t("retaining.curveChart")}
        option={option}
        height={250}
        minWidth={480}
        head={[t(`interval.${interval}`), t("retaining.cameBack")]}
        rows={average.map((share, after) => ({
          key: String(after),
          name: afterHint(t, interval, after),
          cells: [format.percent(share)],
        }))}
      />
      {answer.parts.length > 0 && <RetentionParts answer={answer} field={asking.asked.breakDown} />}
      <Behind
        open={cell !== null}
        title={cell === null ? "" : titleOf(cell)}
        of={{
          retention: {
            question: retentionBody(asking.asked, asking.view.interval, asking.view),
            cohort: cell?.start,
            bracket: cell?.after,
          },
        }}
        onClose={() => setCell(null)}
      />
    </>
  );
}
