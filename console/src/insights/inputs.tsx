/** What questions are built of. */
import { AutoComplete, Button, DatePicker, InputNumber, Select, Space } from "antd";
import dayjs from "dayjs";
import { createContext, type ReactNode, useContext, useEffect, useState } from "react";
import { ApiError } from "../api/client";
import type { Interval } from "../api/types";
import { type Translate, useI18n } from "../i18n/i18n";
import { presets } from "../overview/range";
import { wordFor } from "../people/person";
import { usePlace } from "../people/usePlace";
import { matches } from "../segments/builder/inputs";
import { computedValues, useKnown } from "../segments/builder/known";
import { FiltersInput } from "../segments/builder/Selection";
import type { Filter } from "../segments/rule";
import { saveFile } from "../ui/download";
import { DownloadOutlined } from "../ui/icons";
import { problemText } from "../ui/problem";
import { csvOf } from "./csv";
import type { Table } from "./figures";
import type { Span, SpanUnit } from "./question";
import { type Asking, useKnownEvents } from "./useAsked";

/** Why the program refused the question, for the field it names. */
const RefusalContext = createContext<unknown>(null);
export const Refusal = RefusalContext.Provider;

/** What is wrong at this place of the question, or within it. */
export function faultAt(error: unknown, place: string): string | null {
  if (!(error instanceof ApiError)) return null;
  const { pointer, detail } = error.problem;
  return pointer === place || pointer?.startsWith(`${place}.`) === true ? (detail ?? null) : null;
}

/** One or several inputs with their name; `at` is where the question has it, as problems say it. */
export function Field({
  label,
  at = [],
  hint,
  children,
}: {
  label: string;
  at?: string[];
  hint?: string;
  children: ReactNode;
}) {
  return (
    <div className="asked-field">
      <span className="asked-label">{label}</span>
      {children}
      {hint !== undefined && <small className="faint">{hint}</small>}
      {at.map((place) => (
        <Fault key={place} at={place} />
      ))}
    </div>
  );
}

export function Fault({ at }: { at: string }) {
  const fault = faultAt(useContext(RefusalContext), at);
  return fault === null ? null : (
    <p className="asked-fault" role="alert">
      {fault}
    </p>
  );
}

export function EventsInput({
  label,
  value,
  onChange,
  placeholder,
}: {
  label: string;
  value: string[];
  onChange: (names: string[]) => void;
  placeholder?: string;
}) {
  const { t } = useI18n();
  const { format } = usePlace();
  const { events, error } = useKnownEvents();
  return (
    <Select
      mode="multiple"
      aria-label={label}
      className="asked-wide"
      placeholder={placeholder ?? t("insights.chooseEvents")}
      loading={events === undefined && error === null}
      value={value}
      showSearch={{ filterOption: matches }}
      notFoundContent={error === null ? t("insights.unknownEvents") : problemText(error, t)}
      options={(events ?? []).map(({ name, count }) => ({ value: name, label: wordFor(t, "event", name), count }))}
      labelRender={({ value: name }) => wordFor(t, "event", String(name))}
      optionRender={({ label: word, data }) => (
        <span className="asked-option">
          {word}
          <small className="faint">{format.shortCount(data.count)}</small>
        </span>
      )}
      onChange={onChange}
    />
  );
}

const units: SpanUnit[] = ["s", "m", "h", "d"];
const unitWords = { s: "insights.seconds", m: "span.minutes", h: "span.hours", d: "span.days" } as const;

export function SpanInput({ label, value, onChange }: { label: string; value: Span; onChange: (span: Span) => void }) {
  const { t } = useI18n();
  return (
    <Space.Compact>
      <CountInput label={label} value={value.count} most={99_999} onChange={(count) => onChange({ ...value, count })} />
      <Select<SpanUnit>
        aria-label={t("rule.unit")}
        value={value.unit}
        popupMatchSelectWidth={false}
        options={units.map((unit) => ({ value: unit, label: t(unitWords[unit]) }))}
        onChange={(unit) => onChange({ ...value, unit })}
      />
    </Space.Compact>
  );
}

/** A whole number. What is not one is not asked. */
export function CountInput({
  label,
  value,
  most,
  least = 0,
  onChange,
}: {
  label: string;
  value: number;
  most: number;
  least?: number;
  onChange: (count: number) => void;
}) {
  return (
    <InputNumber
      aria-label={label}
      className="asked-count"
      min={least}
      max={most}
      precision={0}
      value={value}
      onChange={(next) => next !== null && onChange(next)}
    />
  );
}

const fields = ["product_id", "session_id", "channel", "campaign", "referrer", "order_id", "source_id", "currency"];

/** What the fields of the events must be. */
export function WhereInput({ where, onChange }: { where: Filter[] | undefined; onChange: (where: Filter[]) => void }) {
  return (
    <span className="asked-where">
      <FiltersInput filters={where ?? []} onChange={onChange} />
    </span>
  );
}

/** Of whom a question is asked: of everybody, or of the people of a segment. */
export function SegmentInput({
  value,
  onChange,
}: {
  value: string | undefined;
  onChange: (segment: string | undefined) => void;
}) {
  const { t } = useI18n();
  const { segments } = useKnown();
  return (
    <Field label={t("asked.segment")} at={["segment"]}>
      <Select<string | null>
        aria-label={t("asked.segment")}
        className="asked-wide"
        allowClear
        placeholder={t("asked.everybody")}
        value={value ?? null}
        showSearch={{ filterOption: matches }}
        options={segments.map(({ id, name }) => ({ value: id, label: name }))}
        onChange={(segment) => onChange(segment ?? undefined)}
      />
    </Field>
  );
}

