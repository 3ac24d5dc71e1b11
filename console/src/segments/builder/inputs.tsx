/** The small inputs that clauses are made of. */
import { AutoComplete, DatePicker, Input, InputNumber, Select, Space } from "antd";
import dayjs from "dayjs";
import { useI18n } from "../../i18n/i18n";
import { minorDigits } from "../../ui/format";
import {
  type Bound,
  blank,
  boundKind,
  boundValue,
  type Compare,
  compares,
  type Literal,
  type LiteralKind,
  literalKind,
  literalsOf,
  makeBound,
  readSpan,
  type SpanUnit,
  spanUnits,
  type Test,
  type TestKind,
  testKind,
  writeSpan,
} from "../rule";
import { literalOf, testsOf, useKnown, type ValueKind } from "./known";

export function SpanInput({
  value,
  onChange,
  label,
  calendar = true,
}: {
  value: string;
  onChange: (span: string) => void;
  label: string;
  /** Whether it may be counted in days of the shop's calendar. */
  calendar?: boolean;
}) {
  const { t } = useI18n();
  const { count, unit } = readSpan(value);
  return (
    <Space.Compact>
      <InputNumber
        aria-label={label}
        min={0}
        precision={0}
        value={count}
        className="input-count"
        onChange={(next) => onChange(writeSpan(next ?? 0, unit))}
      />
      <Select<SpanUnit>
        aria-label={t("rule.unit")}
        value={unit}
        popupMatchSelectWidth={false}
        options={spanUnits
          .filter((one) => calendar || one !== "calendar days")
          .map((one) => ({ value: one, label: t(`span.${one}`) }))}
        onChange={(next) => onChange(writeSpan(count, next))}
      />
    </Space.Compact>
  );
}

export function CompareSelect({ value, onChange }: { value: Compare; onChange: (kind: Compare) => void }) {
  const { t } = useI18n();
  return (
    <Select<Compare>
      aria-label={t("rule.compare")}
      value={value}
      popupMatchSelectWidth={false}
      options={compares.map((kind) => ({ value: kind, label: t(`compare.${kind}`) }))}
      onChange={onChange}
    />
  );
}

/** A comparison with a number. */
export function BoundInput({
  value,
  onChange,
  label,
  whole = false,
  most,
  step = 1,
}: {
  value: Bound<number>;
  onChange: (bound: Bound<number>) => void;
  label: string;
  whole?: boolean;
  most?: number;
  step?: number;
}) {
  return (
    <Space.Compact>
      <CompareSelect value={boundKind(value)} onChange={(kind) => onChange(makeBound(kind, boundValue(value)))} />
      <InputNumber
        aria-label={label}
        className="input-count"
        value={boundValue(value)}
        step={step}
        {...(whole ? { precision: 0, min: 0 } : {})}
        {...(most === undefined ? {} : { max: most, min: 0 })}
        onChange={(next) => onChange(makeBound(boundKind(value), next ?? 0))}
      />
    </Space.Compact>
  );
}

export function MoneyInput({
  minor,
  currency,
  onChange,
}: {
  minor: number;
  currency: string;
  onChange: (minor: number, currency: string) => void;
}) {
  const { t } = useI18n();
  const perUnit = 10 ** minorDigits(currency);
  return (
    <Space.Compact>
      <InputNumber
        aria-label={t("rule.amount")}
        className="input-amount"
        value={minor / perUnit}
        precision={minorDigits(currency)}
        onChange={(next) => onChange(Math.round((next ?? 0) * perUnit), currency)}
      />
      <Input
        aria-label={t("overview.currency")}
        className="input-currency"
        value={currency}
        maxLength={3}
        onChange={(change) => {
          const code = change.target.value.toUpperCase();
          onChange(Math.round((minor / perUnit) * 10 ** minorDigits(code)), code);
        }}
      />
    </Space.Compact>
  );
}

/** What a demand compares with, as the kind of the value has it. */
export function LiteralInput({
  value,
  onChange,
  choices = [],
}: {
  value: Literal;
  onChange: (literal: Literal) => void;
  /** Texts to choose from. */
  choices?: { value: string; label: string }[];
}) {
  const { t } = useI18n();
  switch (literalKind(value)) {
    case "money": {
      const { minor, currency } = value as { minor: number; currency: string };
      return (
        <MoneyInput minor={minor} currency={currency} onChange={(minor, currency) => onChange({ minor, currency })} />
      );
    }
    case "day":
      return (
        <DatePicker
          aria-label={t("rule.day")}
          allowClear={false}
          format={t("format.date")}
          value={dayjs((value as { day: string }).day)}
          onChange={(day) => day !== null && onChange({ day: day.format("YYYY-MM-DD") })}
        />
      );
    case "number":
      return (
        <InputNumber
          aria-label={t("rule.number")}
          className="input-amount"
          value={value as number}
          onChange={(next) => onChange(next ?? 0)}
        />
      );
    case "bool":
      return (
        <Select
          aria-label={t("rule.value")}
          value={value as boolean}
          options={[
            { value: true, label: t("rule.true") },
            { value: false, label: t("rule.false") },
          ]}
          onChange={onChange}
        />
      );
    case "text":
      return (
        <AutoComplete
          aria-label={t("rule.value")}
          className="input-text"
          value={value as string}
          options={choices}
          showSearch={{ filterOption: (typed, option) => matches(typed, option) }}
          onChange={onChange}
        />
      );
  }
}

