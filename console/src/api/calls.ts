/** Every call the console makes, one function each. */
import type { Rule } from "../segments/rule";
import { request, send } from "./client";
import type {
  Account,
  ActiveAnswer,
  BehindAnswer,
  CheckedRule,
  ChurnReport,
  ClusterMembers,
  ClusterReport,
  CustomWebhook,
  FunnelAnswer,
  Identifier,
  IdentityDecided,
  IdentityDecision,
  IdentityDecisionForm,
  IdentityDecisionTaken,
  IdentityMergePage,
  IdentityPreview,
  IdentityReviewList,
  IdentityView,
  Interval,
  KeptBehind,
  LifecycleReport,
  ListDetail,
  ListUploaded,
  LiveEvent,
  LookAlikesFound,
  MembershipReason,
  NeedList,
  NeedShoppers,
  NewShopWebhook,
  Overview,
  PathsAnswer,
  PeopleList,
  PersonChurn,
  PersonDetail,
  PersonValue,
  QuarantineItem,
  RetentionAnswer,
  RfmMembers,
  RfmReport,
  Role,
  RulePreview,
  SegmentDetail,
  SegmentHistory,
  SegmentMembers,
  SegmentOverlap,
  SegmentTemplate,
  SegmentVersion,
  ServerKey,
  Session,
  Shop,
  ShopWebhook,
  Source,
  SourceList,
  SqlAnswer,
  SqlSchema,
  StageMembers,
  TagBehaviours,
  TagDefinition,
  TagDetail,
  TagForm,
  TagList,
  TagPreview,
  TagSpread,
  Timeline,
  TrendsAnswer,
  ValueReport,
  ValueTenth,
  WebhookPreview,
} from "./types";

export const readSession = () => send<Session>("GET", "/api/v1/session");
export const signIn = (body: { email: string; password: string }) => send<Session>("POST", "/api/v1/session", { body });
export const signOut = () => send<void>("DELETE", "/api/v1/session");
export const changePassword = (body: { current: string; new: string }) =>
  send<void>("PUT", "/api/v1/session/password", { body });

export const listAccounts = () => send<{ accounts: Account[] }>("GET", "/api/v1/accounts");
export const createAccount = (body: { email: string; name: string; role: Role; password: string }) =>
  send<Account>("POST", "/api/v1/accounts", { body });
export const changeAccount = (id: string, body: { name?: string; role?: Role; password?: string }) =>
  send<Account>("PATCH", "/api/v1/accounts/{id}", { params: { id }, body });
export const deleteAccount = (id: string) => send<void>("DELETE", "/api/v1/accounts/{id}", { params: { id } });

export const listKeys = () => send<{ keys: ServerKey[] }>("GET", "/api/v1/keys");
export const rotateKey = (id: string) =>
  send<{ key: ServerKey; secret: string }>("POST", "/api/v1/keys/{id}/rotate", { params: { id }, body: {} });
export const createKey = (body: { name: string; role: Role }) =>
  send<{ key: ServerKey; secret: string }>("POST", "/api/v1/keys", { body });
export const deleteKey = (id: string) => send<void>("DELETE", "/api/v1/keys/{id}", { params: { id } });

export const readShop = () => send<Shop>("GET", "/api/v1/shop");

export const listSources = () => send<SourceList>("GET", "/api/v1/sources");
export const createSource = (name: string) => send<Source>("POST", "/api/v1/sources", { body: { name } });
export const changeSource = (id: string, body: { name?: string; enabled?: boolean; complete_products?: boolean }) =>
  send<Source>("PATCH", "/api/v1/sources/{id}", { params: { id }, body });
export const rotateSource = (id: string, overlap_s: number) =>
  send<Source>("POST", "/api/v1/sources/{id}/rotate", { params: { id }, body: { overlap_s } });

export const readShopHook = (id: string) =>
  send<ShopWebhook>("GET", "/api/v1/sources/{id}/webhook", { params: { id } });
export const setShopHook = (id: string, body: NewShopWebhook) =>
  send<ShopWebhook>("PUT", "/api/v1/sources/{id}/webhook", { params: { id }, body });