/** A field of an event: one with a name of its own, or a property. Asked once it is wholly typed. */
export function FieldInput({
  label,
  value,
  also = [],
  only,
  onChange,
}: {
  label: string;
  value: string;
  /** Offered besides the fields of every event. */
  also?: string[];
  /** Offered in place of them. */
  only?: string[];
  onChange: (field: string) => void;
}) {
  const { t } = useI18n();
  const { segments } = useKnown();
  const [typed, setTyped] = useState(value);
  useEffect(() => setTyped(value), [value]);
  const done = () => typed.trim() !== value && onChange(typed.trim());
  return (
    <AutoComplete
      aria-label={label}
      className="asked-wide"
      placeholder={t("insights.noField")}
      allowClear
      value={typed}
      options={(only ?? [...fields, ...also]).map((name) => ({ value: name, label: apartName(t, name, segments) }))}
      showSearch={{ filterOption: matches }}
      onChange={(text: string | undefined) => {
        setTyped(text ?? "");
        if (text === undefined || text === "") onChange("");
      }}
      onSelect={(field) => onChange(field ?? "")}
      onBlur={done}
      onInputKeyDown={(key) => key.key === "Enter" && done()}
    />
  );
}

/** What tells things apart, by name: a field, what is computed of people, or a segment. */
export function apartName(t: Translate, name: string, segments: { id: string; name: string }[]): string {
  if (name.startsWith("value.")) return t("asked.ofPeople", { name: wordFor(t, "value", name.slice("value.".length)) });
  const segment = segments.find(({ id }) => name === `segment.${id}`);
  return segment === undefined ? wordFor(t, "field", name) : t("asked.inSegment", { name: segment.name });
}

/** What people are told apart by besides their events: what is computed of them. */
const ofPeople = Object.entries(computedValues)
  .filter(([name, kind]) => kind === "text" || (kind === "number" && !/^days_|_days$|_rank$/.test(name)))
  .map(([name]) => `value.${name}`);
const products = ["product.category", "product.brand", "product.name"];

/** By what a question tells things apart: a field of events, of their products, of people, or a segment. */
export function ApartInput({
  value,
  also = [],
  onChange,
}: {
  value: string;
  /** Offered first. */
  also?: string[];
  onChange: (breakDown: string) => void;
}) {
  const { t } = useI18n();
  const { segments } = useKnown();
  const belonging = segments.map(({ id }) => `segment.${id}`);
  return (
    <Field label={t("asked.breakDown")} at={["break_down", "segments", "top"]} hint={t("asked.breakDownHint")}>
      <FieldInput
        label={t("asked.breakDown")}
        only={[...also, ...fields, ...products, ...ofPeople, ...belonging]}
        value={value}
        onChange={onChange}
      />
    </Field>
  );
}

export function DaysInput<Asked>({ asking }: { asking: Asking<Asked> }) {
  const { t } = useI18n();
  const { view, days, choose } = asking;
  return (
    <Field label={t("insights.days")} at={["from", "to"]}>
      <DatePicker.RangePicker
        aria-label={t("insights.days")}
        className="asked-wide"
        allowClear={false}
        value={[dayjs(view.from), dayjs(view.to)]}
        format={t("format.date")}
        presets={presets(days.first, days.last, days.today).map(([key, range]) => ({
          label: t(`range.${key}`),
          value: [dayjs(range.from), dayjs(range.to)],
        }))}
        onChange={(chosen) => {
          const [from, to] = chosen ?? [];
          if (from && to) choose({ from: from.format("YYYY-MM-DD"), to: to.format("YYYY-MM-DD") });
        }}
      />
    </Field>
  );
}

const intervals: Interval[] = ["day", "week", "month"];

export function IntervalInput({ value, onChange }: { value: Interval; onChange: (interval: Interval) => void }) {
  const { t } = useI18n();
  return (
    <Field label={t("asked.interval")} at={["interval"]}>
      <Select<Interval>
        aria-label={t("asked.interval")}
        value={value}
        options={intervals.map((interval) => ({ value: interval, label: t(`interval.${interval}`) }))}
        onChange={onChange}
      />
    </Field>
  );
}

/** Above an answer: of which days it is, and its table as a file. */
export function AnswerBar({
  range,
  name,
  table,
}: {
  range: { from: string; to: string };
  name: string;
  table: () => Table;
}) {
  const { t } = useI18n();
  const { format } = usePlace();
  const save = () => {
    const { head, rows } = table();
    // Spreadsheets take a file without the mark for one of their own encoding.
    const file = new Blob(["\ufeff", csvOf(head, rows)], { type: "text/csv;charset=utf-8" });
    saveFile(`fanvine-${name}-${range.from}-${range.to}.csv`, file);
  };
  return (
    <div className="answer-bar">
      <span className="faint">{format.range(range.from, range.to)}</span>
      <Button icon={<DownloadOutlined />} onClick={save}>
        {t("insights.csv")}
      </Button>
    </div>
  );
}

/** Instead of an answer: why there is none, and what to do. */
export function Nothing({ title, text, children }: { title: string; text: string; children?: ReactNode }) {
  return (
    <section className="panel empty" role="status">
      <h2>{title}</h2>
      <p>{text}</p>
      {children !== undefined && <div className="empty-actions">{children}</div>}
    </section>
  );
}
