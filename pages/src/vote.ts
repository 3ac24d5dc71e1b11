/** A vote, or a topic challenge: what is up, in its place; one's votes of the day; what one puts up oneself. */
import { ask, command, isSignedIn, signIn } from "./ask";
import { button, el, line, show, tell } from "./draw";
import { countdown, setClock } from "./figures";
import { sharing } from "./share";
import { say, told } from "./told";

interface Entry {
  place: number;
  entry_id: string;
  title: string;
  about: string;
  image_url: string | null;
  votes: number;
}

interface Mine {
  left_today: number;
  today: string[];
  entries: { entry_id: string; title: string; state: "waiting" | "shown" | "hidden" }[];
  may_enter: number;
}

interface Vote {
  play_id: string;
  name: string;
  ends_at: string | null;
  per_day: number;
  same: boolean;
  points: number;
  takes_entries: boolean;
  votes: number;
  entries: Entry[];
  mine: Mine | null;
  now: string;
}

async function cast(one: Vote, entry: Entry): Promise<void> {
  if (!isSignedIn()) return signIn();
  draw(await command<Vote>("/v1/votes/cast", { play_id: one.play_id, entry_id: entry.entry_id }));
  tell(say(`Your vote for “${entry.title}” counts.`, `已为“${entry.title}”投票。`));
}

function entryOf(one: Vote, entry: Entry, over: boolean): HTMLElement {
  const { mine } = one;
  const own = mine?.entries.some((each) => each.entry_id === entry.entry_id);
  const done = mine && !one.same && mine.today.includes(entry.entry_id);
  const votes = say(`${entry.votes} ${entry.votes === 1 ? "vote" : "votes"}`, `${entry.votes} 票`);
  const may = !over && !own && !done && (!mine || mine.left_today > 0);
  return el(
    "li",
    { className: "coupon" },
    entry.image_url && el("img", { className: "thumb", src: entry.image_url, alt: "", loading: "lazy" }),
    el(
      "span",
      {},
      el("strong", {}, `${entry.place}. ${entry.title}`),
      entry.about && el("small", {}, entry.about),
      el("small", {}, votes),
    ),
    may && button(say("Vote", "投票"), () => cast(one, entry), "small"),
    (own && el("span", { className: "badge" }, say("yours", "我的"))) ||
      (done && el("span", { className: "badge" }, say("voted", "已投"))),
  );
}

/** A form that puts something up, as long as one may. */
function entering(one: Vote): HTMLElement | false {
  const { mine } = one;
  if (!one.takes_entries || !mine) return false;
  const states = {
    waiting: say("being looked at", "审核中"),
    shown: say("shown", "已展示"),
    hidden: say("not shown", "未展示"),
  };
  const list = mine.entries.map((each) => el("li", {}, el("span", {}, each.title), el("span", {}, states[each.state])));
  const title = el("input", { required: true, maxLength: 60 });
  const about = el("input", { maxLength: 400 });
  const enter = async () => {
    if (!title.value.trim()) throw new Error(say("Give it a title.", "请填写标题。"));
    const form = { play_id: one.play_id, title: title.value.trim(), about: about.value.trim() };
    draw(await command<Vote>("/v1/votes/enter", form));
    tell(say("It is in.", "参赛作品已提交。"));
  };
  const press = button(say("Take part", "提交作品"), enter);
  const form = el(
    "form",
    {},
    el("label", {}, say("Title ", "标题 "), title),
    el("label", {}, say("About it ", "介绍 "), about),
    press,
  );
  form.onsubmit = (event) => {
    event.preventDefault();
    press.click();
  };
  return el(
    "section",
    { className: "card" },
    el("h2", {}, say("Yours", "我的作品")),
    list.length > 0 && el("ul", { className: "sums" }, ...list),
    mine.may_enter > 0 && form,
  );
}

function draw(one: Vote): void {
  setClock(one.now);
  const { mine } = one;
  const over = one.ends_at !== null && Date.parse(one.ends_at) <= Date.parse(one.now);
  const left = mine ? mine.left_today : one.per_day;
  const votes = say(`${left} of ${one.per_day} votes left today`, `今日剩余 ${left}/${one.per_day} 票`);
  const earns = one.points > 0 && say(`Each vote earns ${one.points} points.`, `每次投票得 ${one.points} 积分。`);
  show(
    el("h1", {}, one.name),
    el(
      "section",
      { className: "card" },
      line(over ? say("It is over: this is the result.", "投票已结束，以下为最终结果。") : votes),
      !over && earns && el("p", { className: "closing" }, earns),
      !over &&
        one.ends_at &&
        el(
          "p",
          { className: "closing" },
          say("ends in ", "距结束 "),
          countdown(one.ends_at, () => void look()),
        ),
      el("ul", { className: "coupons" }, ...one.entries.map((entry) => entryOf(one, entry, over))),
      one.entries.length === 0 && line(say("Nothing is up yet.", "还没有作品。")),
    ),
    !over && !mine && button(say("Sign in to vote", "登录后投票"), signIn, "plain"),
    !over && entering(one),
    !over &&
      el(
        "section",
        { className: "card" },
        sharing({
          title: one.name,
          price: say("Come and vote", "快来投票"),
          image: one.entries[0]?.image_url ?? null,
          what: { play_id: one.play_id },
        }),
      ),
    el(
      "p",
      { className: "rule" },
      say("Of as many votes, who had them first comes first.", "票数相同者，先达到的排在前面。"),
    ),
  );
}

async function look(): Promise<void> {
  draw(await ask<Vote>(`/v1/votes/${encodeURIComponent(told.id)}`));
}

look().catch((error: Error) => show(el("section", { className: "card" }, line(error.message))));