export const removeShopHook = (id: string) => send<void>("DELETE", "/api/v1/sources/{id}/webhook", { params: { id } });
export const previewShopHook = (id: string, custom: CustomWebhook, sample: unknown) =>
  send<WebhookPreview>("POST", "/api/v1/sources/{id}/webhook/preview", { params: { id }, body: { custom, sample } });

export const listQuarantine = (query: { source_id?: string; limit?: number; before?: string }) =>
  send<{ items: QuarantineItem[]; total: number }>("GET", "/api/v1/quarantine", { query });

export const recentEvents = (limit: number) =>
  send<{ events: LiveEvent[] }>("GET", "/api/v1/events/recent", { query: { limit } });

export interface OverviewQuestion {
  from: string;
  to: string;
  interval: Interval;
  currency: string | null;
}
export const readOverview = (question: OverviewQuestion, signal?: AbortSignal) =>
  send<Overview>("GET", "/api/v1/insights/overview", { query: { ...question }, ...(signal ? { signal } : {}) });

export const askFunnel = (body: object, signal?: AbortSignal) =>
  send<FunnelAnswer>("POST", "/api/v1/insights/funnel", { body, ...(signal ? { signal } : {}) });
export const askRetention = (body: object, signal: AbortSignal) =>
  send<RetentionAnswer>("POST", "/api/v1/insights/retention", { body, signal });
export const askActive = (body: object, signal: AbortSignal) =>
  send<ActiveAnswer>("POST", "/api/v1/insights/active", { body, signal });
export const askPaths = (body: object, signal: AbortSignal) =>
  send<PathsAnswer>("POST", "/api/v1/insights/paths", { body, signal });

export const askTrends = (body: object, signal: AbortSignal) =>
  send<TrendsAnswer>("POST", "/api/v1/insights/trends", { body, signal });
/** The people behind a point of an answer. */
export const askBehind = (body: object) => send<BehindAnswer>("POST", "/api/v1/insights/people", { body });
export const behindCsv = (body: object) =>
  request("POST", "/api/v1/insights/people", { body, accept: "text/csv" }).then((response) => response.blob());
export const keepBehind = (body: object) => send<KeptBehind>("POST", "/api/v1/insights/people/list", { body });

export const runSql = (query: string, maxRows: number, signal?: AbortSignal) =>
  send<SqlAnswer>("POST", "/api/v1/sql", { body: { query, max_rows: maxRows }, ...(signal ? { signal } : {}) });
export const sqlCsv = (query: string) =>
  request("POST", "/api/v1/sql", { body: { query }, accept: "text/csv" }).then((response) => response.blob());
export const sqlSchema = () => send<SqlSchema>("GET", "/api/v1/sql/schema");

export const listPeople = (query: { search?: string; limit?: number }, signal?: AbortSignal) =>
  send<PeopleList>("GET", "/api/v1/people", { query, ...(signal ? { signal } : {}) });
/** A shopper id as a part of an address, where it might also be the name of something else. */
const keyed = (shopper_id: string) => ({ shopper_id: `key:${shopper_id}` });
export const readPerson = (shopper_id: string) =>
  send<PersonDetail>("GET", "/api/v1/people/{shopper_id}", { params: keyed(shopper_id) });
export const readTimeline = (shopper_id: string, query: { before?: string; limit?: number }) =>
  send<Timeline>("GET", "/api/v1/people/{shopper_id}/timeline", { params: keyed(shopper_id), query });

export const readIdentity = ({ kind, value }: Identifier) =>
  send<IdentityView>("GET", "/api/v1/identities", { query: { kind, value } });
export const listMerges = (query: { person?: string; limit?: number; before?: number }) =>
  send<IdentityMergePage>("GET", "/api/v1/identities/merges", { query });
export const listReviews = () => send<IdentityReviewList>("GET", "/api/v1/identities/reviews");
export const listDecisions = () => send<{ decisions: IdentityDecided[] }>("GET", "/api/v1/identities/decisions");
export const decideIdentity = (body: IdentityDecisionForm) =>
  send<IdentityDecisionTaken>("POST", "/api/v1/identities/decisions", { body });
