/** Every call the console makes, one function each. */
import { request, send } from "./client";
import type {
  Account,
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
  LiveEvent,
  Overview,
  PeopleList,
  PersonDetail,
  QuarantineItem,
  Role,
  ServerKey,
  Session,
  Shop,
  Source,
  SourceList,
  SqlAnswer,
  SqlSchema,
  Timeline,
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
export const createKey = (body: { name: string; role: Role }) =>
  send<{ key: ServerKey; secret: string }>("POST", "/api/v1/keys", { body });
export const deleteKey = (id: string) => send<void>("DELETE", "/api/v1/keys/{id}", { params: { id } });

export const readShop = () => send<Shop>("GET", "/api/v1/shop");

export const listSources = () => send<SourceList>("GET", "/api/v1/sources");
export const createSource = (name: string) => send<Source>("POST", "/api/v1/sources", { body: { name } });
export const changeSource = (id: string, body: { name?: string; enabled?: boolean }) =>
  send<Source>("PATCH", "/api/v1/sources/{id}", { params: { id }, body });
export const rotateSource = (id: string) => send<Source>("POST", "/api/v1/sources/{id}/rotate", { params: { id } });

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

export const runSql = (query: string, maxRows: number, signal?: AbortSignal) =>
  send<SqlAnswer>("POST", "/api/v1/sql", { body: { query, max_rows: maxRows }, ...(signal ? { signal } : {}) });
export const sqlCsv = (query: string) =>
  request("POST", "/api/v1/sql", { body: { query }, accept: "text/csv" }).then((response) => response.blob());
export const sqlSchema = () => send<SqlSchema>("GET", "/api/v1/sql/schema");

export const listPeople = (query: { search?: string; limit?: number }, signal?: AbortSignal) =>
  send<PeopleList>("GET", "/api/v1/people", { query, ...(signal ? { signal } : {}) });
export const readPerson = (shopper_id: string) =>
  send<PersonDetail>("GET", "/api/v1/people/{shopper_id}", { params: { shopper_id } });
export const readTimeline = (shopper_id: string, query: { before?: string; limit?: number }) =>
  send<Timeline>("GET", "/api/v1/people/{shopper_id}/timeline", { params: { shopper_id }, query });

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
