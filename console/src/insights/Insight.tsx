/** A question with its answer beside it. */
import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { ApiError } from "../api/client";
import type { InsightKind } from "../api/reporting";
import { SaveInsight } from "../dashboards/SaveInsight";
import { useI18n } from "../i18n/i18n";
import { Failed, Loading, Panel } from "../ui/Page";
import { Refusal } from "./inputs";

interface Props<Answer> {
  builder: ReactNode;
  answer: UseQueryResult<Answer>;
  /** What to say instead, while the question is not complete. */
  incomplete: ReactNode | null;
  children: (answer: Answer) => ReactNode;
  /** What can be saved with a name. */
  save?: { kind: InsightKind; question: object };
}

export function Insight<Answer>({ builder, answer, incomplete, children, save }: Props<Answer>) {
  const { t } = useI18n();
  const stale = answer.isPlaceholderData || incomplete !== null;
  return (
    <Refusal value={incomplete === null ? answer.error : null}>
      <div className="insight">
        <Panel label={t("insights.question")} title={t("insights.question")} className="insight-question">
          <div className="asked">{builder}</div>
          {save !== undefined && incomplete === null && (
            <div className="panel-body">
              <SaveInsight {...save} />
            </div>
          )}
        </Panel>
        <div className="insight-answer" aria-live="polite" aria-busy={answer.isFetching}>
          {answer.data !== undefined && !answer.isError ? (
            <div className={stale ? "stack fading" : "stack"} data-fresh={!stale}>
              {children(answer.data)}
            </div>
          ) : (
            (incomplete ?? (answer.isError ? <Refused answer={answer} /> : <Loading />))
          )}
        </div>
      </div>
    </Refusal>
  );
}

/** The same question is refused again unless the program says otherwise. */
function Refused({ answer }: { answer: UseQueryResult<unknown> }) {
  const { error } = answer;
  const again = !(error instanceof ApiError) || error.problem.retryable;
  return <Failed error={error} {...(again ? { retry: () => answer.refetch() } : {})} />;
}
