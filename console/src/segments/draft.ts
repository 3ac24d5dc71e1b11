/**
 * A rule while it is edited: a tree whose nodes keep their identity, so that what is typed stays where it is when parts
 * come and go. `draftOf` and `ruleOf` turn one into the other. Pure.
 */
import type { Clause, Rule } from "./rule";

export interface Group {
  id: number;
  kind: "group";
  /** Whether everything in it must hold, or anything. */
  join: "all" | "any";
  negated: boolean;
  parts: Draft[];
}
export interface Leaf {
  id: number;
  kind: "clause";
  negated: boolean;
  clause: Clause;
}
export type Draft = Group | Leaf;

let last = 0;
const fresh = () => ++last;

export function leaf(clause: Clause, negated = false): Leaf {
  return { id: fresh(), kind: "clause", negated, clause };
}

export function group(join: Group["join"], parts: Draft[] = [], negated = false): Group {
  return { id: fresh(), kind: "group", join, negated, parts };
}

/** A rule to edit. The outermost is always a group; a negation is a mark on what it negates. */
export function draftOf(rule: Rule): Group {
  const draft = nodeOf(rule, false);
  return draft.kind === "group" && !draft.negated ? draft : group("all", [draft]);
}

function nodeOf(rule: Rule, negated: boolean): Draft {
  if ("not" in rule) return nodeOf(rule.not, !negated);
  if ("all" in rule) return group("all", rule.all.map(plain), negated);
  if ("any" in rule) return group("any", rule.any.map(plain), negated);
  return leaf(rule, negated);
}

const plain = (rule: Rule) => nodeOf(rule, false);

/** The rule, and where in it each node stands, as the program says of a fault: `all[2].not.event`. */
export function ruleOf(root: Group): { rule: Rule; paths: Map<number, string> } {
  const paths = new Map<number, string>();
  const [only] = root.parts;
  // A group of one is that one: it reads the same, and shorter.
  if (root.parts.length === 1 && only !== undefined && !root.negated) {
    paths.set(root.id, "");
    return { rule: write(only, "", paths), paths };
  }
  return { rule: write(root, "", paths), paths };
}

function write(draft: Draft, path: string, paths: Map<number, string>): Rule {
  paths.set(draft.id, path);
  if (draft.negated) {
    const inner = under(path, "not");
    paths.set(draft.id, inner);
    return { not: bare(draft, inner, paths) };
  }
  return bare(draft, path, paths);
}

function bare(draft: Draft, path: string, paths: Map<number, string>): Rule {
  if (draft.kind === "clause") return draft.clause;
  const at = under(path, draft.join);
  const parts = draft.parts.map((part, place) => write(part, `${at}[${place}]`, paths));
  return draft.join === "all" ? { all: parts } : { any: parts };
}

function under(path: string, part: string): string {
  return path === "" ? part : `${path}.${part}`;
}

/** The tree with one node replaced, or taken out where `change` answers nothing. */
export function changed(root: Group, id: number, change: (draft: Draft) => Draft | null): Group {
  const next = walk(root, id, change);
  return next !== null && next.kind === "group" ? next : group("all");
}

function walk(draft: Draft, id: number, change: (draft: Draft) => Draft | null): Draft | null {
  if (draft.id === id) return change(draft);
  if (draft.kind === "clause") return draft;
  const parts = draft.parts.map((part) => walk(part, id, change)).filter((part) => part !== null);
  const same = parts.length === draft.parts.length && parts.every((part, place) => part === draft.parts[place]);
  return same ? draft : { ...draft, parts };
}

export interface FaultAt {
  path: string;
}

/** The faults of a node: those at or below where it stands, but not those that a part of it stands for. */
export function faultsOf<F extends FaultAt>(draft: Draft, paths: Map<number, string>, faults: F[]): F[] {
  const path = paths.get(draft.id);
  if (path === undefined) return [];
  const own = (fault: F) => within(fault.path, path);
  if (draft.kind === "clause") return faults.filter(own);
  const parts = draft.parts.map((part) => paths.get(part.id)).filter((inner) => inner !== undefined);
  // A negated part stands at `all[0].not`; a fault at `all[0]` is its own too.
  return faults.filter(
    (fault) => own(fault) && !parts.some((inner) => within(fault.path, inner.replace(/\.not$/, ""))),
  );
}

function within(path: string, outer: string): boolean {
  return outer === "" || path === outer || path.startsWith(`${outer}.`) || path.startsWith(`${outer}[`);
}
