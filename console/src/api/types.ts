/** The API's types, as generated from `openapi.json`. A renamed schema is followed here and nowhere else. */
import type { components, paths } from "./generated/schema";

type Schemas = components["schemas"];

/** The paths of the API; a path that has left the contract no longer compiles. */
export type Path = keyof paths;

export type Session = Schemas["Session"];
export type Account = Schemas["Account"];
export type Role = Account["role"];
export type ServerKey = Schemas["ServerKey"];
export type Shop = Schemas["Shop"];
export type Source = Schemas["Source"];
export type SourceList = Schemas["SourceList"];
export type QuarantineItem = Schemas["QuarantineItem"];
export type LiveEvent = Schemas["LiveEvent"];
export type Overview = Schemas["Overview"];
export type Totals = Schemas["Totals"];
export type SeriesPoint = Schemas["SeriesPoint"];
export type SqlAnswer = Schemas["SqlAnswer"];
export type SqlSchema = Schemas["SqlSchema"];
export type Problem = Schemas["Problem"];
export type PersonSummary = Schemas["PersonSummary"];
export type PeopleList = Schemas["PeopleList"];
export type PersonTrait = Schemas["PersonTrait"];
export type PersonTag = Schemas["PersonTag"];
export type Timeline = Schemas["Timeline"];
export type TimelineEvent = Schemas["TimelineEvent"];
export type Identifier = Schemas["Identifier"];
export type IdentityView = Schemas["IdentityView"];
export type IdentityEvidence = Schemas["IdentityEvidence"];
export type IdentityConflict = Schemas["IdentityConflict"];
export type IdentityReview = Schemas["IdentityReview"];
export type IdentityReviewList = Schemas["IdentityReviewList"];
export type IdentityMerge = Schemas["IdentityMerge"];
export type IdentityMergePage = Schemas["IdentityMergePage"];
export type IdentityDecision = Schemas["IdentityDecision"];
export type IdentityDecisionForm = Schemas["IdentityDecisionForm"];
export type IdentityDecided = Schemas["IdentityDecided"];
export type IdentityDecisionTaken = Schemas["IdentityDecisionTaken"];
export type IdentityPreview = Schemas["IdentityPreview"];

/** A computed value; the contract has it as an open object. */
export type Typed =
  | { type: "count" | "days" | "hour"; value: number }
  | { type: "moment" | "text"; value: string }
  | { type: "money"; value: { minor: number; currency: string }[] };
export type ComputedTrait = Pick<Schemas["ComputedTrait"], "name" | "why" | "from" | "to"> & Typed;
export type PersonDetail = Omit<Schemas["PersonDetail"], "computed"> & { computed: ComputedTrait[] };

export type Interval = "day" | "week" | "month";
