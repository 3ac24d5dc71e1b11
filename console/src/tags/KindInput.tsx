/** How a tag is made: by what is said, by conditions, by counting, or by a model. */
import { AutoComplete, Button, Form, Input, InputNumber, Select } from "antd";
import type { TagCondition, TagKind } from "../api/types";
import { useI18n } from "../i18n/i18n";
import { wordFor } from "../people/person";
import { matches } from "../segments/builder/inputs";
import { computedValues } from "../segments/builder/known";
import { DeleteOutlined, PlusOutlined } from "../ui/icons";
import { formulas, type Making, makingOf, makings, newKind, subjects } from "./tag";

export function KindInput({ kind, onChange }: { kind: TagKind; onChange: (kind: TagKind) => void }) {
  const { t } = useI18n();
  return (
    <>
      <Form.Item label={t("tagEditor.making")}>
        <Select<Making>
          aria-label={t("tagEditor.making")}
          value={makingOf(kind)}
          options={makings.map((making) => ({ value: making, label: t(`making.${making}`) }))}
          onChange={(making) => onChange(newKind(making))}
        />
      </Form.Item>
      <KindDetails kind={kind} onChange={onChange} />
    </>
  );
}

function KindDetails({ kind, onChange }: { kind: TagKind; onChange: (kind: TagKind) => void }) {
  const { t } = useI18n();
  if ("model" in kind)
    return (
      <Form.Item label={t("tagEditor.model")} extra={t("tagEditor.model.about")}>
        <Input
          aria-label={t("tagEditor.model")}
          value={kind.model}
          onChange={(change) => onChange({ model: change.target.value })}
        />
      </Form.Item>
    );
  if ("statistical" in kind) {
    const { statistical } = kind;
    if ("interest" in statistical)
      return (
        <Form.Item label={t("tagEditor.subject")}>
          <Select
            aria-label={t("tagEditor.subject")}
            value={statistical.interest}
            options={subjects.map((subject) => ({ value: subject, label: t(`subject.${subject}`) }))}
            onChange={(interest) => onChange({ statistical: { interest } })}
          />
        </Form.Item>
      );
    return (
      <Form.Item label={t("tagEditor.formula")}>
        <Select
          aria-label={t("tagEditor.formula")}
          value={statistical.formula}
          options={formulas.map((formula) => ({ value: formula, label: t(`formula.${formula}`) }))}
          onChange={(formula) => onChange({ statistical: { formula } })}
        />
      </Form.Item>
    );
  }
  const { rule } = kind;
  if ("all" in rule) return <Conditions conditions={rule.all} onChange={(all) => onChange({ rule: { all } })} />;
  const [traits, put] =
    "trait" in rule
      ? [rule.trait, (trait: string[]) => onChange({ rule: { trait } })]
      : [rule.age_band, (age_band: string[]) => onChange({ rule: { age_band } })];
  return (
    <Form.Item label={t("tagEditor.traits")} extra={t("tagEditor.traits.about")}>
      <Select
        mode="tags"
        aria-label={t("tagEditor.traits")}
        tokenSeparators={[",", "，"]}
        value={traits}
        options={[]}
        onChange={put}
      />
    </Form.Item>
  );
}

function Conditions({
  conditions,
  onChange,
}: {
  conditions: TagCondition[];
  onChange: (conditions: TagCondition[]) => void;
}) {
  const { t } = useI18n();
  const put = (place: number, change: Partial<TagCondition>) =>
    onChange(conditions.map((one, at) => (at === place ? { ...one, ...change } : one)));
  return (
    <Form.Item label={t("tagEditor.conditions")} extra={t("tagEditor.conditions.about")} className="conditions">
      {conditions.map((condition, place) => (
        // Conditions have no identity but their place.
        // biome-ignore lint/suspicious/noArrayIndexKey: see above
        <div key={place} className="condition">
          <AutoComplete
            aria-label={t("tagEditor.of")}
            value={condition.of}
            popupMatchSelectWidth={false}
            showSearch={{ filterOption: matches }}
            options={Object.keys(computedValues).map((name) => ({ value: name, label: wordFor(t, "value", name) }))}
            onChange={(of) => put(place, { of })}
          />
          <InputNumber
            aria-label={t("tagEditor.atLeast")}
            placeholder={t("tagEditor.atLeast")}
            value={condition.at_least ?? null}
            onChange={(at_least) => put(place, { at_least })}
          />
          <InputNumber
            aria-label={t("tagEditor.atMost")}
            placeholder={t("tagEditor.atMost")}
            value={condition.at_most ?? null}
            onChange={(at_most) => put(place, { at_most })}
          />
          <Input
            aria-label={t("tagEditor.is")}
            placeholder={t("tagEditor.is")}
            value={condition.is ?? ""}
            onChange={(change) => put(place, { is: change.target.value === "" ? null : change.target.value })}
          />
          <Button
            type="text"
            aria-label={t("rule.removeClause")}
            title={t("rule.removeClause")}
            icon={<DeleteOutlined />}
            onClick={() => onChange(conditions.filter((_, at) => at !== place))}
          />
        </div>
      ))}
      <Button
        size="small"
        icon={<PlusOutlined />}
        onClick={() => onChange([...conditions, { of: "orders", at_least: 1 }])}
      >
        {t("rule.addClause")}
      </Button>
    </Form.Item>
  );
}
