/** Sharing for commission: one's code and poster, what it earned, asking for it to be paid; and coming by somebody's link. */
import { ask, command, here, leave, signIn } from "./ask";
import { button, el, line, show, tell } from "./draw";
import { day, minorOf, money } from "./figures";
import { sharing } from "./share";
import { say, told } from "./told";

interface Balance {
  currency: string;
  balance_minor: number;
  frozen_minor: number;
  available_minor: number;
  requested_minor: number;
}

interface Commission {
  level: number;
  currency: string;
  amount_minor: number;
  taken_back_minor: number;
  frozen: boolean;
  paid_at: string;
  opens_at: string;
}

interface Withdrawal {
  withdrawal_id: string;
  currency: string;
  amount_minor: number;
  payee: string;
  state: "requested" | "paid" | "rejected" | "lapsed";
  requested_at: string;
}

interface Mine {
  code: string | null;
  link_query: string | null;
  channels: string[];
  brought: number;
  balances: Balance[];
  entries: Commission[];
  next: string | null;
  withdrawals: Withdrawal[];
}

interface Sharing {
  play_id: string;
  name: string;
  open: boolean;
  basis_points: number[];
  frozen_days: number;
  mine: Mine | null;
}

const row = (text: Node | string, figure: string) => el("li", {}, el("span", {}, text), el("span", {}, figure));
const percent = (basisPoints: number) => `${basisPoints / 100}%`;
const path = `/v1/sharers/${encodeURIComponent(told.id)}`;

/** The code of whose link this is, if it is somebody's. */
const brought = new URLSearchParams(location.search).get("fv_share")?.split("~")[0] ?? "";
let came = "";

/** Binds whoever came by a link, once they are signed in. Being refused keeps nobody from the page. */
async function bind(code: string): Promise<void> {
  try {
    const bound = await command<{ by_this_code: boolean }>("/v1/sharers/bind", { play_id: told.id, code });
    came = bound.by_this_code
      ? say("You came by a friend's link.", "你已通过好友的分享加入。")
      : say("A friend brought you before; that stays.", "你此前已由其他好友邀请，关系保持不变。");
  } catch (error) {
    came = error instanceof Error ? error.message : String(error);
  }
}

async function join(): Promise<void> {
  draw(await command<Sharing>("/v1/sharers/join", { play_id: told.id }));
}

function promised(sharing: Sharing): string {
  const [first = 0, second] = sharing.basis_points;
  const own = say(
    `${percent(first)} of what your friends pay is yours.`,
    `好友下单，你得实付金额的 ${percent(first)}。`,
  );
  const next = say(
    ` Of what those they bring pay, ${percent(second ?? 0)}.`,
    `好友再邀请的人下单，你得 ${percent(second ?? 0)}。`,
  );
  return second ? own + next : own;
}

function states(state: Withdrawal["state"]): string {
  const words = {
    requested: say("asked for", "待处理"),
    paid: say("paid", "已付款"),
    rejected: say("rejected", "已驳回"),
    lapsed: say("not decided in time", "逾期未处理"),
  };
  return words[state];
}

/** What of it may be had, and a form that asks for it. */
function balanceOf(one: Balance): HTMLElement {
  const figure = (minor: number) => money(minor, one.currency);
  const amount = el("input", { inputMode: "decimal", required: true, autocomplete: "off" });
  const payee = el("input", { required: true, maxLength: 200, autocomplete: "off" });
  const withdraw = async () => {
    const minor = minorOf(amount.value, one.currency);
    if (!minor) throw new Error(say("Type an amount, such as 12.50.", "请输入金额，例如 12.50。"));
    if (!payee.value.trim()) throw new Error(say("Say where it is to be paid.", "请填写收款方式。"));
    const form = { currency: one.currency, amount_minor: minor, payee: payee.value.trim() };
    await command<Withdrawal>("/v1/sharers/withdraw", form);
    tell(say("It is asked for. The shop decides.", "提现申请已提交，等待店铺处理。"));
    await look();
  };
  const press = button(say("Ask for it", "申请提现"), withdraw);
  const form = el(
    "form",
    {},
    el("label", {}, say("Amount ", "金额 "), amount),
    el("label", {}, say("Pay it to ", "收款方式 "), payee),
    press,
  );
  form.onsubmit = (event) => {
    event.preventDefault();
    press.click();
  };
  return el(
    "section",
    { className: "card" },
    el("h2", {}, say("Commission", "我的佣金")),
    el("p", { className: "price" }, el("strong", {}, figure(one.available_minor)), say("may be had", "可提现")),
    el(
      "ul",
      { className: "sums" },
      row(say("frozen while goods may come back", "冻结中（退货期内）"), figure(one.frozen_minor)),
      row(say("asked for", "提现处理中"), figure(one.requested_minor)),
      row(say("in all", "合计"), figure(one.balance_minor)),
    ),
    one.available_minor > 0 && form,
  );
}