export const undoDecision = (id: string) =>
  send<IdentityDecisionTaken>("DELETE", "/api/v1/identities/decisions/{id}", { params: { id } });
export const previewDecisions = (decisions: IdentityDecision[]) =>
  send<IdentityPreview>("POST", "/api/v1/identities/preview", { body: { decisions } });

/** As of which day of the shop's; and how RFM scores are cut, `180,90,60,30`, by fifths of the buyers if absent. */
export interface StandingQuestion {
  as_of: string | undefined;
  recency_cuts?: string | undefined;
  frequency_cuts?: string | undefined;
  monetary_cuts?: string | undefined;
}
/** Which of a group's buyers: only those of these scores, from one place on. */
interface RfmPage extends StandingQuestion {
  recency?: number | undefined;
  frequency?: number | undefined;
  after?: string;
}
export const readRfm = (question: StandingQuestion) =>
  send<RfmReport>("GET", "/api/v1/people/rfm", { query: { ...question } });
export const listRfmGroup = (group: string, query: RfmPage) =>
  send<RfmMembers>("GET", "/api/v1/people/rfm/{group}", { params: { group }, query: { ...query } });
export const rfmGroupCsv = (group: string, query: RfmPage) =>
  request("GET", "/api/v1/people/rfm/{group}", { params: { group }, query: { ...query }, accept: "text/csv" }).then(
    (response) => response.blob(),
  );
export const readLifecycle = (query: { as_of: string | undefined; before: string | undefined }) =>
  send<LifecycleReport>("GET", "/api/v1/people/lifecycle", { query });
export const readValue = (query: { as_of: string | undefined; months: number }) =>
  send<ValueReport>("GET", "/api/v1/people/value", { query });
export const listStage = (
  stage: string,
  query: { as_of: string | undefined; before: string | undefined; from: string | undefined; after: string },
) => send<StageMembers>("GET", "/api/v1/people/lifecycle/{stage}", { params: { stage }, query });
export const listValueTenth = (decile: number, query: { as_of: string | undefined; months: number; after: string }) =>
  send<ValueTenth>("GET", "/api/v1/people/value/{decile}", { params: { decile: String(decile) }, query });

export const listSegments = () => send<{ segments: SegmentDetail[] }>("GET", "/api/v1/segments");
export const readSegment = (id: string) => send<SegmentDetail>("GET", "/api/v1/segments/{id}", { params: { id } });
export interface SegmentForm {
  name: string;
  description: string;
  rule: Rule;
  announce_existing: boolean;
}
export const createSegment = (body: SegmentForm) => send<SegmentDetail>("POST", "/api/v1/segments", { body });
export const changeSegment = (id: string, body: SegmentForm) =>
  send<SegmentDetail>("PUT", "/api/v1/segments/{id}", { params: { id }, body });
export const deleteSegment = (id: string) => send<void>("DELETE", "/api/v1/segments/{id}", { params: { id } });
export const checkRule = (body: { id: string | undefined; rule?: Rule; text?: string }, signal: AbortSignal) =>
  send<CheckedRule>("POST", "/api/v1/segments/check", { body, signal });
export const previewRule = (rule: Rule, signal: AbortSignal) =>
  send<RulePreview>("POST", "/api/v1/segments/preview", { body: { rule, sample: 6 }, signal });
export const listMembers = (id: string, after: string) =>
  send<SegmentMembers>("GET", "/api/v1/segments/{id}/members", { params: { id }, query: { limit: 50, after } });
export const exportSegment = (id: string) =>
  request("GET", "/api/v1/segments/{id}/export", { params: { id }, accept: "text/csv" }).then((answer) =>
    answer.blob(),
  );
export const readHistory = (id: string, query: { per?: "hour" | "day"; from?: string; to?: string }) =>
  send<SegmentHistory>("GET", "/api/v1/segments/{id}/history", { params: { id }, query });
export const listVersions = (id: string) =>
  send<{ versions: SegmentVersion[] }>("GET", "/api/v1/segments/{id}/versions", { params: { id } });
