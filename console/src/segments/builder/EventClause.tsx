/** Clauses about what somebody did: how often or for how much, one thing after another, and what followed the last few. */
import { AutoComplete, Button, DatePicker, Input, InputNumber, Select } from "antd";
import dayjs from "dayjs";
import { useI18n } from "../../i18n/i18n";
import { wordFor } from "../../people/person";
import { DeleteOutlined, PlusOutlined } from "../../ui/icons";
import {
  type Bound,
  boundKind,
  boundValue,
  type EventTest,
  type FollowTest,
  type Measure,
  type MeasureKind,
  type Money,
  makeBound,
  measureKind,
  type SequenceTest,
  type Window,
} from "../rule";
import { BoundInput, CompareSelect, MoneyInput, SpanInput } from "./inputs";
import { eventFields, useKnown } from "./known";
import { SelectionInput } from "./Selection";

export function EventClause({ test, onChange }: { test: EventTest; onChange: (test: EventTest) => void }) {
  const { t } = useI18n();
  return (
    <>
      <span className="rule-word">{t("clause.event")}</span>
      <SelectionInput selection={test.of} label={t("rule.events")} onChange={(of) => onChange({ ...test, of })} />
      <MeasureInput measure={test.measure} onChange={(measure) => onChange({ ...test, measure })} />
      <WindowInput window={test.window ?? "ever"} onChange={(window) => onChange({ ...test, window })} />
    </>
  );
}

const measures: MeasureKind[] = ["count", "days", "revenue", "quantity", "property"];

function MeasureInput({ measure, onChange }: { measure: Measure; onChange: (measure: Measure) => void }) {
  const { t } = useI18n();
  const { currency } = useKnown();
  const kind = measureKind(measure);
  const change = (next: MeasureKind) => {
    const blanks: Record<MeasureKind, Measure> = {
      count: { count: { ge: 1 } },
      days: { days: { ge: 2 } },
      revenue: { revenue: { ge: { minor: 0, currency } } },
      quantity: { quantity: { ge: 1 } },
      property: { property: { path: "", sum: { ge: 1 } } },
    };
    onChange(blanks[next]);
  };
  return (
    <>
      <Select<MeasureKind>
        aria-label={t("rule.measure")}
        value={kind}
        popupMatchSelectWidth={false}
        options={measures.map((one) => ({ value: one, label: t(`measure.${one}`) }))}
        onChange={change}
      />
      {"count" in measure && (
        <BoundInput whole label={t("rule.times")} value={measure.count} onChange={(count) => onChange({ count })} />
      )}
      {"days" in measure && (
        <BoundInput whole label={t("rule.days")} value={measure.days} onChange={(days) => onChange({ days })} />
      )}
      {"quantity" in measure && (
        <BoundInput
          whole
          label={t("rule.units")}
          value={measure.quantity}
          onChange={(quantity) => onChange({ quantity })}
        />
      )}
      {"revenue" in measure && <MoneyBound value={measure.revenue} onChange={(revenue) => onChange({ revenue })} />}
      {"property" in measure && (
        <>
          <Input
            aria-label={t("rule.property")}
            placeholder={t("rule.property")}
            className="input-field"
            value={measure.property.path}
            onChange={(change) => onChange({ property: { ...measure.property, path: change.target.value } })}
          />
          <BoundInput
            label={t("rule.sum")}
            value={measure.property.sum}
            onChange={(sum) => onChange({ property: { ...measure.property, sum } })}
          />
        </>
      )}
    </>
  );
}

function MoneyBound({ value, onChange }: { value: Bound<Money>; onChange: (bound: Bound<Money>) => void }) {
  const { minor, currency } = boundValue(value);
  return (
    <>
      <CompareSelect value={boundKind(value)} onChange={(kind) => onChange(makeBound(kind, boundValue(value)))} />
      <MoneyInput
        minor={minor}
        currency={currency}
        onChange={(minor, currency) => onChange(makeBound(boundKind(value), { minor, currency }))}
      />
    </>
  );
}

type WindowKind = "ever" | "last" | "between" | "since";

