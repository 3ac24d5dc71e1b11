/** Amounts as people type them: money in the currency's own units, parts in percent. */
import { InputNumber } from "antd";
import { minorDigits } from "../ui/format";
import { basisPointsOf, majorOf, minorOf, percentOf } from "./terms";

interface Props<V> {
  label: string;
  value: V;
  onChange: (value: V) => void;
  /** What is shown while there is none. */
  placeholder?: string;
}

type Maybe = number | null | undefined;

export function MoneyInput({ currency, ...props }: Props<Maybe> & { currency: string }) {
  return (
    <InputNumber
      aria-label={props.label}
      className="amount"
      min={0}
      precision={minorDigits(currency)}
      suffix={currency}
      placeholder={props.placeholder ?? ""}
      value={props.value == null ? null : majorOf(props.value, currency)}
      onChange={(major) => props.onChange(major === null ? null : minorOf(major, currency))}
    />
  );
}

export function PercentInput({ label, value, onChange }: Props<Maybe>) {
  return (
    <InputNumber
      aria-label={label}
      className="amount"
      min={0}
      max={100}
      precision={2}
      suffix="%"
      value={value == null ? null : percentOf(value)}
      onChange={(percent) => onChange(percent === null ? null : basisPointsOf(percent))}
    />
  );
}

export function CountInput({ label, value, onChange, placeholder, least = 0 }: Props<Maybe> & { least?: number }) {
  return (
    <InputNumber
      aria-label={label}
      className="amount"
      min={least}
      precision={0}
      placeholder={placeholder ?? ""}
      value={value ?? null}
      onChange={(count) => onChange(count)}
    />
  );
}
