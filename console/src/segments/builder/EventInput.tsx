/** One event that counts for something: its name, and what its fields must be. */
import { AutoComplete } from "antd";
import { useMemo } from "react";
import { useI18n } from "../../i18n/i18n";
import { dateIn } from "../../overview/range";
import { wordFor } from "../../people/person";
import { usePlace } from "../../people/usePlace";
import type { Filter } from "../rule";
import { matches } from "./inputs";
import { eventNames, KnownProvider } from "./known";
import { FiltersInput } from "./Selection";

interface NameProps {
  label: string;
  value: string;
  onChange: (name: string) => void;
}

export function EventInput({ label, value, onChange }: NameProps) {
  const { t } = useI18n();
  return (
    <AutoComplete
      aria-label={label}
      className="input-events"
      popupMatchSelectWidth={false}
      showSearch={{ filterOption: matches }}
      options={eventNames.map((name) => ({ value: name, label: wordFor(t, "event", name) }))}
      value={value}
      onChange={onChange}
    />
  );
}

/** Filters outside of segments: they name neither tags nor lists. */
export function EventFilters({ value, onChange }: { value: Filter[]; onChange: (filters: Filter[]) => void }) {
  const { currency, timeZone } = usePlace();
  const known = useMemo(
    () => ({
      tags: [],
      segments: [],
      lists: [],
      currency: currency ?? "CNY",
      today: dateIn(timeZone, new Date()),
    }),
    [currency, timeZone],
  );
  return (
    <KnownProvider value={known}>
      <div>
        <FiltersInput filters={value} onChange={onChange} />
      </div>
    </KnownProvider>
  );
}
