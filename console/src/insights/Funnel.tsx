/** How many get from one step to the next, how fast, and who does not. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Button } from "antd";
import { useState } from "react";
import { askFunnel } from "../api/calls";
import type { FunnelAnswer } from "../api/types";
import { useI18n } from "../i18n/i18n";
import { wordFor } from "../people/person";
import { usePlace } from "../people/usePlace";
import { Facts } from "../ui/Facts";
import { FunnelBuilder } from "./FunnelBuilder";
import { FunnelParts } from "./FunnelParts";
import { FunnelSteps } from "./FunnelSteps";
import { FunnelTimes } from "./FunnelTimes";
import { durationText, funnelTable } from "./figures";
import { Insight } from "./Insight";
import type { QuestionProps } from "./InsightsPage";
import { AnswerBar, Nothing } from "./inputs";
import { type FunnelAsked, funnelBody, funnelForm, isComplete, usualFunnel } from "./question";
import { StepPeople } from "./StepPeople";
import { type Asking, useAsked, useKnownEvents } from "./useAsked";

export function Funnel({ days, initial }: QuestionProps) {
  const { t } = useI18n();
  const asking = useAsked(funnelForm, initial, days);
  const { asked, view } = asking;
  const body = funnelBody(asked, view);
  const complete = isComplete(asked);
  const answer = useQuery({
    queryKey: ["insights", "funnel", body],
    queryFn: ({ signal }) => askFunnel(body, signal),
    enabled: complete,
    placeholderData: keepPreviousData,
  });
  return (
    <Insight
      builder={<FunnelBuilder asking={asking} />}
      answer={answer}
      incomplete={complete ? null : <Choose asking={asking} />}
      save={{ kind: "funnel", question: body }}
    >
      {(figures) =>
        (figures.steps[0]?.shoppers ?? 0) === 0 ? (
          <Nothing title={t("funnelling.nobodyTitle")} text={t("funnelling.nobodyText")} />
        ) : (
          <FunnelFigures answer={figures} asking={asking} />
        )
      }
    </Insight>
  );
}

/** Before there is a question: what to do, and a funnel of what this shop has events for. */
function Choose({ asking }: { asking: Asking<FunnelAsked> }) {
  const { t } = useI18n();
  const { events } = useKnownEvents();
  const usual = usualFunnel((events ?? []).map(({ name }) => name));
  return (
    <Nothing title={t("funnelling.chooseTitle")} text={t("funnelling.chooseText")}>
      {usual !== null && (
        <>
          <Button type="primary" onClick={() => asking.change({ ...asking.asked, steps: usual })}>
            {t("funnelling.begin")}
          </Button>
          <small className="faint answer-way">
            {usual.map(({ events }) => wordFor(t, "event", events[0] ?? "")).join(" → ")}
          </small>
        </>
      )}
    </Nothing>
  );
}

function FunnelFigures({ answer, asking }: { answer: FunnelAnswer; asking: Asking<FunnelAsked> }) {
  const { t } = useI18n();
  const { format, tag } = usePlace();
  const { asked, view } = asking;
  const [listed, setListed] = useState<number | null>(null);
  const [first, last] = [answer.steps[0], answer.steps.at(-1)];
  return (
    <>
      <AnswerBar name="funnel" range={view} table={() => funnelTable(answer, asked.steps)} />
      <Facts
        label={t("insights.answer")}
        facts={[
          {
            name: t("funnelling.conversion"),
            value: <span data-figure="conversion">{format.percent(answer.conversion)}</span>,
            hint: t("funnelling.conversionHint"),
          },
          { name: t("funnelling.began"), value: format.count(first?.shoppers) },
          { name: t("funnelling.ended"), value: format.count(last?.shoppers) },
          {
            name: t("funnelling.median"),
            value: durationText(last?.median_s, tag),
            hint: t("funnelling.medianHint"),
          },
        ]}
      />
      <FunnelSteps answer={answer} steps={asked.steps} onList={setListed} />
      <FunnelTimes answer={answer} />
      {asked.breakDown !== "" && answer.parts.length > 0 && <FunnelParts answer={answer} field={asked.breakDown} />}
      <StepPeople asked={asked} view={view} at={listed} onClose={() => setListed(null)} />
    </>
  );
}