export function matches(typed: string, option?: { value?: unknown; label?: unknown }): boolean {
  const words = typed.toLowerCase();
  return [option?.value, option?.label].some((text) => String(text).toLowerCase().includes(words));
}

/** What a value must be. */
export function TestInput({
  kind,
  test,
  onChange,
  choices = [],
  ages = true,
}: {
  kind: ValueKind | "any";
  test: Test;
  onChange: (test: Test) => void;
  choices?: { value: string; label: string }[];
  /** Whether it may be compared with now. */
  ages?: boolean;
}) {
  const { t } = useI18n();
  const { currency, today } = useKnown();
  const asked = testKind(test);
  const literal = literalOf(kind, test);
  const first = literalsOf(test)[0] ?? blank(literal, currency, today);
  const offered = testsOf[kind].filter((one) => ages || (one !== "within" && one !== "over"));
  const change = (next: TestKind) => onChange(testOf(next, first));
  const retype = (next: LiteralKind) => onChange(testOf(asked, blank(next, currency, today)));
  return (
    <>
      <Select<TestKind>
        aria-label={t("rule.test")}
        value={asked}
        popupMatchSelectWidth={false}
        options={(offered.includes(asked) ? offered : [asked, ...offered]).map((one) => ({
          value: one,
          label: t(kind === "moment" && (one === "ge" || one === "le") ? `test.${one}.day` : `test.${one}`),
        }))}
        onChange={change}
      />
      {kind === "any" && literalsOf(test).length > 0 && (
        <Select<LiteralKind>
          aria-label={t("rule.kind")}
          value={literal}
          popupMatchSelectWidth={false}
          options={(["text", "number", "bool", "money", "day"] as const).map((one) => ({
            value: one,
            label: t(`literal.${one}`),
          }))}
          onChange={retype}
        />
      )}
      <TestOperand test={test} onChange={onChange} choices={choices} />
    </>
  );
}

function TestOperand({
  test,
  onChange,
  choices,
}: {
  test: Test;
  onChange: (test: Test) => void;
  choices: { value: string; label: string }[];
}) {
  const { t } = useI18n();
  if (test === "exists") return null;
  if ("within" in test)
    return <SpanInput label={t("rule.span")} value={test.within} onChange={(within) => onChange({ within })} />;
  if ("over" in test)
    return <SpanInput label={t("rule.span")} value={test.over} onChange={(over) => onChange({ over })} />;
  if ("contains" in test) return <TextInput value={test.contains} onChange={(contains) => onChange({ contains })} />;
  if ("starts_with" in test)
    return <TextInput value={test.starts_with} onChange={(starts_with) => onChange({ starts_with })} />;
  if ("in" in test)
    return (
      <Select
        aria-label={t("rule.values")}
        mode="tags"
        className="input-many"
        tokenSeparators={[",", "，", "、", "\n"]}
        value={test.in.map(String)}
        options={choices}
        onChange={(values: string[]) => onChange({ in: values.map((text) => sameKind(text, test.in[0])) })}
      />
    );
  if ("between" in test) {
    const [low, high] = test.between;
    return (
      <>
        <LiteralInput value={low} onChange={(next) => onChange({ between: [next, high] })} />
        <span className="rule-word">{t("rule.and")}</span>
        <LiteralInput value={high} onChange={(next) => onChange({ between: [low, next] })} />
      </>
    );
  }
  const [kind, value] = Object.entries(test)[0] as [Compare, Literal];
  return (
    <LiteralInput value={value} choices={choices} onChange={(next) => onChange({ [kind]: next } as unknown as Test)} />
  );
}

/** A number among numbers, else text. */
function sameKind(text: string, other: Literal | undefined): Literal {
  return typeof other === "number" && text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : text;
}

function TextInput({ value, onChange }: { value: string; onChange: (text: string) => void }) {
  const { t } = useI18n();
  return (
    <Input
      aria-label={t("rule.value")}
      className="input-text"
      value={value}
      onChange={(change) => onChange(change.target.value)}
    />
  );
}

/** The same demand in another form, with what was compared with before. */
function testOf(kind: TestKind, literal: Literal): Test {
  switch (kind) {
    case "exists":
      return "exists";
    case "in":
      return { in: literal === "" ? [] : [literal] };
    case "between":
      return { between: [literal, literal] };
    case "contains":
      return { contains: typeof literal === "string" ? literal : "" };
    case "starts_with":
      return { starts_with: typeof literal === "string" ? literal : "" };
    case "within":
      return { within: "30 days" };
    case "over":
      return { over: "30 days" };
    default:
      return { [kind]: literal } as unknown as Test;
  }
}
