/** The tracking plan: which events are meant to come and in which form; drafted from what was seen, edited, saved in versions. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button, Checkbox, Input, Select } from "antd";
import { useState } from "react";
import { inferPlan, listPlans, savePlan } from "../api/collect";
import type { PlanAction, PlannedEvent, PlanVersion, TrackingPlan } from "../api/types";
import { useI18n } from "../i18n/i18n";
import { usePlace } from "../people/usePlace";
import { useMay } from "../session/session";
import { Failed, Loading, Panel } from "../ui/Page";
import { problemText } from "../ui/problem";
import { planInForce } from "./QualityView";
import "./quality.css";

const actions = ["allow", "warn", "quarantine", "reject"] as const satisfies PlanAction[];

export function PlanView() {
  const plan = useQuery({ queryKey: ["plan"], queryFn: planInForce });
  if (plan.isPending) return <Loading />;
  if (plan.isError) return <Failed error={plan.error} retry={() => plan.refetch()} />;
  return <Editor key={plan.data?.version ?? 0} saved={plan.data} />;
}

function useActionOptions() {
  const { t } = useI18n();
  return actions.map((value) => ({ value, label: t(`plan.${value}`) }));
}

function Editor({ saved }: { saved: PlanVersion | null }) {
  const { t } = useI18n();
  const { message } = App.useApp();
  const queries = useQueryClient();
  const mayChange = useMay("operator");
  const options = useActionOptions();
  const [plan, setPlan] = useState<TrackingPlan | null>(saved?.plan ?? null);
  const [broken, setBroken] = useState<Set<string>>(new Set());
  const draft = useMutation({
    mutationFn: inferPlan,
    onSuccess: ({ plan: drafted, events }) => {
      // What is planned already stays as it is: only what is new is added.
      setPlan((old) => (old === null ? drafted : { ...old, events: { ...drafted.events, ...old.events } }));
      message.success(t("plan.drafted", { count: String(events) }));
    },
    onError: (error) => message.error(problemText(error, t)),
  });
  const save = useMutation({
    mutationFn: (plan: TrackingPlan) => savePlan({ based_on: saved?.version ?? 0, plan }),
    onSuccess: (version) => {
      message.success(t("plan.saved", { version: String(version.version) }));
      void queries.invalidateQueries({ queryKey: ["plan"] });
    },
  });
  const draftButton = mayChange && (
    <Button loading={draft.isPending} onClick={() => draft.mutate()}>
      {t(plan === null ? "plan.draft" : "plan.draftMore")}
    </Button>
  );
  if (plan === null)
    return (
      <div className="panel empty">
        <h2>{t("plan.none")}</h2>
        <p>{t("plan.noneText")}</p>
        {draftButton}
      </div>
    );
  const change = (part: Partial<TrackingPlan>) => setPlan({ ...plan, ...part });
  const changeEvent = (name: string, event: PlannedEvent | null) => {
    const { [name]: _, ...others } = plan.events ?? {};
    change({ events: event === null ? others : { ...plan.events, [name]: event } });
  };
  const changed = JSON.stringify(plan) !== JSON.stringify(saved?.plan ?? null);
  return (
    <div className="stack">
      <Panel
        label={t("plan.title")}
        title={saved === null ? t("plan.new") : t("plan.version", { version: String(saved.version) })}
        tools={
          <div className="plan-tools">
            {draftButton}
            {mayChange && (
              <Button
                type="primary"
                disabled={!changed || broken.size > 0}
                loading={save.isPending}
                onClick={() => save.mutate(plan)}
              >
                {t("plan.save")}
              </Button>
            )}
          </div>
        }
      >
        {save.isError && <Alert type="error" showIcon title={problemText(save.error, t)} />}
        <div className="panel-body plan-rules">
          <span className="plan-choice">
            {t("plan.unknown")}
            <Select
              aria-label={t("plan.unknown")}
              disabled={!mayChange}
              value={plan.unknown_events}
              options={options}
              onChange={(unknown_events) => change({ unknown_events })}
            />
          </span>
          <Checkbox
            disabled={!mayChange}
            checked={plan.trim}
            onChange={({ target }) => change({ trim: target.checked })}
          >
            {t("plan.trim")}
          </Checkbox>
          <Checkbox
            disabled={!mayChange}
            checked={plan.coerce}
            onChange={({ target }) => change({ coerce: target.checked })}
          >
            {t("plan.coerce")}
          </Checkbox>
        </div>
      </Panel>
      {Object.entries(plan.events ?? {}).map(([name, event]) => (
        <Planned
          key={name}
          name={name}
          event={event}
          mayChange={mayChange}
          onChange={(event) => changeEvent(name, event)}
          onBroken={(is) =>
            setBroken((old) => {
              const next = new Set(old);
              if (is) next.add(name);
              else next.delete(name);
              return next;
            })
          }
        />
      ))}
      <Versions />
    </div>
  );
}

interface PlannedProps {
  name: string;
  event: PlannedEvent;
  mayChange: boolean;
  onChange: (event: PlannedEvent | null) => void;
  onBroken: (is: boolean) => void;
}

function Planned({ name, event, mayChange, onChange, onBroken }: PlannedProps) {
  const { t } = useI18n();
  const options = useActionOptions();
  const [text, setText] = useState(() => JSON.stringify(event.schema, null, 2));
  const [fault, setFault] = useState<string | null>(null);
  const read = (text: string) => {
    setText(text);
    try {
      onChange({ ...event, schema: JSON.parse(text) });
      setFault(null);
      onBroken(false);
    } catch (error) {
      setFault(String(error));
      onBroken(true);
    }
  };
  return (
    <details className="panel plan-event">
      <summary>
        <strong>{name}</strong>
        <span className="faint">{t(`plan.${event.on_violation ?? "warn"}`)}</span>
      </summary>
      <div className="plan-rules">
        <span className="plan-choice">
          {t("plan.onViolation")}
          <Select
            aria-label={t("plan.onViolationOf", { event: name })}
            disabled={!mayChange}
            value={event.on_violation}
            options={options}
            onChange={(on_violation) => onChange({ ...event, on_violation })}
          />
        </span>
        {mayChange && (
          <Button danger type="text" onClick={() => onChange(null)}>
            {t("plan.remove")}
          </Button>
        )}
      </div>
      <Input.TextArea
        aria-label={t("plan.schemaOf", { event: name })}
        className="mono"
        readOnly={!mayChange}
        autoSize={{ minRows: 3, maxRows: 24 }}
        value={text}
        status={fault === null ? "" : "error"}
        onChange={({ target }) => read(target.value)}
      />
      {fault !== null && <p className="quality-note">{fault}</p>}
    </details>
  );
}

function Versions() {
  const { t } = useI18n();
  const { format } = usePlace();
  const versions = useQuery({ queryKey: ["plan", "versions"], queryFn: listPlans });
  if (versions.data === undefined || versions.data.versions.length === 0) return null;
  return (
    <Panel label={t("plan.versions")} title={t("plan.versions")}>
      <ul className="entries">
        {versions.data.versions.map((version) => (
          <li key={version.version}>
            <strong>{t("plan.version", { version: String(version.version) })}</strong>{" "}
            <span className="faint">
              {format.dateTime(version.saved_at)} · {version.saved_by}
            </span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
