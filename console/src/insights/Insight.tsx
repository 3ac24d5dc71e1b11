/** A question with its answer beside it. */
import type { UseQueryResult } from "@tanstack/react-query";
import { Alert } from "antd";
import type { ReactNode } from "react";
import { ApiError } from "../api/client";
import type { components } from "../api/generated/schema";
import type { InsightKind } from "../api/reporting";
import { SaveInsight } from "../dashboards/SaveInsight";
import { useI18n } from "../i18n/i18n";
import { usePlace } from "../people/usePlace";
import { Failed, Loading, Panel } from "../ui/Page";
import { Refusal } from "./inputs";

type MissingEvents = components["schemas"]["MissingEvents"];

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
              <Missing answer={answer.data} />
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

/** What the question reaches back to that is no longer kept. */
function Missing({ answer }: { answer: unknown }) {
  const { t } = useI18n();
  const { format } = usePlace();
  const missing = (answer as { missing?: MissingEvents[] | null } | null)?.missing ?? [];
  if (missing.length === 0) return null;
  const one = ({ event, kept_since }: MissingEvents) => t("missing.one", { event, since: format.dateTime(kept_since) });
  return <Alert type="warning" showIcon title={t("missing.title")} description={missing.map(one).join(" · ")} />;
}