export const explainMembership = (id: string, shopper_id: string) =>
  send<MembershipReason>("GET", "/api/v1/segments/{id}/explain/{shopper_id}", { params: { id, shopper_id } });
export const compareSegments = (ids: string[]) =>
  send<SegmentOverlap>("GET", "/api/v1/segments/overlap", { query: { ids: ids.join(",") } });
export const listTemplates = () => send<{ templates: SegmentTemplate[] }>("GET", "/api/v1/segments/templates");
export const adoptTemplate = (id: string) =>
  send<SegmentDetail>("POST", "/api/v1/segments/templates/{id}", { params: { id } });
export const listLists = () => send<{ lists: ListDetail[] }>("GET", "/api/v1/segments/lists");
export const uploadList = (id: string, name: string, csv: string) =>
  send<ListUploaded>("PUT", "/api/v1/segments/lists/{id}", {
    params: { id },
    query: { name },
    upload: { type: "text/csv", text: csv },
  });
export const deleteList = (id: string) => send<void>("DELETE", "/api/v1/segments/lists/{id}", { params: { id } });

export const listTags = () => send<TagList>("GET", "/api/v1/tags");
export const readTag = (tag: string) => send<TagDetail>("GET", "/api/v1/tags/{tag}", { params: { tag } });
export const readSpread = (tag: string) =>
  send<TagSpread>("GET", "/api/v1/tags/{tag}/distribution", { params: { tag } });
export const previewTag = (definition: TagDefinition, signal: AbortSignal) =>
  send<TagPreview>("POST", "/api/v1/tags/preview", { body: { definition }, signal });
export const putTag = (tag: string, body: TagForm) =>
  send<TagDetail>("PUT", "/api/v1/tags/{tag}", { params: { tag }, body });
export const deleteTag = (tag: string) => send<void>("DELETE", "/api/v1/tags/{tag}", { params: { tag } });
export const restoreTag = (tag: string) => send<TagDetail>("POST", "/api/v1/tags/{tag}/restore", { params: { tag } });
export const putBehaviours = (behaviours: TagBehaviours, based_on: number) =>
  send<void>("PUT", "/api/v1/tags/behaviours", { body: { behaviours, based_on } });

export interface NeedsQuestion {
  from: string;
  to: string;
}
export const listNeeds = (query: NeedsQuestion & { kind: string | undefined }) =>
  send<NeedList>("GET", "/api/v1/needs", { query: { ...query, limit: 100 } });
export const listNeedShoppers = (kind: string, query: NeedsQuestion & { subject: string; after: string }) =>
  send<NeedShoppers>("GET", "/api/v1/needs/{kind}/shoppers", { params: { kind }, query: { ...query, limit: 50 } });

export const readChurn = (query: {
  as_of: string | undefined;
  horizon_days: number | undefined;
  most_risk: number | undefined;
  after?: string;
}) => send<ChurnReport>("GET", "/api/v1/people/churn", { query: { ...query, limit: 50 } });
export interface ClustersQuestion {
  clusters: number | undefined;
  seed: number;
}
export const readClusters = (query: ClustersQuestion) =>
  send<ClusterReport>("GET", "/api/v1/people/clusters", { query: { ...query } });
export const listClusterMembers = (cluster: number, query: ClustersQuestion & { after: string; limit?: number }) =>
  send<ClusterMembers>("GET", "/api/v1/people/clusters/{cluster}/members", {
    params: { cluster: String(cluster) },
    query: { limit: 50, ...query },
  });
export const findLookAlikes = (segment: string, limit: number) =>
  send<LookAlikesFound>("POST", "/api/v1/people/look-alikes", { body: { segment, limit } });
export const readPersonValue = (shopper_id: string) =>
  send<PersonValue>("GET", "/api/v1/people/{shopper_id}/value", { params: keyed(shopper_id) });
export const readPersonChurn = (shopper_id: string) =>
  send<PersonChurn>("GET", "/api/v1/people/{shopper_id}/churn", { params: keyed(shopper_id) });
