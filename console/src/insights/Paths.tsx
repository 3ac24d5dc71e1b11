/** What shoppers do after, or before, an event. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Checkbox, Select } from "antd";
import { useMemo, useState } from "react";
import { askPaths } from "../api/calls";
import type { PathsAnswer } from "../api/types";
import { useTheme } from "../app/theme";
import { ChartPanel } from "../charts/ChartPanel";
import { useI18n } from "../i18n/i18n";
import { wordFor } from "../people/person";
import { usePlace } from "../people/usePlace";
import { Facts } from "../ui/Facts";
import { Panel } from "../ui/Page";
import { Behind } from "./Behind";
import { flowOf, pathsTable } from "./figures";
import { Insight } from "./Insight";
import type { QuestionProps } from "./InsightsPage";
import {
  AnswerBar,
  CountInput,
  DaysInput,
  EventsInput,
  Field,
  Nothing,
  SegmentInput,
  SpanInput,
  WhereInput,
} from "./inputs";
import { sankeyOption } from "./options";
import { ofSegment, type PathsAsked, pathsBody, pathsForm } from "./question";
import { type Asking, useAsked } from "./useAsked";

export function Paths({ days, initial }: QuestionProps) {
  const { t } = useI18n();
  const asking = useAsked(pathsForm, initial, days);
  const { asked, view } = asking;
  const body = pathsBody(asked, view);
  const complete = asked.anchor === "session" || asked.events.length > 0;
  const answer = useQuery({
    queryKey: ["insights", "paths", body],
    queryFn: ({ signal }) => askPaths(body, signal),
    enabled: complete,
    placeholderData: keepPreviousData,
  });
  return (
    <Insight
      builder={<Builder asking={asking} />}
      answer={answer}
      incomplete={complete ? null : <Nothing title={t("pathing.chooseTitle")} text={t("pathing.chooseText")} />}
      save={{ kind: "paths", question: body }}
    >
      {(figures) =>
        figures.sessions === 0 ? (
          <Nothing title={t("pathing.nobodyTitle")} text={t("pathing.nobodyText")} />
        ) : (
          <Figures answer={figures} asking={asking} />
        )
      }
    </Insight>
  );
}

const anchors = ["session", "start", "end"] as const;

function Builder({ asking }: { asking: Asking<PathsAsked> }) {
  const { t } = useI18n();
  const { asked, change } = asking;
  return (
    <>
      <Field label={t("asked.anchor")} at={["start", "end"]}>
        <Select<PathsAsked["anchor"]>
          aria-label={t("asked.anchor")}
          value={asked.anchor}
          options={anchors.map((anchor) => ({ value: anchor, label: t(`asked.anchor.${anchor}`) }))}
          onChange={(anchor) => change({ ...asked, anchor, events: anchor === "session" ? [] : asked.events })}
        />
        {asked.anchor !== "session" && (
          <>
            <EventsInput
              label={t(`asked.anchor.${asked.anchor}`)}
              value={asked.events}
              onChange={(events) => change({ ...asked, events })}
            />
            <WhereInput where={asked.where} onChange={(where) => change({ ...asked, where })} />
          </>
        )}
      </Field>
      <SegmentInput value={asked.segment} onChange={(segment) => change(ofSegment(asked, segment))} />
      <Field label={t("asked.length")} at={["steps"]}>
        <CountInput
          label={t("asked.length")}
          value={asked.steps}
          most={99}
          onChange={(steps) => change({ ...asked, steps })}
        />
      </Field>
      <Field label={t("asked.gap")} at={["gap_s"]}>
        <SpanInput label={t("asked.gap")} value={asked.gap} onChange={(gap) => change({ ...asked, gap })} />
      </Field>
      <Field label={t("asked.fold")}>
        <Checkbox checked={asked.fold} onChange={(box) => change({ ...asked, fold: box.target.checked })}>
          {t("asked.foldBox")}
        </Checkbox>
      </Field>
      <DaysInput asking={asking} />
      <Field label={t("asked.limit")} at={["limit"]}>
        <CountInput
          label={t("asked.limit")}
          value={asked.limit}
          most={999}
          onChange={(limit) => change({ ...asked, limit })}
        />
      </Field>
    </>
  );
}

/** So many events are told apart at one place of the diagram. */
const mostInColumn = 8;

