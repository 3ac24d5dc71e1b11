/** Tags put in order, and definitions to edit. Pure. */
import type {
  TagDefinition,
  TagFamily,
  TagForm,
  TagFormula,
  TagKind,
  TagRule,
  TagSubject,
  TagSummary,
} from "../api/types";
import type { Rule } from "../segments/rule";

export const families: TagFamily[] = ["basic", "interest", "consumption", "social", "psychological"];
export const subjects: TagSubject[] = ["category", "brand", "style", "topic", "query"];
export const formulas: TagFormula[] = [
  "recency",
  "frequency",
  "money",
  "period",
  "brand_loyalty",
  "price_sensitivity",
  "followers",
  "sharing",
  "invited",
  "circles",
  "word_of_mouth",
  "value_seeking",
  "quality",
  "novelty",
  "self_expression",
  "deal_proneness",
];
export const deeds = ["browse", "search", "favourite", "cart", "buy", "review", "share"] as const;

/** The ways in which a tag is made, as the editor offers them. */
export const makings = ["trait", "age_band", "conditions", "interest", "formula", "model"] as const;
export type Making = (typeof makings)[number];

export function makingOf(kind: TagKind): Making {
  if ("model" in kind) return "model";
  if ("statistical" in kind) return "interest" in kind.statistical ? "interest" : "formula";
  if ("trait" in kind.rule) return "trait";
  return "age_band" in kind.rule ? "age_band" : "conditions";
}

/** A kind to begin with. */
export function newKind(making: Making): TagKind {
  switch (making) {
    case "trait":
      return { rule: { trait: [] } };
    case "age_band":
      return { rule: { age_band: ["birthday", "age"] } };
    case "conditions":
      return { rule: { all: [{ of: "orders", at_least: 2 }] } };
    case "interest":
      return { statistical: { interest: "category" } };
    case "formula":
      return { statistical: { formula: "frequency" } };
    case "model":
      return { model: "" };
  }
}

export function ruleIn(kind: TagKind): TagRule | null {
  return "rule" in kind ? kind.rule : null;
}

/** Which numbers a tag of a kind makes use of; the others are not shown. */
export function numbersOf(kind: TagKind): { half_life: boolean; half_at: boolean; evidence: boolean; top: boolean } {
  const making = makingOf(kind);
  const counts = making === "interest" || making === "formula";
  return {
    half_life: making !== "model",
    half_at: counts,
    evidence: counts,
    top: making === "interest",
  };
}

export function newDefinition(): TagDefinition {
  return {
    id: "consumption.",
    family: "consumption",
    en: "",
    zh: "",
    kind: newKind("conditions"),
    half_life_days: 180,
    half_at: 1,
    evidence: 5,
    top: 10,
  };
}

/** The id of a tag of this family: what comes after the dot stays. */
export function idIn(family: TagFamily, id: string): string {
  return `${family}.${id.split(/\.(.*)/s)[1] ?? ""}`;
}

/** What is sent of a definition: its id is in the address. */
export function formOf({ id: _, ...rest }: TagDefinition, based_on: number): TagForm {
  return { ...rest, based_on };
}

export function byFamily(tags: TagSummary[]): [TagFamily, TagSummary[]][] {
  return families.map((family) => [family, tags.filter((tag) => tag.family === family)]);
}

/** Who carries a tag about so strongly, as the rule of a segment: the tenths of the histogram, 0 to 9. */
export function ruleOfTenth(tag: string, tenth: number): Rule {
  const least = tenth / 10;
  const parts: Rule[] = [{ tag: { tag, weight: tenth === 0 ? { gt: 0 } : { ge: least } } }];
  if (tenth < 9) parts.push({ tag: { tag, weight: { lt: (tenth + 1) / 10 } } });
  return { all: parts };
}

export function ruleOfTerm(tag: string, term: string): Rule {
  return { tag: { tag, term, weight: { gt: 0 } } };
}
