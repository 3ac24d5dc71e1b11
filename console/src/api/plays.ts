/** What the console asks about plays: what they promise, and what shoppers did with them. */
import type { Filter } from "../segments/rule";
import { send } from "./client";
import type { components } from "./generated/schema";

type Schemas = components["schemas"];

/** Parts of rules may be left out; the program fills them in. */
type Given<Whole, Needed extends keyof Whole> = Partial<Omit<Whole, Needed>> & Pick<Whole, Needed>;
export type GroupBuy = Given<Schemas["GroupBuy"], "sizes" | "hours" | "product_id">;
export type Bargain = Given<Schemas["Bargain"], "product_id" | "start_minor" | "floor_minor" | "helps" | "hours">;
export type Lottery = Given<Schemas["Lottery"], "prizes" | "currency">;
export type Prize = Schemas["Prize"];
export type CheckIn = Given<Schemas["CheckIn"], "points">;
export type Referral = Given<Schemas["Referral"], "levels" | "binding" | "frozen_days" | "channels">;
export type StockedGift = Schemas["StockedGift"];
export type Gift = Schemas["Gift"];
export type TaskStep = Given<Omit<Schemas["TaskStep"], "where">, "step_id" | "name" | "event"> & { where?: Filter[] };
export type Tasks = Partial<Omit<Schemas["Tasks"], "steps">> & { steps: TaskStep[] };
export type TaskRunView = Schemas["TaskRunView"];
export type Assist = Given<Schemas["Assist"], "rungs" | "currency" | "hours">;
export type Rung = Given<Schemas["Rung"], "friends" | "gives">;
export type Vote = Given<
  Omit<Schemas["Vote"], "candidates" | "entries"> & {
    candidates: Given<Schemas["Candidate"], "entry_id" | "title">[];
    entries: Given<Schemas["Entries"], "per_shopper"> | null;
  },
  never
>;
export type Question = Given<Schemas["Question"], "question_id" | "text" | "options" | "right">;
export type Quiz = Given<Omit<Schemas["Quiz"], "questions"> & { questions: Question[] }, "questions" | "seconds">;
export type QuizAttempt = Schemas["QuizAttempt"];
export type RankPrize = Given<Schemas["RankPrize"], "up_to" | "gives">;
export type Contest = Given<Omit<Schemas["Contest"], "prizes"> & { prizes: RankPrize[] }, "measure" | "currency">;
export type ContestView = Omit<Schemas["ContestView"], "rules"> & { rules: Contest };
export type ContestState = Schemas["ContestState"];
export type RankedEntrant = Schemas["RankedEntrant"];
export type VoteEntry = Schemas["EntryView"];
export type GroupRules = { kind: "group_buy" } & GroupBuy;
export type ReferralRules = { kind: "referral" } & Referral;
export type Rules =
  | GroupRules
  | ({ kind: "bargain" } & Bargain)
  | ({ kind: "lottery" } & Lottery)
  | ({ kind: "check_in" } & CheckIn)
  | ({ kind: "vote" } & Vote)
  | ({ kind: "quiz" } & Quiz)
  | ({ kind: "contest" } & Contest)
  | ReferralRules
  | ({ kind: "assist" } & Assist)
  | ({ kind: "tasks" } & Tasks);
export type PlayTerms = Omit<Schemas["PlayTerms"], "rules"> & { rules: Rules };
/** A play that is a group buy. */
export type GroupPlay = Omit<PlayTerms, "rules"> & { rules: GroupRules };
export type PlayView = Omit<Schemas["PlayView"], "terms"> & { terms: PlayTerms };
export type GroupView = Schemas["GroupView"];
export type GroupState = Schemas["GroupState"];
export type BargainView = Schemas["BargainView"];
export type BargainState = Schemas["BargainState"];
export type AssistView = Schemas["AssistView"];
export type AssistState = Schemas["AssistState"];
export type LotteryView = Schemas["LotteryView"];
export type DrawView = Schemas["DrawView"];
export type CheckedIn = Schemas["CheckedIn"];
type Gate = Schemas["GateResult"];

export const listPlays = (query: { limit: number; after?: string | undefined }) =>
  send<{ plays: PlayView[]; next?: string | null }>("GET", "/api/v1/plays", { query });
export const readPlay = (play_id: string) => send<PlayView>("GET", "/api/v1/plays/{play_id}", { params: { play_id } });
export const putPlay = (play_id: string, body: PlayTerms) =>
  send<PlayView>("PUT", "/api/v1/plays/{play_id}", { params: { play_id }, body });
