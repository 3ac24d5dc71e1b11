/** Which events count: by their names, and by what their fields must be. */
import { AutoComplete, Button, Select } from "antd";
import { useI18n } from "../../i18n/i18n";
import { wordFor } from "../../people/person";
import { DeleteOutlined, PlusOutlined } from "../../ui/icons";
import { blank, type Filter, type Selection } from "../rule";
import { matches, TestInput } from "./inputs";
import { eventFields, eventNames, useKnown, type ValueKind } from "./known";

export function SelectionInput({
  selection,
  onChange,
  label,
}: {
  selection: Selection;
  onChange: (selection: Selection) => void;
  label: string;
}) {
  const { t } = useI18n();
  const filters = selection.where ?? [];
  const put = (where: Filter[]) => {
    const { where: _, ...rest } = selection;
    onChange(where.length === 0 ? rest : { ...rest, where });
  };
  return (
    <>
      <Select
        mode="tags"
        aria-label={label}
        className="input-events"
        placeholder={t("rule.anyEvent")}
        tokenSeparators={[","]}
        value={selection.names ?? []}
        popupMatchSelectWidth={false}
        showSearch={{ filterOption: matches }}
        options={eventNames.map((name) => ({ value: name, label: wordFor(t, "event", name) }))}
        onChange={(names: string[]) => {
          const { names: _, ...rest } = selection;
          onChange(names.length === 0 ? rest : { names, ...rest });
        }}
      />
      <FiltersInput filters={filters} onChange={put} />
    </>
  );
}

/** What fields must be: all of it. */
export function FiltersInput({ filters, onChange }: { filters: Filter[]; onChange: (filters: Filter[]) => void }) {
  const { t } = useI18n();
  const { currency, today } = useKnown();
  return (
    <>
      {filters.map((filter, place) => (
        // Filters have no identity but their place.
        // biome-ignore lint/suspicious/noArrayIndexKey: see above
        <span key={place} className="rule-filter">
          <span className="rule-word">{place === 0 ? t("rule.where") : t("rule.and")}</span>
          <FilterInput
            filter={filter}
            onChange={(next) => onChange(filters.map((one, at) => (at === place ? next : one)))}
            onRemove={() => onChange(filters.filter((_, at) => at !== place))}
          />
        </span>
      ))}
      <Button
        type="link"
        size="small"
        icon={<PlusOutlined />}
        onClick={() => onChange([...filters, { field: "category", is: { eq: blank("text", currency, today) } }])}
      >
        {t("rule.addFilter")}
      </Button>
    </>
  );
}

function FilterInput({
  filter,
  onChange,
  onRemove,
}: {
  filter: Filter;
  onChange: (filter: Filter) => void;
  onRemove: () => void;
}) {
  const { t } = useI18n();
  const { currency, today } = useKnown();
  const kindOf = (field: string): ValueKind | "any" => eventFields[field] ?? "any";
  const kind = kindOf(filter.field);
  const rename = (field: string) => {
    const next = kindOf(field);
    if (next === kind) return onChange({ ...filter, field });
    const literal = blank(next === "any" || next === "moment" ? "text" : next, currency, today);
    onChange({ field, is: next === "number" || next === "money" ? { ge: literal } : { eq: literal } });
  };
  return (
    <>
      <AutoComplete
        aria-label={t("rule.field")}
        className="input-field"
        value={filter.field}
        popupMatchSelectWidth={false}
        options={Object.keys(eventFields).map((field) => ({ value: field, label: wordFor(t, "field", field) }))}
        onChange={rename}
      />
      <TestInput kind={kind} ages={false} test={filter.is} onChange={(is) => onChange({ ...filter, is })} />
      <Button
        type="text"
        size="small"
        aria-label={t("rule.removeFilter")}
        title={t("rule.removeFilter")}
        icon={<DeleteOutlined />}
        onClick={onRemove}
      />
    </>
  );
}
