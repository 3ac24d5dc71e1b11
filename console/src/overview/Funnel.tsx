/** From being there to having ordered: how many shoppers reach each step. */

import { unknown } from "../ui/format";
import { Panel } from "../ui/Page";
import type { Drawing } from "./options";

export function Funnel({ drawing }: { drawing: Drawing }) {
  const { overview, format, t } = drawing;
  const steps = overview.funnel;
  const widest = Math.max(1, ...steps.map((step) => step.shoppers));
  const start = steps[0]?.shoppers ?? 0;
  // A step nobody reached though later steps were reached was never recorded: unknown, not zero.
  const recorded = steps.map(
    (step, index) => step.shoppers > 0 || steps.slice(index + 1).every((later) => later.shoppers === 0),
  );
  const silent = recorded.includes(false);
  return (
    <Panel label={t("overview.funnel")} title={t("overview.funnel")}>
      <ol className="funnel">
        {steps.map((step, index) => {
          const known = recorded[index] === true && start > 0;
          const share = known ? step.shoppers / start : null;
          return (
            <li key={step.step}>
              <div className="funnel-line">
                <span>{t(`funnel.${step.step as "active" | "viewed" | "added" | "checkout" | "ordered"}`)}</span>
                <span>
                  <strong>{known ? format.count(step.shoppers) : unknown}</strong>
                  <span className="funnel-share">{format.percent(share)}</span>
                </span>
              </div>
              <div className="funnel-track">
                {known && <div className="funnel-bar" style={{ width: `${(step.shoppers / widest) * 100}%` }} />}
              </div>
            </li>
          );
        })}
      </ol>
      <p className="panel-foot">{silent ? t("funnel.unrecorded") : t("funnel.about")}</p>
    </Panel>
  );
}
