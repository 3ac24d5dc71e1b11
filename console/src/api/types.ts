/** The API's types, as generated from `openapi.json`. A renamed schema is followed here and nowhere else. */
import type { Rule } from "../segments/rule";
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
export type ShopWebhook = Schemas["ShopWebhook"];
export type NewShopWebhook = Schemas["NewShopWebhook"];
export type CustomWebhook = Schemas["CustomWebhook"];
export type WebhookPreview = Schemas["WebhookPreview"];
export type ShopPlatform = Schemas["ShopPlatform"];
export type SourceList = Schemas["SourceList"];
export type QuarantineItem = Schemas["QuarantineItem"];
export type Quality = Schemas["QualityView"];
export type SourceQuality = Schemas["SourceQuality"];
export type TrackingPlan = Schemas["TrackingPlan"];
export type PlannedEvent = Schemas["PlannedEvent"];
export type PlanVersion = Schemas["PlanVersion"];
export type PlanAction = Schemas["PlanAction"];
export type InferredPlan = Schemas["InferredPlan"];
export type LiveEvent = Schemas["LiveEvent"];
export type Overview = Schemas["Overview"];
export type Totals = Schemas["Totals"];
export type SeriesPoint = Schemas["SeriesPoint"];
export type FunnelAnswer = Schemas["FunnelAnswer"];
export type RetentionAnswer = Schemas["RetentionAnswer"];
export type TrendsAnswer = Schemas["TrendsAnswer"];
export type TrendLines = Schemas["TrendLines"];
export type TrendPart = Schemas["TrendPart"];
export type BehindAnswer = Schemas["BehindAnswer"];
export type KeptBehind = Schemas["KeptBehind"];
export type ActiveAnswer = Schemas["ActiveAnswer"];
export type ActivePoint = Schemas["ActivePoint"];
export type PathsAnswer = Schemas["PathsAnswer"];
export type PathLink = Schemas["PathLink"];
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
export type RfmReport = Schemas["RfmReport"];
export type RfmGroup = Schemas["RfmGroup"];
export type RfmCell = Schemas["RfmCell"];
export type RfmBands = Schemas["RfmBands"];
export type RfmMembers = Schemas["RfmMembers"];
export type LifecycleReport = Schemas["LifecycleReport"];
export type LifecycleStage = Schemas["LifecycleStage"];
export type LifecycleMove = Schemas["LifecycleMove"];
export type StageMembers = Schemas["StageMembers"];
export type ValueTenth = Schemas["ValueTenth"];
export type ValuedBuyer = Schemas["ValuedBuyer"];
export type ValueReport = Schemas["ValueReport"];

/** A computed value; the contract has it as an open object. */
export type Typed =
  | { type: "count" | "days" | "hour"; value: number }
  | { type: "moment" | "text"; value: string }
  | { type: "money"; value: { minor: number; currency: string }[] };
export type ComputedTrait = Pick<Schemas["ComputedTrait"], "name" | "why" | "from" | "to"> & Typed;
export type PersonDetail = Omit<Schemas["PersonDetail"], "computed"> & { computed: ComputedTrait[] };

export type TagList = Schemas["TagList"];
export type TagSummary = Schemas["TagSummary"];
export type TagDetail = Schemas["TagDetail"];
export type TagDefinition = Schemas["TagDefinition"];
export type TagFamily = Schemas["TagFamily"];
export type TagForm = Schemas["TagForm"];
export type TagKind = Schemas["TagKind"];
export type TagRule = Schemas["TagRule"];
export type TagCondition = Schemas["TagCondition"];
export type TagFormula = Schemas["TagFormula"];
export type TagSubject = Schemas["TagSubject"];
export type TagBehaviours = Schemas["TagBehaviours"];
export type TagSpread = Schemas["TagSpread"];
export type TagPreview = Schemas["TagPreview"];
export type TaggedPerson = Schemas["TaggedPerson"];
export type Need = Schemas["Need"];
export type NeedList = Schemas["NeedList"];
export type NeedShoppers = Schemas["NeedShoppers"];

export type PersonValue = Schemas["PersonValue"];
export type PersonChurn = Schemas["PersonChurn"];
export type ChurnReport = Schemas["ChurnReport"];
export type ClusterReport = Schemas["ClusterReport"];
export type Cluster = Schemas["Cluster"];
export type ClusterMembers = Schemas["ClusterMembers"];
export type LookAlikesFound = Schemas["LookAlikesFound"];

/** Rules are open objects in the contract; `segments/rule.ts` says what is in them. */
type WithRule<T> = Omit<T, "rule"> & { rule: Rule };
export type SegmentDetail = WithRule<Schemas["SegmentDetail"]>;
export type SegmentVersion = WithRule<Schemas["SegmentVersion"]>;
export type SegmentTemplate = WithRule<Schemas["SegmentTemplate"]>;
export type CheckedRule = Omit<Schemas["CheckedRule"], "rule"> & { rule?: Rule | null };
export type RulePreview = Schemas["RulePreview"];
export type SegmentMember = Schemas["SegmentMember"];
export type SegmentMembers = Schemas["SegmentMembers"];
export type SegmentHistory = Schemas["SegmentHistory"];
export type SegmentOverlap = Schemas["SegmentOverlap"];
export type ListDetail = Schemas["ListDetail"];
export type ListUploaded = Schemas["ListUploaded"];

/** What was found where a clause looked. */
export type Observed =
  | { values: string[] }
  | { weight: number }
  | { times: number }
  | { days: number }
  | { sum: string }
  | { followed: { followed: number; of: number; wanted: number } }
  | { sequence: string | null }
  | { member: boolean };
export interface Reason {
  clause: string;
  holds: boolean;
  observed?: Observed;
  because?: Reason[];
}
export type MembershipReason = Omit<Schemas["MembershipReason"], "reason"> & { reason: Reason };

export type Interval = "day" | "week" | "month";
