/** How long events are kept: the rules, what they would forget, and what was forgotten when. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, App, AutoComplete, Button, InputNumber, Select } from "antd";
import { useState } from "react";
import { send } from "../api/client";
import type { components } from "../api/generated/schema";
import { useI18n } from "../i18n/i18n";
import { type Place, usePlace } from "../people/usePlace";
import { DeleteOutlined, PlusOutlined } from "../ui/icons";
import { Failed, Loading, Panel } from "../ui/Page";
import { problemText } from "../ui/problem";
import "../people/people.css";

type Rules = components["schemas"]["DataRetentionRules"];
type Shown = components["schemas"]["DataRetentionShown"];
type Preview = components["schemas"]["DataRetentionPreview"];

const address = "/api/v1/data-retention";
const longest = 36_500;
/** What a name gets when it is given an age. */
const usual = 365;

export function DataRetention() {
  const { t } = useI18n();
  const place = usePlace();
  const shown = useQuery({
    queryKey: ["data-retention"],
    queryFn: () => send<Shown>("GET", address),
    // While something is being forgotten.
    refetchInterval: (query) => (query.state.data?.pending ? 2_000 : false),
  });
  const title = t("retained.title");
  return (
    <Panel label={title} title={title}>
      <p className="settings-about">{t("retained.about")}</p>
      {shown.isPending && <Loading />}
      {shown.isError && <Failed error={shown.error} retry={() => shown.refetch()} />}
      {shown.data && <Editor key={shown.data.set_at ?? ""} shown={shown.data} place={place} />}
      {shown.data && shown.data.runs.length > 0 && <Runs shown={shown.data} place={place} />}
    </Panel>
  );
}

function Editor({ shown, place }: { shown: Shown; place: Place }) {
  const { t } = useI18n();
  const { message, modal } = App.useApp();
  const client = useQueryClient();
  const [rules, setRules] = useState<Rules>(shown.rules);
  const named = (rules.events ?? []).filter((one) => one.event.trim() !== "");
  const asked: Rules = { ...rules, events: named };
  const preview = useQuery({
    queryKey: ["data-retention", "preview", asked],
    queryFn: () => send<Preview>("POST", `${address}/preview`, { body: asked }),
    placeholderData: (before) => before,
  });
  const save = useMutation({
    mutationFn: () => send<Shown>("PUT", address, { body: asked }),
    onSuccess: (saved) => {
      client.setQueryData(["data-retention"], saved);
      message.success(t("retained.saved"));
    },
    onError: (error) => message.error(problemText(error, t)),
  });
  const known = preview.data?.events.map((of) => of.event) ?? [];
  const change = (at: number, next: Partial<{ event: string; days: number | null }>) =>
    setRules({
      ...rules,
      events: (rules.events ?? []).map((one, place) => (place === at ? { ...one, ...next } : one)),
    });
  const unchanged = JSON.stringify(asked) === JSON.stringify(shown.rules);
  const forgotten = preview.data?.forgotten ?? 0;
  const confirm = () => {
    if (forgotten === 0) return save.mutate();
    modal.confirm({
      title: t("retained.sure", { count: place.format.count(forgotten) }),
      content: t("retained.forGood"),
      okText: t("retained.forget"),
      okButtonProps: { danger: true },
      onOk: () => save.mutateAsync().catch(() => {}),
    });
  };
  return (
    <div className="retained">
      <div className="retained-rule">
        <span>{t("retained.others")}</span>
        <Age
          label={t("retained.others")}
          days={rules.others_days ?? null}
          onChange={(days) => setRules({ ...rules, others_days: days })}
        />
      </div>
      {(rules.events ?? []).map((one, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a row is its place.
        <div className="retained-rule" key={at}>
          <AutoComplete
            aria-label={t("retained.event")}
            placeholder={t("retained.event")}
            value={one.event}
            options={known.map((value) => ({ value }))}
            filterOption={(typed, option) => option?.value.toLowerCase().includes(typed.toLowerCase()) ?? false}
            onChange={(event: string) => change(at, { event })}
          />
          <Age
            label={t("retained.ageOf", { event: one.event })}
            days={one.days ?? null}
            onChange={(days) => change(at, { days })}
          />
          <Button
            type="text"
            icon={<DeleteOutlined />}
            aria-label={t("retained.remove", { event: one.event })}
            onClick={() => setRules({ ...rules, events: (rules.events ?? []).filter((_, place) => place !== at) })}
          />
        </div>
      ))}
      <div className="retained-tools">
        <Button
          icon={<PlusOutlined />}
          onClick={() => setRules({ ...rules, events: [...(rules.events ?? []), { event: "", days: usual }] })}
        >
          {t("retained.add")}
        </Button>
        <Button type="primary" disabled={unchanged} loading={save.isPending} onClick={confirm}>
          {t("retained.save")}
        </Button>
      </div>
      {preview.isError && <Failed error={preview.error} retry={() => preview.refetch()} />}
      {shown.pending && <Alert type="info" showIcon title={t("retained.pending")} />}
      {preview.data && !unchanged && <Would preview={preview.data} place={place} />}
    </div>
  );
}

