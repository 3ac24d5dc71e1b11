/** A contest: what is counted, the first places, one's own, and what places get. */
import { ask, command, isSignedIn, signIn } from "./ask";
import { button, el, line, show, tell } from "./draw";
import { countdown, day, money, setClock } from "./figures";
import { sharing } from "./share";
import { say, told } from "./told";

interface Place {
  place: number;
  number: number;
  name: string | null;
  score: number;
}

interface Mine {
  number: number;
  state: "in" | "left" | "excluded" | "double" | "erased";
  score: number;
  place: number | null;
  ahead: { place: number; name: string | null; score: number; missing: number } | null;
  wins: boolean;
}

interface Contest {
  play_id: string;
  name: string;
  state: "upcoming" | "open" | "settling" | "settled";
  measure: { by: "spent" | "sales" | "friends" | "votes" };
  currency: string;
  least: number;
  prizes: { from: number; up_to: number; points: number | null; coupon: string | null }[];
  starts_at: string;
  ends_at: string;
  settles_at: string;
  digest: string | null;
  entrants: number;
  board: Place[];
  mine: Mine | null;
  now: string;
}

interface Final {
  standings: Place[];
  next: number | null;
}

const LOOK_MS = 5_000;
const rule = (text: string) => el("p", { className: "rule" }, text);

const counted = {
  spent: say("Counted: what you pay for goods, less what you send back.", "统计口径：实付商品金额，退货扣除。"),
  sales: say(
    "Counted: what friends pay for goods through your share links, less what they send back.",
    "统计口径：好友通过你的分享实付的商品金额，退货扣除。",
  ),
  friends: say("Counted: friends you invited who bought and kept it.", "统计口径：你邀请且有效下单的好友数。"),
  votes: say("Counted: votes for what you put up.", "统计口径：你的作品获得的票数。"),
};

/** A score as people read it. */
function figure(one: Contest, score: number): string {
  switch (one.measure.by) {
    case "spent":
    case "sales":
      return money(score, one.currency);
    case "friends":
      return say(`${score} ${score === 1 ? "friend" : "friends"}`, `${score} 位好友`);
    case "votes":
      return say(`${score} ${score === 1 ? "vote" : "votes"}`, `${score} 票`);
  }
}

const nobody = say("gone", "已注销");

/** Places, one's own marked. */
function board(one: Contest, places: Place[]): HTMLElement {
  const rows = places.map((each) =>
    el(
      "li",
      { className: each.number === one.mine?.number ? "mine" : "" },
      el("span", {}, `${each.place}. ${each.name ?? nobody}`),
      el("span", {}, figure(one, each.score)),
    ),
  );
  return el("ol", { className: "board" }, ...rows);
}

/** The places behind those that are shown, of final standings. */
function others(one: Contest): HTMLElement | false {
  if (one.state !== "settled" || one.board.length === 0) return false;
  let after = one.board.length;
  const list = el("div");
  const more = button(
    say("More places", "更多名次"),
    async () => {
      const path = `/v1/contests/${encodeURIComponent(one.play_id)}/standings?after=${after}&limit=100`;
      const found = await ask<Final>(path);
      if (found.standings.length) list.append(board(one, found.standings));
      after += found.standings.length;
      if (found.next === null) more.remove();
    },
    "plain",
  );
  return el("div", {}, list, more);
}

