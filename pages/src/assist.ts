/** Invitations: the page by which one is opened, and the page of one, which is what is shared. */
import { ask, command, isSignedIn, leave, signIn } from "./ask";
import { button, el, line, show, tell } from "./draw";
import { countdown, money, setClock } from "./figures";
import { sharing } from "./share";
import { say, told } from "./told";

interface Rung {
  friends: number;
  points: number | null;
  coupon: string | null;
  given: boolean;
}

type By = { by: "paid_order"; least_minor: number; hold_days: number } | { by: "activity"; activity: string };

interface Assist {
  assist_id: string;
  play_id: string;
  name: string;
  state: "open" | "settling" | "completed" | "failed";
  accepted: number;
  activated: number;
  rungs: Rung[];
  activated_by: By;
  currency: string;
  newcomers: boolean;
  closes_at: string;
  yours: boolean;
  you: "accepted" | "due" | "counts" | null;
  now: string;
}

interface Play {
  play_id: string;
  name: string;
  rules: { rungs: Rung[]; activated_by: By; currency: string; newcomers: boolean; hours: number };
  now: string;
}

const LOOK_MS = 4_000;
const pageOf = (assist: string): string => `${location.origin}/p/assist/${assist}`;
const rule = (text: string) => el("p", { className: "rule" }, text);

const gift = (rung: Rung): string =>
  rung.points === null ? (rung.coupon ?? "") : say(`${rung.points} points`, `${rung.points} 积分`);

/** What is promised, and what of it was given. */
function ladder(rungs: Rung[]): HTMLElement {
  const steps = rungs.map((rung) =>
    el(
      "li",
      {},
      el("span", {}, say(`${rung.friends} ${rung.friends === 1 ? "friend" : "friends"}`, `${rung.friends} 位好友`)),
      el("span", {}, rung.given ? `✓ ${gift(rung)}` : gift(rung)),
    ),
  );
  return el("ul", { className: "sums" }, ...steps);
}

function progress(assist: Assist): HTMLElement {
  const top = assist.rungs[assist.rungs.length - 1]?.friends ?? 1;
  const bar = el("progress", { max: top, value: Math.min(top, assist.activated) });
  bar.setAttribute("aria-label", say("Friends who count", "已计入的好友"));
  return el("div", {}, bar, ladder(assist.rungs));
}

/** By what a friend counts, said to whoever invites or accepts. */
function asks(by: By, currency: string, newcomers: boolean): string {
  const who = newcomers ? say("Only who never ordered before. ", "仅限从未下单的好友。") : "";
  if (by.by === "activity") return who + say(`A friend counts by: ${by.activity}`, `好友计入条件：${by.activity}`);
  const least = money(by.least_minor, currency);
  const stands = by.hold_days > 0;
  return (
    who +
    say(
      `A friend counts by a paid order of ${least} or more${stands ? ` that stands for ${by.hold_days} days` : ""}.`,
      `好友支付满 ${least} 的订单${stands ? `且 ${by.hold_days} 天内未退` : ""}，即计入。`,
    )
  );
}

async function accept(assist: Assist): Promise<void> {
  if (!isSignedIn()) return signIn();
  const accepted = await command<Assist>("/v1/assists/accept", { assist_id: assist.assist_id });
  tell(say("You accepted the invitation.", "你已接受邀请。"));
  draw(accepted);
}

const toShop = () => {
  const { shopUrl } = told;
  return shopUrl !== null && button(say("Go to the shop", "去逛逛"), () => leave(shopUrl));
};

function standing(assist: Assist): (Node | false | null)[] {
  const { state, you, yours } = assist;
  const own = () => leave(`${location.origin}/p/play/${assist.play_id}`);
  const another = button(say("Invite friends of your own", "我也要邀请"), own, "plain");
  const count = line(
    say(
      `${assist.activated} count, ${assist.accepted} accepted`,
      `已计入 ${assist.activated} 人，已接受 ${assist.accepted} 人`,
    ),
  );
  if (state === "completed" || state === "failed")
    return [count, line(say("This invitation is over.", "邀请已结束。")), yours ? null : another];
  if (state === "settling")
    return [
      count,
      line(say("It is closed; orders of friends may still count.", "邀请已截止，好友的订单仍待计入。")),
      yours ? null : another,
    ];
  const closing = el(
    "p",
    { className: "closing" },
    `${say("Ends in", "距结束")} `,
    el("time", {}, countdown(assist.closes_at, look)),
  );
  if (yours) {
    const first = assist.rungs.find((rung) => !rung.given);
    const shared = {
      title: assist.name,
      price: first ? gift(first) : "",
      image: null,
      what: { assist_id: assist.assist_id, play_id: assist.play_id },
    };
    return [count, closing, sharing(shared)];
  }
  if (you === "counts") return [line(say("You count. Thank you!", "你已计入，感谢支持！")), another];
  if (you === "due")
    return [
      line(say("Your order counts when it can come back no more.", "你的订单将在退货期满后计入。")),
      closing,
      another,
    ];
  if (you === "accepted") return [line(say("You accepted.", "你已接受邀请。")), closing, toShop()];
  return [closing, button(say("Accept the invitation", "接受邀请"), () => accept(assist))];
}

function draw(assist: Assist): void {
  setClock(assist.now);
  const whose = !isSignedIn() && told.signInUrl && button(say("Sign in", "登录"), signIn, "plain");
  show(
    el("h1", {}, assist.name),
    el("section", { className: "card" }, progress(assist), ...standing(assist)),
    whose,
    rule(asks(assist.activated_by, assist.currency, assist.newcomers)),
  );
}

let drawn = "";

async function look(): Promise<void> {
  const assist = await ask<Assist>(`/v1/assists/${encodeURIComponent(told.id)}`);
  const { now, ...rest } = assist;
  const looks = JSON.stringify(rest);
  setClock(now);
  if (looks !== drawn) draw(assist);
  drawn = looks;
}

async function follow(): Promise<void> {
  await look();
  setInterval(() => {
    if (!document.hidden) look().catch(() => undefined);
  }, LOOK_MS);
}

async function open(play: Play): Promise<void> {
  if (!isSignedIn()) return signIn();
  const assist = await command<Assist>("/v1/assists/open", { play_id: play.play_id });
  location.href = pageOf(assist.assist_id);
}

function drawPlay(play: Play): void {
  const { rungs, activated_by, currency, newcomers, hours } = play.rules;
  show(
    el("h1", {}, play.name),
    el(
      "section",
      { className: "card" },
      ladder(rungs),
      button(say("Invite friends", "邀请好友"), () => open(play)),
    ),
    rule(asks(activated_by, currency, newcomers)),
    rule(say(`It is open for ${hours} hours.`, `发起后 ${hours} 小时内有效。`)),
  );
}

const begun = told.page === "assist" ? follow() : ask<Play>(`/v1/plays/${encodeURIComponent(told.id)}`).then(drawPlay);
begun.catch((error: Error) => show(el("section", { className: "card" }, line(error.message))));