function commissionOf(one: Commission): HTMLElement {
  const back = one.taken_back_minor;
  const how =
    back >= one.amount_minor
      ? say("taken back: the goods came back", "已退货，佣金收回")
      : one.frozen
        ? say(`frozen until ${day(one.opens_at)}`, `冻结至 ${day(one.opens_at)}`)
        : say("may be had", "可提现");
  const partly = back > 0 && back < one.amount_minor && ` −${money(back, one.currency)}`;
  const text = el("span", {}, day(one.paid_at), " ", el("small", {}, how));
  return row(text, `${money(one.amount_minor, one.currency)}${partly || ""}`);
}

function lists(mine: Mine): (Node | false)[] {
  const more = async (press: HTMLElement, list: HTMLElement, before: string) => {
    const answer = await ask<Sharing>(`${path}?before=${encodeURIComponent(before)}`);
    list.append(...(answer.mine?.entries ?? []).map(commissionOf));
    const next = answer.mine?.next;
    press.remove();
    if (next) list.after(further(list, next));
  };
  const further = (list: HTMLElement, before: string): HTMLElement => {
    const press: HTMLElement = button(say("Earlier ones", "更早"), () => more(press, list, before), "plain");
    return press;
  };
  const earned = el("ul", { className: "sums" }, ...mine.entries.map(commissionOf));
  const asked = mine.withdrawals.map((one) =>
    row(
      el("span", {}, day(one.requested_at), " ", el("small", {}, states(one.state))),
      money(one.amount_minor, one.currency),
    ),
  );
  return [
    mine.entries.length > 0 &&
      el(
        "section",
        { className: "card" },
        el("h2", {}, say("Earned by friends' orders", "好友订单佣金")),
        earned,
        mine.next && further(earned, mine.next),
      ),
    asked.length > 0 &&
      el(
        "section",
        { className: "card" },
        el("h2", {}, say("Withdrawals", "提现记录")),
        el("ul", { className: "sums" }, ...asked),
      ),
  ];
}

function standing(one: Sharing): (Node | false | null)[] {
  const { mine } = one;
  if (!mine) {
    const text = brought
      ? say("Sign in to accept the invitation", "登录接受邀请")
      : say("Sign in to share", "登录后分享");
    return [button(text, signIn)];
  }
  if (!one.open) return [line(say("It is over. What you earned stays yours.", "活动已结束，已得佣金仍归你所有。"))];
  if (!mine.code) return [button(say("Start sharing", "立即加入分享"), join)];
  const first = one.basis_points[0] ?? 0;
  const shared = {
    title: one.name,
    price: say("Come and see", "好物分享"),
    image: null,
    url: `${here()}?${mine.link_query}`,
    what: { play_id: one.play_id, share_id: mine.code },
  };
  const friends = say(`${mine.brought} came by your link`, `已有 ${mine.brought} 人通过你的分享到来`);
  return [
    line(friends),
    first > 0 && sharing(shared),
    el("p", { className: "closing" }, `${say("Your code", "我的分享码")} `, el("code", {}, mine.code)),
  ];
}

function draw(one: Sharing): void {
  const { mine } = one;
  show(
    el("h1", {}, one.name),
    came && line(came),
    el("section", { className: "card" }, one.basis_points.length > 0 && line(promised(one)), ...standing(one)),
    ...(mine ? mine.balances.map(balanceOf) : []),
    ...(mine ? lists(mine) : []),
    came && told.shopUrl && button(say("To the shop", "去逛逛"), () => leave(told.shopUrl ?? "/"), "plain"),
    one.basis_points.length > 0 &&
      el(
        "p",
        { className: "rule" },
        say(
          `Commission is for paid orders alone, and frozen for ${one.frozen_days} ${one.frozen_days === 1 ? "day" : "days"}, in which goods may come back.`,
          `仅按好友已支付的订单计佣；佣金冻结 ${one.frozen_days} 天（退货期），退货部分按件收回。`,
        ),
      ),
  );
}

async function look(): Promise<void> {
  draw(await ask<Sharing>(path));
}

async function begin(): Promise<void> {
  const first = await ask<Sharing>(path);
  if (!first.mine || !brought || first.mine.code === brought || !first.open) return draw(first);
  await bind(brought);
  await look();
}

begin().catch((error: Error) => show(el("section", { className: "card" }, line(error.message))));
