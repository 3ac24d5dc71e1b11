/** A funnel's steps as bars, each with who went no further. */
import type { FunnelAnswer } from "../api/types";
import { useI18n } from "../i18n/i18n";
import { wordFor } from "../people/person";
import { usePlace } from "../people/usePlace";
import { Panel } from "../ui/Page";
import { durationText, wentNoFurther } from "./figures";
import type { Step } from "./question";

interface Props {
  answer: FunnelAnswer;
  steps: Step[];
  /** Asks who got to this step and no further, counted from 1. */
  onList: (step: number) => void;
}

export function FunnelSteps({ answer, steps, onList }: Props) {
  const { t } = useI18n();
  const { format, tag } = usePlace();
  const first = Math.max(1, answer.steps[0]?.shoppers ?? 0);
  const last = answer.steps.length - 1;
  const doorOf = (place: number) => {
    if (place === last) return t("funnelling.completed");
    const stopped = wentNoFurther(answer, steps, place);
    return stopped === null
      ? t("funnelling.stoppedUnknown")
      : t("funnelling.stopped", { count: format.count(stopped) });
  };
  return (
    <Panel label={t("funnelling.steps")} title={t("funnelling.steps")}>
      <ol className="funnel funnel-steps">
        {answer.steps.map((step, place) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: steps are told apart by their place
          <li key={place} data-step={place + 1}>
            <div className="funnel-line">
              <span>
                <span className="faint">{place + 1}</span>{" "}
                {step.events.map((name) => wordFor(t, "event", name)).join(t("list.separator"))}
                {steps[place]?.optional === true && <small className="faint"> · {t("asked.optional")}</small>}
              </span>
              <span>
                <strong data-figure="shoppers">{format.count(step.shoppers)}</strong>
                <span className="funnel-share" data-figure="of_first" title={t("funnelling.ofFirst")}>
                  {format.percent(step.of_first)}
                </span>
              </span>
            </div>
            <div className="funnel-track">
              {step.shoppers > 0 && (
                <div className="funnel-bar" style={{ width: `${(step.shoppers / first) * 100}%` }} />
              )}
            </div>
            <div className="funnel-line funnel-notes">
              <span className="faint">
                {place > 0 && (
                  <>
                    <span data-figure="of_previous">{format.percent(step.of_previous)}</span>{" "}
                    {t("funnelling.ofPrevious")}
                    {step.median_s != null && (
                      <> · {t("funnelling.medianOf", { time: durationText(step.median_s, tag) })}</>
                    )}
                  </>
                )}
              </span>
              {step.shoppers > 0 && wentNoFurther(answer, steps, place) !== 0 && (
                <button type="button" className="link-button" onClick={() => onList(place + 1)}>
                  {doorOf(place)}
                </button>
              )}
            </div>
          </li>
        ))}
      </ol>
    </Panel>
  );
}