function Figures({ answer, asking }: { answer: PathsAnswer; asking: Asking<PathsAsked> }) {
  const { t } = useI18n();
  const [path, setPath] = useState<string[] | null>(null);
  const { format } = usePlace();
  const { palette } = useTheme();
  const ends = asking.asked.anchor !== "end";
  const flow = useMemo(() => flowOf(answer.links, mostInColumn, ends), [answer.links, ends]);
  const option = useMemo(() => sankeyOption({ flow, format, palette, t }), [flow, format, palette, t]);
  const word = (name: string) => wordFor(t, "event", name);
  const columns = 1 + Math.max(0, ...flow.nodes.map(({ step }) => step));
  const tallest = Math.max(
    1,
    ...Array.from({ length: columns }, (_, step) => flow.nodes.filter((node) => node.step === step).length),
  );
  const most = answer.paths[0]?.sessions ?? 1;
  return (
    <>
      <AnswerBar name="paths" range={asking.view} table={() => pathsTable(answer)} />
      <Facts
        label={t("insights.answer")}
        facts={[
          { name: t("pathing.sessions"), value: <span data-figure="sessions">{format.count(answer.sessions)}</span> },
          { name: t("pathing.different"), value: format.count(answer.different) },
          { name: t("pathing.top"), value: format.percent((answer.paths[0]?.sessions ?? 0) / answer.sessions) },
        ]}
      />
      <ChartPanel
        title={t(ends ? "pathing.flow" : "pathing.flowTo")}
        label={t("pathing.flowChart")}
        option={option}
        height={Math.max(240, 46 * tallest)}
        minWidth={columns * 165}
        head={[t("pathing.from"), t("pathing.to"), t("pathing.place"), t("pathing.sessions")]}
        rows={answer.links.map(({ step, from, to, sessions }) => ({
          key: `${step} ${from} ${to ?? ""}`,
          name: word(from),
          cells: [to == null ? t("pathing.end") : word(to), String(step + 1), format.count(sessions)],
        }))}
      />
      <Panel label={t("pathing.paths")} title={t("pathing.paths")}>
        <div className="table-holder table-open">
          <table className="figures-table paths-table">
            <caption className="sr-only">{t("pathing.paths")}</caption>
            <thead>
              <tr>
                <th scope="col">{t("pathing.path")}</th>
                <th scope="col" className="paths-bar">
                  <span className="sr-only">{t("pathing.share")}</span>
                </th>
                <th scope="col">{t("pathing.sessions")}</th>
                <th scope="col">{t("pathing.share")}</th>
              </tr>
            </thead>
            <tbody>
              {answer.paths.map(({ events, sessions }) => (
                <tr key={events.join("\u0000")}>
                  <th scope="row" className="paths-events">
                    {events.map(word).join(" → ")}
                  </th>
                  <td className="product-bar paths-bar">
                    <i style={{ width: `${(sessions / most) * 100}%` }} />
                  </td>
                  <td>
                    <button
                      type="button"
                      className="link-button"
                      title={t("behind.list")}
                      onClick={() => setPath(events)}
                    >
                      {format.count(sessions)}
                    </button>
                  </td>
                  <td>{format.percent(sessions / answer.sessions)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
        {answer.not_told_apart > 0 && (
          <p className="panel-foot">{t("pathing.notToldApart", { count: format.count(answer.not_told_apart) })}</p>
        )}
      </Panel>
      <Behind
        open={path !== null}
        title={(path ?? []).map(word).join(" → ")}
        of={{ paths: { question: pathsBody(asking.asked, asking.view), path } }}
        onClose={() => setPath(null)}
      />
    </>
  );
}
