/** Groups of clauses within groups; what is wrong is told where it is wrong. */
import { Button, Dropdown, Segmented } from "antd";
import { createContext, useContext } from "react";
import type { PlainKey } from "../../i18n/i18n";
import { useI18n } from "../../i18n/i18n";
import { DeleteOutlined, PlusOutlined } from "../../ui/icons";
import { changed, type Draft, faultsOf, type Group, group, type Leaf, leaf } from "../draft";
import { ClauseEditor } from "./ClauseEditor";
import { clauseKinds, newClause, useKnown } from "./known";
import "./builder.css";

export interface ShownFault {
  path: string;
  text: string;
}

interface Editing {
  paths: Map<number, string>;
  faults: ShownFault[];
  change: (id: number, change: (draft: Draft) => Draft | null) => void;
}
const EditingContext = createContext<Editing | null>(null);

function useEditing(): Editing {
  const editing = useContext(EditingContext);
  if (editing === null) throw new Error("useEditing outside RuleBuilder");
  return editing;
}

interface Props {
  root: Group;
  paths: Map<number, string>;
  faults: ShownFault[];
  onChange: (root: Group) => void;
}

export function RuleBuilder({ root, paths, faults, onChange }: Props) {
  const change: Editing["change"] = (id, how) => onChange(changed(root, id, how));
  return (
    <EditingContext value={{ paths, faults, change }}>
      <GroupEditor group={root} outermost />
    </EditingContext>
  );
}

function GroupEditor({ group: box, outermost = false }: { group: Group; outermost?: boolean }) {
  const { t } = useI18n();
  const { change } = useEditing();
  return (
    <fieldset className={`rule-group rule-${box.join}`} data-group={outermost ? "outermost" : "inner"}>
      <legend className="sr-only">{t(box.join === "all" ? "rule.all" : "rule.any")}</legend>
      <div className="rule-head">
        <Segmented
          size="small"
          aria-label={t("rule.join")}
          value={box.join}
          options={[
            { value: "all", label: t("rule.all") },
            { value: "any", label: t("rule.any") },
          ]}
          onChange={(join) => change(box.id, (draft) => ({ ...draft, join }) as Group)}
        />
        {!outermost && <NodeTools draft={box} />}
      </div>
      <Faults draft={box} />
      {box.parts.length === 0 && <p className="rule-empty">{t("rule.empty")}</p>}
      <ul className="rule-parts">
        {box.parts.map((part) => (
          <li key={part.id}>{part.kind === "group" ? <GroupEditor group={part} /> : <ClauseRow clause={part} />}</li>
        ))}
      </ul>
      <AddPart box={box} />
    </fieldset>
  );
}

function AddPart({ box }: { box: Group }) {
  const { t } = useI18n();
  const known = useKnown();
  const { change } = useEditing();
  const add = (part: Draft) =>
    change(box.id, (draft) => (draft.kind === "group" ? { ...draft, parts: [...draft.parts, part] } : draft));
  return (
    <div className="rule-add">
      <Dropdown
        trigger={["click"]}
        menu={{
          items: clauseKinds.map((kind) => ({ key: kind, label: t(`add.${kind}`) })),
          onClick: ({ key }) => add(leaf(newClause(key as (typeof clauseKinds)[number], known))),
        }}
      >
        <Button size="small" icon={<PlusOutlined />}>
          {t("rule.addClause")}
        </Button>
      </Dropdown>
      <Button
        size="small"
        type="text"
        onClick={() => add(group(box.join === "all" ? "any" : "all", [leaf(newClause("event", known))]))}
      >
        {t("rule.addGroup")}
      </Button>
    </div>
  );
}

function ClauseRow({ clause }: { clause: Leaf }) {
  const { change, paths, faults } = useEditing();
  const wrong = faultsOf(clause, paths, faults).length > 0;
  const kind = Object.keys(clause.clause)[0] ?? "";
  return (
    <div className={wrong ? "rule-clause rule-wrong" : "rule-clause"} data-clause={kind}>
      <div className="rule-line">
        <div className="rule-sentence">
          <ClauseEditor
            clause={clause.clause}
            onChange={(next) => change(clause.id, (draft) => ({ ...draft, clause: next }) as Leaf)}
          />
        </div>
        <NodeTools draft={clause} />
      </div>
      <Faults draft={clause} />
    </div>
  );
}

function NodeTools({ draft }: { draft: Draft }) {
  const { t } = useI18n();
  const { change } = useEditing();
  const what: PlainKey = draft.kind === "group" ? "rule.removeGroup" : "rule.removeClause";
  return (
    <span className="rule-tools">
      <Button
        size="small"
        type={draft.negated ? "primary" : "text"}
        danger={draft.negated}
        aria-pressed={draft.negated}
        title={t("rule.notHint")}
        onClick={() => change(draft.id, (old) => ({ ...old, negated: !old.negated }))}
      >
        {t("rule.not")}
      </Button>
      <Button
        size="small"
        type="text"
        aria-label={t(what)}
        title={t(what)}
        icon={<DeleteOutlined />}
        onClick={() => change(draft.id, () => null)}
      />
    </span>
  );
}

function Faults({ draft }: { draft: Draft }) {
  const { paths, faults } = useEditing();
  const own = faultsOf(draft, paths, faults);
  if (own.length === 0) return null;
  return (
    <ul className="rule-faults" role="alert">
      {own.map((fault) => (
        <li key={`${fault.path} ${fault.text}`}>{fault.text}</li>
      ))}
    </ul>
  );
}
