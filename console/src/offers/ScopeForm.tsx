/** Which goods: products, categories, brands, and exceptions. */
import { Select } from "antd";
import type { OfferScope } from "../api/act";
import { useI18n } from "../i18n/i18n";
import { Field } from "./BenefitForm";

const parts = ["products", "categories", "brands", "except_products"] as const;

export function ScopeForm({ scope, onChange }: { scope: OfferScope; onChange: (scope: OfferScope) => void }) {
  const { t } = useI18n();
  return (
    <div className="fields">
      {parts.map((part) => (
        <Field key={part} label={t(`offers.scope.${part}`)}>
          <Words
            label={t(`offers.scope.${part}`)}
            placeholder={part === "except_products" ? t("offers.scope.none") : t("offers.scope.all")}
            value={scope[part] ?? []}
            onChange={(words) => onChange({ ...scope, [part]: words })}
          />
        </Field>
      ))}
    </div>
  );
}

interface WordsProps {
  label: string;
  placeholder?: string;
  value: readonly string[];
  onChange: (words: string[]) => void;
  options?: { value: string; label: string }[];
  /** What ends a word while typing. */
  separators?: string[];
}

const apart = [",", "，", " "];

/** Words one types, or chooses. */
export function Words({ label, placeholder = "", value, onChange, options = [], separators = apart }: WordsProps) {
  return (
    <Select
      mode="tags"
      className="words"
      aria-label={label}
      placeholder={placeholder}
      tokenSeparators={separators}
      value={[...value]}
      onChange={onChange}
      options={options}
      {...(options.length === 0 && { open: false, suffixIcon: null })}
    />
  );
}