export const checkPlay = (play_id: string) =>
  send<{ version: number; passes: boolean; gates: Gate[] }>("GET", "/api/v1/plays/{play_id}/gates", {
    params: { play_id },
  });
export const publishPlay = (play_id: string) =>
  send<{ play: PlayView; gates: Gate[] }>("POST", "/api/v1/plays/{play_id}/publish", { params: { play_id } });
export const withdrawPlay = (play_id: string) =>
  send<PlayView>("POST", "/api/v1/plays/{play_id}/withdraw", { params: { play_id } });
export const signPlayOff = (play_id: string, statement: string) =>
  send<Schemas["SignOff"]>("POST", "/api/v1/plays/{play_id}/sign-off", { params: { play_id }, body: { statement } });
export const listSharingChannels = () => send<Schemas["SharingChannels"]>("GET", "/api/v1/sharing-channels");

type RunQuery = {
  play_id: string | null;
  in_flight: "true" | "false";
  limit: number;
  before?: string | undefined;
};
export const listGroups = (query: RunQuery) =>
  send<{ groups: GroupView[]; next?: string | null }>("GET", "/api/v1/groups", { query });
export const listBargains = (query: RunQuery) =>
  send<{ bargains: BargainView[]; next?: string | null }>("GET", "/api/v1/bargains", { query });
export const listAssists = (query: RunQuery) =>
  send<{ assists: AssistView[]; next?: string | null }>("GET", "/api/v1/assists", { query });
export const readAssist = (assist_id: string) =>
  send<Schemas["AssistDetail"]>("GET", "/api/v1/assists/{assist_id}", { params: { assist_id } });
export const listLotteries = (query: RunQuery) =>
  send<{ lotteries: LotteryView[]; next?: string | null }>("GET", "/api/v1/lotteries", { query });
export const listDraws = (query: { lottery_id: string; limit: number; before?: string | undefined }) =>
  send<{ draws: DrawView[]; next?: string | null }>("GET", "/api/v1/draws", { query });
export const listTasks = (play_id: string, query: { limit: number; before?: string | undefined }) =>
  send<{ runs: TaskRunView[]; next?: string | null }>("GET", "/api/v1/plays/{play_id}/tasks", {
    params: { play_id },
    query,
  });
export const listCheckIns = (play_id: string, query: { limit: number; before?: string | undefined }) =>
  send<{ check_ins: CheckedIn[]; next?: string | null }>("GET", "/api/v1/plays/{play_id}/check-ins", {
    params: { play_id },
    query,
  });
export const showVotes = (play_id: string) =>
  send<Schemas["VoteStandings"]>("GET", "/api/v1/plays/{play_id}/votes", { params: { play_id } });
export const listVoteEntries = (play_id: string, query: { limit: number; before?: string | undefined }) =>
  send<{ entries: VoteEntry[]; next?: string | null }>("GET", "/api/v1/plays/{play_id}/vote-entries", {
    params: { play_id },
    query,
  });
export const decideVoteEntry = (entry_id: string, show: boolean) =>
  send<VoteEntry>("POST", "/api/v1/vote-entries/{entry_id}/decide", { params: { entry_id }, body: { show } });
export const showQuiz = (play_id: string) =>
  send<Schemas["QuizResults"]>("GET", "/api/v1/plays/{play_id}/quiz", { params: { play_id } });
export const listQuizAttempts = (play_id: string, query: { limit: number; before?: string | undefined }) =>
  send<{ attempts: QuizAttempt[]; next?: string | null }>("GET", "/api/v1/plays/{play_id}/quiz-attempts", {
    params: { play_id },
    query,
  });
export const listContests = (query: RunQuery) =>
  send<{ contests: ContestView[]; next?: string | null }>("GET", "/api/v1/contests", { query });
export const showContestStandings = (contest_id: string, query: { limit: number; after?: number | undefined }) =>
  send<Schemas["Standings"]>("GET", "/api/v1/contests/{contest_id}/standings", { params: { contest_id }, query });
export const showContestEntrant = (contest_id: string, shopper_id: string) =>
  send<Schemas["EntrantView"]>("GET", "/api/v1/contests/{contest_id}/entrants/{shopper_id}", {
    params: { contest_id, shopper_id },
  });
export const excludeFromContest = (contest_id: string, shopper_id: string, reason: string) =>
  send<Schemas["EntrantView"]>("POST", "/api/v1/contests/{contest_id}/exclude", {
    params: { contest_id },
    body: { shopper_id, reason },
  });
export const readmitToContest = (contest_id: string, shopper_id: string) =>
  send<Schemas["EntrantView"]>("POST", "/api/v1/contests/{contest_id}/readmit", {
    params: { contest_id },
    body: { shopper_id },
  });
