/** What plays are in words, and the templates new ones begin with. */
import type { PlayTerms, PlayView, Prize, Question, Rules, TaskStep } from "../api/plays";
import type { Translate } from "../i18n/i18n";
import { percentOf } from "../offers/terms";
import type { Place } from "../people/usePlace";

export const playPath = (id: string) => `/plays/${encodeURIComponent(id)}`;

/** Where a play stands: as an offer would. */
export function stateOf(play: PlayView): { state: "draft" | "live" | "changed"; tone: string } {
  if (play.published_version == null) return { state: "draft", tone: "" };
  if (play.published_version === play.version) return { state: "live", tone: "status-live" };
  return { state: "changed", tone: "status-busy" };
}

/** What it promises in short: `2 × ¥15.00, 3 × ¥12.00`, prizes, or the commission of each level. */
export function rulesText({ rules }: PlayTerms, place: Place, t: Translate): string {
  const price = (minor: number) => place.format.money(minor, place.currency ?? "CNY");
  switch (rules.kind) {
    case "group_buy":
      return rules.sizes.map((one) => `${place.format.count(one.size)} × ${price(one.unit_minor)}`).join(", ");
    case "bargain":
      return `${price(rules.start_minor)} → ${price(rules.floor_minor)}`;
    case "lottery":
      return rules.prizes.map((prize) => prize.name || prize.prize_id).join(", ");
    case "check_in":
      return t("plays.pointsEach", { points: place.format.count(rules.points) });
    case "tasks":
      return rules.steps.map((step) => step.name || step.step_id).join(", ");
    case "assist":
      return t("assists.rungs", { friends: rules.rungs.map((rung) => place.format.count(rung.friends)).join(", ") });
    case "vote": {
      const [perDay, candidates] = [rules.per_day ?? 1, rules.candidates?.length ?? 0];
      if (candidates === 0) return t("votes.open", { perDay: place.format.count(perDay) });
      return t("votes.short", { perDay: place.format.count(perDay), candidates: place.format.count(candidates) });
    }
    case "quiz": {
      const [questions, seconds] = [rules.ask ?? rules.questions.length, rules.seconds];
      return t("quizzes.short", { questions: place.format.count(questions), seconds: place.format.count(seconds) });
    }
    case "contest": {
      const [by, places] = [t(`contests.by.${rules.measure.by}`), rules.prizes?.at(-1)?.up_to ?? 0];
      if (places === 0) return t("contests.plain", { by });
      return t("contests.short", { by, places: place.format.count(places) });
    }
    case "referral":
      return t("plays.rates", { rates: rules.levels.map((level) => `${percentOf(level.basis_points)}%`).join(" + ") });
  }
}

/** The product it is about, if it is about one. */
export function productOf({ rules }: PlayTerms): string {
  return rules.kind === "group_buy" || rules.kind === "bargain" ? rules.product_id : "";
}

export type Kind = Rules["kind"];

/** Every kind, the most asked for first. */
export const kinds: Kind[] = [
  "group_buy",
  "bargain",
  "assist",
  "lottery",
  "check_in",
  "tasks",
  "vote",
  "quiz",
  "contest",
  "referral",
];

/** Plays that have to end. */
export const ending: Kind[] = ["lottery", "tasks", "vote", "contest"];

/** What a new play of a kind begins with. */
export function template(kind: Kind, name: string): PlayTerms {
  return { name, ...(ending.includes(kind) ? { ends_at: inAWeek() } : {}), rules: rulesOf(kind) };
}

function inAWeek(): string {
  const end = new Date();
  end.setDate(end.getDate() + 7);
  end.setHours(23, 59, 0, 0);
  return end.toISOString();
}

function rulesOf(kind: Kind): Rules {
  switch (kind) {
    // A group of two for a day, a quarter of an hour to pay, a seat for each shopper.
    case "group_buy":
      return {
        kind,
        product_id: "",
        hours: 24,
        sizes: [{ size: 2, unit_minor: 0 }],
        pay_within_s: 900,
        most_units: 1,
        per_shopper: 1,
      };
    // Ten friends, three helps each a day, one bargain for each shopper.
    case "bargain":
      return {
        kind,
        product_id: "",
        start_minor: 10_000,
        floor_minor: 5_000,
        helps: 10,
        least_cut_minor: 100,
        hours: 24,
        helps_per_day: 3,
        per_shopper: 1,
      };
    // Points for the first friend whose order stands for a week, more for three.
    case "assist":
      return {
        kind,
        currency: "CNY",
        hours: 72,
        activated_by: { by: "paid_order", least_minor: 1, hold_days: 7 },
        newcomers: true,
        per_shopper: 1,
        rungs: [
          { friends: 1, gives: { kind: "points", points: 50 }, value_minor: 500 },
          { friends: 3, gives: { kind: "points", points: 200 }, value_minor: 2_000 },
        ],
        channels: ["link"],
      };
    // One free draw a day, a tenth wins ten points.
    case "lottery":
      return { kind, currency: "CNY", prizes: [freshPrize(1)], daily_free: 1 };
    // Five points a day, more on the third and the seventh.
    case "check_in":
      return {
        kind,
        points: 5,
        cycle_days: 7,
        ladder: [
          { day: 3, points: 10 },
          { day: 7, points: 30 },
        ],
      };
    // A review, for ten points.
    case "tasks":
      return { kind, steps: [freshStep(1)] };
    // A vote a day for one of two.
    case "vote":
      return {
        kind,
        per_day: 1,
        candidates: [
          { entry_id: "c1", title: "" },
          { entry_id: "c2", title: "" },
        ],
      };
    // A question, and ten points for whoever knows.
    case "quiz":
      return {
        kind,
        questions: [freshQuestion(1)],
        seconds: 60,
        rewards: [{ correct: 1, reward: { stock: 1_000, gives: { kind: "points", points: 10 } } }],
      };
    // Points for the three who spend most.
    case "contest":
      return {
        kind,
        measure: { by: "spent" },
        currency: "CNY",
        least: 1,
        hold_days: 7,
        shown: 20,
        prizes: [
          { up_to: 1, gives: { kind: "points", points: 1_000 }, value_minor: 10_000 },
          { up_to: 3, gives: { kind: "points", points: 300 }, value_minor: 3_000 },
        ],
      };
    // A tenth for whoever brought the buyer last, frozen for a fortnight.
    case "referral":
      return {
        kind,
        levels: [{ basis_points: 1_000 }],
        binding: { rule: "last" },
        frozen_days: 14,
        channels: ["link"],
      };
  }
}

/** A step that gives ten points. */
export function freshStep(number: number): TaskStep {
  const reward = { stock: 1_000, gives: { kind: "points" as const, points: 10 } };
  return { step_id: `step_${number}`, name: "", event: "Review Submitted", count: 1, reward };
}

/** A question with two answers, the first of which is right. */
export function freshQuestion(number: number): Question {
  return { question_id: `q${number}`, text: "", options: ["", ""], right: [1] };
}

/** A prize of ten points, one draw in ten. */
export function freshPrize(number: number): Prize {
  return {
    prize_id: `prize_${number}`,
    name: "",
    odds: 100_000,
    stock: 100,
    value_minor: 0,
    gives: { kind: "points", points: 10 },
  };
}
