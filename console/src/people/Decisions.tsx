/** What operators decided, and taking it back. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { App, Button, Popconfirm } from "antd";
import { decideIdentity, undoDecision } from "../api/calls";
import type { IdentityDecided, IdentityDecisionForm } from "../api/types";
import { useI18n } from "../i18n/i18n";
import { useMay } from "../session/session";
import { problemText } from "../ui/problem";
import { Identifier } from "./Evidence";
import type { Place } from "./usePlace";

/** A decision changes who is who: everything that tells of people is asked for anew. */
export function useAfterDecision(): () => Promise<unknown> {
  const client = useQueryClient();
  return () =>
    Promise.all(
      ["people", "person", "timeline", "identity"].map((name) => client.invalidateQueries({ queryKey: [name] })),
    );
}

export function useDecide(said: string) {
  const { t } = useI18n();
  const { message } = App.useApp();
  const afterwards = useAfterDecision();
  return useMutation({
    mutationFn: (form: IdentityDecisionForm) => decideIdentity(form),
    onSuccess: () => {
      message.success(said);
      return afterwards();
    },
    onError: (error: unknown) => message.error(problemText(error, t)),
  });
}

export function Decisions({ decisions, place }: { decisions: IdentityDecided[]; place: Place }) {
  const { t } = useI18n();
  if (decisions.length === 0) return <p className="nothing">{t("decisions.none")}</p>;
  return (
    <ul className="entries">
      {decisions.map((decided) => (
        <Decided key={decided.id} decided={decided} place={place} />
      ))}
    </ul>
  );
}

function Decided({ decided, place }: { decided: IdentityDecided; place: Place }) {
  const { t } = useI18n();
  const { message } = App.useApp();
  const mayDecide = useMay("operator");
  const afterwards = useAfterDecision();
  const undo = useMutation({
    mutationFn: () => undoDecision(decided.id),
    onSuccess: () => {
      message.success(t("decisions.undone"));
      return afterwards();
    },
    onError: (error: unknown) => message.error(problemText(error, t)),
  });
  const identifiers = "identifiers" in decided ? decided.identifiers : [decided.identifier];
  return (
    <li className="entry-decided">
      <div>
        <p className="entry-line">
          <span className="pill">{t(`decision.${decided.decision}`)}</span>
          {identifiers.map((identifier) => (
            <Identifier key={JSON.stringify(identifier)} identifier={identifier} link />
          ))}
          <time className="faint" dateTime={decided.decided_at}>
            {place.format.dateTime(decided.decided_at)}
          </time>
        </p>
        {decided.note != null && decided.note !== "" && <p className="faint">“{decided.note}”</p>}
      </div>
      {mayDecide && (
        <Popconfirm
          title={t("decisions.undoTitle")}
          description={t("decisions.undoText")}
          okText={t("decisions.undo")}
          onConfirm={() => undo.mutate()}
        >
          <Button size="small" loading={undo.isPending}>
            {t("decisions.undo")}
          </Button>
        </Popconfirm>
      )}
    </li>
  );
}