function own(one: Contest): HTMLElement | false {
  const { mine, state } = one;
  const over = state === "settling" || state === "settled";
  const act = (verb: "join" | "leave") => async () => {
    if (!isSignedIn()) return signIn();
    draw(await command<Contest>(`/v1/contests/${verb}`, { play_id: one.play_id }));
    tell(verb === "join" ? say("You take part.", "已参与。") : say("You are on no board any more.", "已退出榜单。"));
  };
  if (!mine || mine.state === "left") {
    if (over) return false;
    const masked = say(
      "Whoever takes part is shown with a masked name. What you did since it began counts.",
      "参与后以脱敏名称展示在榜单上；活动开始以来的记录均计入。",
    );
    return el(
      "section",
      { className: "card" },
      button(mine ? say("Take part again", "重新参与") : say("Take part", "我要参与"), act("join")),
      rule(masked),
    );
  }
  if (mine.state === "excluded")
    return el("section", { className: "card" }, line(say("The shop has excluded you.", "店铺已取消你的参与资格。")));
  const place =
    mine.place === null ? say("Not ranked yet", "暂未上榜") : say(`Place ${mine.place}`, `第 ${mine.place} 名`);
  const { ahead } = mine;
  const least =
    mine.place === null && say(`Ranked from ${figure(one, one.least)} on.`, `${figure(one, one.least)} 起上榜。`);
  const toGo =
    ahead &&
    !over &&
    say(
      `${figure(one, ahead.missing)} more and you overtake place ${ahead.place}.`,
      `再得 ${figure(one, ahead.missing)} 即可超过第 ${ahead.place} 名。`,
    );
  return el(
    "section",
    { className: "card" },
    el("h2", {}, say("You", "我")),
    el("p", { className: "big" }, `${place} · ${figure(one, mine.score)}`),
    !over && least && el("p", { className: "closing" }, least),
    toGo && el("p", { className: "closing" }, toGo),
    mine.wins &&
      el(
        "p",
        { className: "closing" },
        state === "settled"
          ? say("Your prize is yours.", "奖品已发放。")
          : say("This place has a prize.", "该名次有奖。"),
      ),
    !over && button(say("Leave the board", "退出榜单"), act("leave"), "plain"),
  );
}

function prizes(one: Contest): HTMLElement | false {
  if (one.prizes.length === 0) return false;
  const rows = one.prizes.map((prize) => {
    const places = prize.from === prize.up_to ? `${prize.from}` : `${prize.from}–${prize.up_to}`;
    const gets = prize.points === null ? (prize.coupon ?? "") : say(`${prize.points} points`, `${prize.points} 积分`);
    return el("li", {}, el("span", {}, say(`Place ${places}`, `第 ${places} 名`)), el("span", {}, gets));
  });
  return el(
    "section",
    { className: "card" },
    el("h2", {}, say("Prizes", "奖品")),
    el("ul", { className: "board" }, ...rows),
  );
}

/** What stands above the board. */
function when(one: Contest): HTMLElement {
  switch (one.state) {
    case "upcoming":
      return line(
        say("begins in ", "距开始 "),
        countdown(one.starts_at, () => void look()),
      );
    case "open":
      return line(
        say("ends in ", "距结束 "),
        countdown(one.ends_at, () => void look()),
      );
    case "settling": {
      const final = day(one.settles_at);
      return line(
        say(
          `It is over. Places are final on ${final}, when goods come back no more.`,
          `活动已结束，退货期满后于 ${final} 确定最终名次。`,
        ),
      );
    }
    case "settled":
      return line(say("Places are final.", "名次已最终确定。"));
  }
}

let timer: ReturnType<typeof setTimeout> | undefined;

function draw(one: Contest): void {
  setClock(one.now);
  clearTimeout(timer);
  const running = one.state === "upcoming" || one.state === "open";
  show(
    el("h1", {}, one.name),
    el(
      "section",
      { className: "card" },
      when(one),
      one.board.length > 0 ? board(one, one.board) : line(say("Nobody is ranked yet.", "还没有人上榜。")),
      others(one),
      el(
        "p",
        { className: "closing" },
        say(`${one.entrants} ${one.entrants === 1 ? "takes" : "take"} part`, `${one.entrants} 人参与`),
      ),
    ),
    own(one),
    prizes(one),
    running &&
      el(
        "section",
        { className: "card" },
        sharing({
          title: one.name,
          price: say("See who leads", "看看谁领先"),
          image: null,
          what: { play_id: one.play_id },
        }),
      ),
    rule(counted[one.measure.by]),
    rule(
      say(
        "Of as high scores, who reached it first comes first; then who joined first.",
        "成绩相同者，先达到的排在前面；再相同则先参与的在前。",
      ),
    ),
    one.digest !== null && rule(`${say("Proof of the final standings: ", "最终榜单校验值：")}${one.digest}`),
  );
  // Scores are counted a moment after they were made.
  if (running) timer = setTimeout(() => void look().catch(() => {}), LOOK_MS);
}

async function look(): Promise<void> {
  draw(await ask<Contest>(`/v1/contests/${encodeURIComponent(told.id)}`));
}

look().catch((error: Error) => show(el("section", { className: "card" }, line(error.message))));