function WindowInput<W extends Window>({
  window,
  onChange,
  kinds = ["last", "between", "since", "ever"],
}: {
  window: W;
  onChange: (window: W) => void;
  kinds?: WindowKind[];
}) {
  const { t } = useI18n();
  const { today } = useKnown();
  const asked: Window = window;
  const kind = asked === "ever" ? "ever" : (Object.keys(asked)[0] as WindowKind);
  const put = (next: Window) => onChange(next as W);
  const change = (next: WindowKind) => {
    const blanks: Record<WindowKind, Window> = {
      ever: "ever",
      last: { last: "30 days" },
      between: { between: { from: dayjs(today).subtract(29, "day").format("YYYY-MM-DD"), to: today } },
      since: { since: { names: ["Order Completed"] } },
    };
    put(blanks[next]);
  };
  return (
    <>
      <Select<WindowKind>
        aria-label={t("rule.window")}
        value={kind}
        popupMatchSelectWidth={false}
        options={kinds.map((one) => ({ value: one, label: t(`window.${one}`) }))}
        onChange={change}
      />
      {asked !== "ever" && "last" in asked && (
        <SpanInput label={t("rule.span")} value={asked.last} onChange={(last) => put({ last })} />
      )}
      {asked !== "ever" && "between" in asked && (
        <DatePicker.RangePicker
          aria-label={t("window.between")}
          allowClear={false}
          format={t("format.date")}
          value={[dayjs(asked.between.from), dayjs(asked.between.to)]}
          onChange={(range) => {
            const [from, to] = range ?? [];
            if (from && to) put({ between: { from: from.format("YYYY-MM-DD"), to: to.format("YYYY-MM-DD") } });
          }}
        />
      )}
      {asked !== "ever" && "since" in asked && (
        <SelectionInput selection={asked.since} label={t("rule.sinceEvents")} onChange={(since) => put({ since })} />
      )}
    </>
  );
}

export function SequenceClause({ test, onChange }: { test: SequenceTest; onChange: (test: SequenceTest) => void }) {
  const { t } = useI18n();
  const { steps } = test;
  return (
    <>
      <ol className="rule-steps">
        {steps.map((step, place) => (
          // Steps have no identity but their place.
          // biome-ignore lint/suspicious/noArrayIndexKey: see above
          <li key={place}>
            <span className="rule-word">{place === 0 ? t("clause.sequence") : t("rule.then")}</span>
            <SelectionInput
              selection={step}
              label={t("rule.step", { number: place + 1 })}
              onChange={(next) => onChange({ ...test, steps: steps.map((one, at) => (at === place ? next : one)) })}
            />
            {steps.length > 2 && (
              <Button
                type="text"
                size="small"
                aria-label={t("rule.removeStep", { number: place + 1 })}
                icon={<DeleteOutlined />}
                onClick={() => onChange({ ...test, steps: steps.filter((_, at) => at !== place) })}
              />
            )}
          </li>
        ))}
      </ol>
      {steps.length < 5 && (
        <Button
          type="link"
          size="small"
          icon={<PlusOutlined />}
          onClick={() => onChange({ ...test, steps: [...steps, { names: ["Order Completed"] }] })}
        >
          {t("rule.addStep")}
        </Button>
      )}
      <span className="rule-word">{t("rule.allWithin")}</span>
      <SpanInput
        calendar={false}
        label={t("rule.allWithin")}
        value={test.within}
        onChange={(within) => onChange({ ...test, within })}
      />
      {test.without === undefined ? (
        <Button
          type="link"
          size="small"
          icon={<PlusOutlined />}
          onClick={() => onChange({ ...test, without: { names: ["Order Cancelled"] } })}
        >
          {t("rule.addWithout")}
        </Button>
      ) : (
        <>
          <span className="rule-word">{t("rule.without")}</span>
          <SelectionInput
            selection={test.without}
            label={t("rule.without")}
            onChange={(without) => onChange({ ...test, without })}
          />
          <Button
            type="text"
            size="small"
            aria-label={t("rule.removeWithout")}
            title={t("rule.removeWithout")}
            icon={<DeleteOutlined />}
            onClick={() => {
              const { without: _, ...rest } = test;
              onChange(rest);
            }}
          />
        </>
      )}
      <WindowInput
        kinds={["last", "between"]}
        window={test.window}
        onChange={(window) => onChange({ ...test, window })}
      />
    </>
  );
}

export function FollowClause({ test, onChange }: { test: FollowTest; onChange: (test: FollowTest) => void }) {
  const { t } = useI18n();
  return (
    <>
      <span className="rule-word">{t("clause.last_of")}</span>
      <InputNumber
        aria-label={t("rule.lastCount")}
        className="input-count"
        min={1}
        max={50}
        precision={0}
        value={test.last}
        onChange={(last) => onChange({ ...test, last: last ?? 1 })}
      />
      <SelectionInput selection={test.of} label={t("rule.events")} onChange={(of) => onChange({ ...test, of })} />
      <span className="rule-word">{t("rule.followedBy")}</span>
      <SelectionInput selection={test.by} label={t("rule.followers")} onChange={(by) => onChange({ ...test, by })} />
      <span className="rule-word">{t("rule.sameField")}</span>
      <AutoComplete
        aria-label={t("rule.sameField")}
        className="input-field"
        placeholder={t("rule.anyField")}
        value={test.on ?? ""}
        popupMatchSelectWidth={false}
        options={[...Object.keys(eventFields), "properties.message_id"].map((field) => ({
          value: field,
          label: wordFor(t, "field", field),
        }))}
        onChange={(on: string) => {
          const { on: _, ...rest } = test;
          onChange(on === "" ? rest : { ...rest, on });
        }}
      />
      <span className="rule-word">{t("rule.of")}</span>
      <BoundInput
        whole
        most={test.last}
        label={t("rule.times")}
        value={test.count}
        onChange={(count) => onChange({ ...test, count })}
      />
    </>
  );
}
