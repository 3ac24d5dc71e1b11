/** A rule that is edited in two forms: the tree and its text. The program turns one into the other, and says what is wrong. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import { checkRule } from "../api/calls";
import type { CheckedRule } from "../api/types";
import type { ShownFault } from "./builder/RuleBuilder";
import { draftOf, type Group, ruleOf } from "./draft";
import type { Rule } from "./rule";

/** How long to wait for more before asking the program. */
const pauseMs = 350;

export interface EditedRule {
  root: Group;
  paths: Map<number, string>;
  /** The rule as it stands in the tree. */
  rule: Rule;
  /** What is wrong with it; none while that is not known. */
  faults: ShownFault[];
  /** Whether the rule shown is the one that was checked last, and found to be right. */
  sound: boolean;
  text: string;
  /** What is wrong with the text, while it cannot be read. */
  textFault: string | null;
  /** Whether what is typed has not been read yet. */
  reading: boolean;
  setRoot: (root: Group) => void;
  setText: (text: string) => void;
  error: unknown;
}

export function useRule(first: Rule, id: string | undefined, language: "en" | "zh"): EditedRule {
  const [root, setRoot] = useState<Group>(() => draftOf(first));
  const [typed, setTyped] = useState<string | null>(null);
  const { rule, paths } = useMemo(() => ruleOf(root), [root]);
  const written = JSON.stringify(rule);
  const asked = useSettled(written);
  const checked = useQuery({
    queryKey: ["segments", "check", id, asked],
    queryFn: ({ signal }) => checkRule({ id, rule: JSON.parse(asked) as Rule }, signal),
    placeholderData: keepPreviousData,
    staleTime: 5_000,
  });
  const wanted = useSettled(typed);
  const read = useQuery({
    queryKey: ["segments", "read", id, wanted],
    queryFn: ({ signal }) => checkRule({ id, text: wanted ?? "" }, signal),
    enabled: wanted !== null,
    staleTime: 5_000,
  });
  const understood = typed !== null && typed === wanted ? read.data : undefined;
  // What the text says goes into the tree once, when it can be read; the text itself stays as it is typed.
  const said = understood?.rule == null ? null : JSON.stringify(understood.rule);
  const [heard, setHeard] = useState<string | null>(null);
  if (said !== null && said !== heard) {
    setHeard(said);
    if (said !== written) setRoot(draftOf(JSON.parse(said) as Rule));
  }
  const known = asked === written && !checked.isPlaceholderData ? checked.data : undefined;
  return {
    root,
    paths,
    rule,
    faults: faultsIn(checked.data, language),
    sound: known?.faults.length === 0 && (typed === null || understood?.rule != null),
    text: typed ?? checked.data?.text ?? "",
    textFault: understood !== undefined && understood.rule == null ? (understood.faults[0]?.[language] ?? null) : null,
    reading: typed !== wanted || read.isFetching,
    setRoot: (next) => {
      setTyped(null);
      setHeard(null);
      setRoot(next);
    },
    setText: setTyped,
    error: checked.error ?? read.error,
  };
}

function faultsIn(checked: CheckedRule | undefined, language: "en" | "zh"): ShownFault[] {
  // The place is shown by where the fault stands, so its path is left out of the words.
  return (checked?.faults ?? []).map((fault) => ({
    path: fault.path,
    text: fault[language].replace(`\`${fault.path}\`: `, ""),
  }));
}

/** A value once it has stayed the same for a moment. */
export function useSettled<T>(value: T): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), pauseMs);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}
