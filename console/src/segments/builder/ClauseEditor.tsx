/** One clause, as a sentence of inputs. */
import { AutoComplete, Select } from "antd";
import { rfmGroups } from "../../buyers/rfm";
import { useI18n } from "../../i18n/i18n";
import { wordFor } from "../../people/person";
import { blank, type Clause, type TagTest, type ValueTest } from "../rule";
import { EventClause, FollowClause, SequenceClause } from "./EventClause";
import { BoundInput, matches, TestInput } from "./inputs";
import { computedValues, type Named, useKnown } from "./known";

export function ClauseEditor({ clause, onChange }: { clause: Clause; onChange: (clause: Clause) => void }) {
  const { t } = useI18n();
  const known = useKnown();
  if ("event" in clause) return <EventClause test={clause.event} onChange={(event) => onChange({ event })} />;
  if ("sequence" in clause)
    return <SequenceClause test={clause.sequence} onChange={(sequence) => onChange({ sequence })} />;
  if ("last_of" in clause) return <FollowClause test={clause.last_of} onChange={(last_of) => onChange({ last_of })} />;
  if ("computed" in clause)
    return <ComputedClause test={clause.computed} onChange={(computed) => onChange({ computed })} />;
  if ("trait" in clause) return <TraitClause test={clause.trait} onChange={(trait) => onChange({ trait })} />;
  if ("tag" in clause) return <TagClause test={clause.tag} onChange={(tag) => onChange({ tag })} />;
  if ("segment" in clause)
    return (
      <>
        <span className="rule-word">{t("clause.segment")}</span>
        <NamedSelect
          label={t("rule.segment")}
          named={known.segments}
          value={clause.segment}
          onChange={(segment) => onChange({ segment })}
        />
      </>
    );
  return (
    <>
      <span className="rule-word">{t("clause.list")}</span>
      <NamedSelect
        label={t("rule.list")}
        named={known.lists}
        value={clause.list}
        onChange={(list) => onChange({ list })}
      />
    </>
  );
}

function NamedSelect({
  label,
  named,
  value,
  onChange,
}: {
  label: string;
  named: Named[];
  value: string;
  onChange: (id: string) => void;
}) {
  return (
    <Select
      aria-label={label}
      className="input-named"
      placeholder={label}
      showSearch={{ filterOption: matches }}
      popupMatchSelectWidth={false}
      {...(value === "" ? {} : { value })}
      options={named.map(({ id, name }) => ({ value: id, label: name }))}
      onChange={onChange}
    />
  );
}

function ComputedClause({ test, onChange }: { test: ValueTest; onChange: (test: ValueTest) => void }) {
  const { t } = useI18n();
  const { currency, today } = useKnown();
  const kind = computedValues[test.name] ?? "any";
  const rename = (name: string) => {
    const next = computedValues[name] ?? "any";
    if (next === kind) return onChange({ ...test, name });
    if (next === "moment") return onChange({ name, is: { within: "30 days" } });
    const literal = blank(next === "any" ? "text" : next, currency, today);
    onChange({ name, is: next === "number" || next === "money" ? { ge: literal } : { eq: literal } });
  };
  const choices =
    test.name === "rfm_group" ? rfmGroups.map((group) => ({ value: group, label: t(`rfm.${group}`) })) : [];
  return (
    <>
      <span className="rule-word">{t("clause.computed")}</span>
      <Select
        aria-label={t("clause.computed")}
        className="input-named"
        showSearch={{ filterOption: matches }}
        popupMatchSelectWidth={false}
        value={test.name}
        options={Object.keys(computedValues).map((name) => ({ value: name, label: wordFor(t, "value", name) }))}
        onChange={rename}
      />
      <TestInput kind={kind} choices={choices} test={test.is} onChange={(is) => onChange({ ...test, is })} />
    </>
  );
}

const usualTraits = ["city", "region", "country", "gender", "birthday", "age", "occupation", "name", "email", "phone"];

function TraitClause({ test, onChange }: { test: ValueTest; onChange: (test: ValueTest) => void }) {
  const { t } = useI18n();
  return (
    <>
      <span className="rule-word">{t("clause.trait")}</span>
      <AutoComplete
        aria-label={t("clause.trait")}
        className="input-field"
        value={test.name}
        popupMatchSelectWidth={false}
        options={usualTraits.map((name) => ({ value: name, label: wordFor(t, "trait", name) }))}
        onChange={(name) => onChange({ ...test, name })}
      />
      <TestInput kind="any" test={test.is} onChange={(is) => onChange({ ...test, is })} />
    </>
  );
}

function TagClause({ test, onChange }: { test: TagTest; onChange: (test: TagTest) => void }) {
  const { t } = useI18n();
  const { tags } = useKnown();
  return (
    <>
      <span className="rule-word">{t("clause.tag")}</span>
      <NamedSelect
        label={t("rule.tag")}
        named={tags}
        value={test.tag}
        onChange={(tag) => onChange({ tag, weight: test.weight })}
      />
      <AutoComplete
        aria-label={t("rule.term")}
        className="input-field"
        placeholder={t("rule.anyTerm")}
        value={test.term ?? ""}
        options={[]}
        onChange={(term: string) => {
          const { term: _, ...rest } = test;
          onChange(term === "" ? rest : { ...rest, term });
        }}
      />
      <span className="rule-word">{t("rule.weight")}</span>
      <BoundInput
        label={t("rule.weight")}
        most={1}
        step={0.1}
        value={test.weight}
        onChange={(weight) => onChange({ ...test, weight })}
      />
    </>
  );
}