interface AgeProps {
  label: string;
  days: number | null;
  onChange: (days: number | null) => void;
}

function Age({ label, days, onChange }: AgeProps) {
  const { t } = useI18n();
  return (
    <div className="retained-age">
      <Select
        aria-label={label}
        value={days === null ? "ever" : "days"}
        options={[
          { value: "ever", label: t("retained.forEver") },
          { value: "days", label: t("retained.forDays") },
        ]}
        onChange={(chosen) => onChange(chosen === "ever" ? null : usual)}
      />
      {days !== null && (
        <InputNumber
          aria-label={t("retained.daysOf", { what: label })}
          min={1}
          max={longest}
          precision={0}
          value={days}
          onChange={(typed) => typed !== null && onChange(typed)}
        />
      )}
    </div>
  );
}

/** What the rules would forget of each event. */
function Would({ preview, place }: { preview: Preview; place: Place }) {
  const { t } = useI18n();
  const { format } = place;
  const touched = preview.events.filter((of) => of.forgotten > 0);
  return (
    <>
      <p>{t("retained.would", { count: format.count(preview.forgotten), of: format.count(preview.total) })}</p>
      {touched.length > 0 && (
        <table className="people-table">
          <thead>
            <tr>
              <th scope="col">{t("retained.event")}</th>
              <th scope="col">{t("retained.first")}</th>
              <th scope="col">{t("retained.since")}</th>
              <th scope="col">{t("retained.forgotten")}</th>
            </tr>
          </thead>
          <tbody>
            {touched.map((of) => (
              <tr key={of.event}>
                <td>{of.event}</td>
                <td>{format.dateTime(of.first_at)}</td>
                <td>{of.kept_since == null ? "" : format.dateTime(of.kept_since)}</td>
                <td>{t("retained.part", { count: format.count(of.forgotten), of: format.count(of.total) })}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </>
  );
}

/** The evidence. */
function Runs({ shown, place }: { shown: Shown; place: Place }) {
  const { t } = useI18n();
  const { format } = place;
  return (
    <table className="people-table retained-runs">
      <thead>
        <tr>
          <th scope="col">{t("retained.began")}</th>
          <th scope="col">{t("retained.ended")}</th>
          <th scope="col">{t("retained.gone")}</th>
        </tr>
      </thead>
      <tbody>
        {shown.runs.slice(0, 5).map((run) => (
          <tr key={run.begun_at}>
            <td>{format.dateTime(run.begun_at)}</td>
            <td>{run.ended_at == null ? t("retained.underWay") : format.dateTime(run.ended_at)}</td>
            <td>{run.error ?? (run.events == null ? "" : format.count(run.events))}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
