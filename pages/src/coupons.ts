/** The coupon centre: what can be taken, and what the shopper has. */
import { ask, command, isSignedIn, leave, signIn } from "./ask";
import { button, el, show, tell } from "./draw";
import { say, told } from "./told";

interface Coupon {
  coupon_id: string;
  offer_id: string;
  name: string | null;
  status: "not_yet" | "unused" | "reserved" | "used" | "expired";
  expires_at: string | null;
}

interface Claimable {
  offer_id: string;
  name: string;
  ends_at: string | null;
  points: number | null;
  left: number | null;
}

const day = (moment: string) => new Date(moment).toLocaleDateString(told.language === "zh" ? "zh-CN" : "en");

const states = {
  not_yet: () => say("from a later day", "未到可用时间"),
  unused: () => say("good to use", "可使用"),
  reserved: () => say("set aside for an order", "下单占用中"),
  used: () => say("used", "已使用"),
  expired: () => say("over", "已过期"),
};

/** A link that gives a coupon is opened with it: `/p/coupons?link=…`. */
const link = new URLSearchParams(location.search).get("link");

async function take(what: { offer_id: string } | { link: string }, points: number | null = null): Promise<void> {
  if (!isSignedIn()) return signIn();
  if (points !== null && !confirm(say(`Exchange ${points} points for it?`, `确认用 ${points} 积分兑换？`))) return;
  await command("/v1/coupons/claim", what);
  tell(say("The coupon is yours.", "领取成功。"));
  await draw();
}

function claimable(one: Claimable): HTMLElement {
  const cost = one.points === null ? "" : say(`${one.points} points`, `${one.points} 积分`);
  const left = one.left === null ? "" : say(`${one.left} left`, `剩余 ${one.left} 张`);
  const until = one.ends_at ? say(`until ${day(one.ends_at)}`, `${day(one.ends_at)} 截止`) : "";
  return el(
    "li",
    { className: "coupon" },
    el("span", {}, el("strong", {}, one.name), el("small", {}, [cost, left, until].filter(Boolean).join(" · "))),
    one.left === 0
      ? el("span", { className: "badge" }, say("all gone", "已领完"))
      : button(
          one.points === null ? say("Take", "领取") : say("Exchange", "兑换"),
          () => take({ offer_id: one.offer_id }, one.points),
          "small",
        ),
  );
}

function owned(one: Coupon): HTMLElement {
  const until = one.expires_at ? ` · ${say("until", "有效期至")} ${day(one.expires_at)}` : "";
  const text = el(
    "span",
    {},
    el("strong", {}, one.name ?? one.offer_id),
    el("small", {}, states[one.status]() + until),
  );
  const use = one.status === "unused" && told.shopUrl;
  return el(
    "li",
    { className: one.status === "unused" ? "coupon" : "coupon over" },
    text,
    use && button(say("Use", "去使用"), () => leave(use), "small plain"),
  );
}

async function draw(): Promise<void> {
  const { offers } = await ask<{ offers: Claimable[] }>("/v1/coupons/centre");
  const points = isSignedIn() ? (await ask<{ spendable: number }>("/v1/points")).spendable : null;
  const mine = isSignedIn() ? (await ask<{ coupons: Coupon[] }>("/v1/coupons")).coupons : null;
  show(
    el("h1", {}, say("Coupons", "领券中心")),
    link && button(say("Take the coupon of this link", "领取链接中的优惠券"), () => take({ link })),
    el(
      "section",
      { className: "card" },
      points !== null &&
        offers.some((one) => one.points !== null) &&
        el("p", {}, say(`You may spend ${points} points.`, `可用积分 ${points}。`)),
      offers.length
        ? el("ul", { className: "coupons" }, ...offers.map(claimable))
        : el("p", {}, say("Nothing to take just now.", "暂无可领取的优惠券。")),
    ),
    el(
      "section",
      { className: "card" },
      el("h2", {}, say("My coupons", "我的优惠券")),
      mine === null
        ? button(say("Sign in", "登录查看"), signIn, "plain")
        : mine.length
          ? el("ul", { className: "coupons" }, ...mine.map(owned))
          : el("p", {}, say("You have none yet.", "还没有优惠券。")),
    ),
  );
}

draw().catch((error: Error) => show(el("section", { className: "card" }, el("p", { role: "status" }, error.message))));
