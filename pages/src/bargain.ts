/** Bargains: the page by which one is opened, and the page of one, which is what is shared. */
import { ask, command, isSignedIn, leave, pay, signIn } from "./ask";
import { button, el, line, show, tell } from "./draw";
import { countdown, money, setClock } from "./figures";
import { type Product, productOf } from "./product";
import { canProve, cutsOf, isCommitted } from "./prove";
import { sharing } from "./share";
import { say, told } from "./told";

interface Bargain {
  bargain_id: string;
  play_id: string;
  name: string;
  state: "open" | "ordered" | "completed" | "failed";
  start_minor: number;
  floor_minor: number;
  price_minor: number;
  helps: number;
  helped: { cut_minor: number; you: boolean }[];
  floor_only: boolean;
  closes_at: string;
  yours: boolean;
  mine: { redemption_id: string; status: string; payable_minor: number; deadline: string } | null;
  product: Product;
  commitment: string;
  proof: { lines: string[]; seed: string; least_cut_minor: number } | null;
  now: string;
}

interface Play {
  play_id: string;
  name: string;
  rules: { start_minor: number; floor_minor: number; helps: number; hours: number; product: Product };
  now: string;
}

const LOOK_MS = 4_000;
const pageOf = (bargain: string): string => `${location.origin}/p/bargain/${bargain}`;

/** How far the price has come, and what each help cut. */
function progress(bargain: Bargain): HTMLElement {
  const { product, start_minor, price_minor, floor_minor } = bargain;
  const bar = el("progress", { max: start_minor - floor_minor, value: start_minor - price_minor });
  bar.setAttribute("aria-label", say("Cut so far", "已砍"));
  const ends = el(
    "p",
    { className: "ends" },
    el("span", {}, money(start_minor, product.currency)),
    el("span", {}, money(floor_minor, product.currency)),
  );
  const helps = bargain.helped.map((help, at) =>
    el(
      "li",
      {},
      el("span", {}, help.you ? say("you", "我") : say(`friend ${at + 1}`, `好友${at + 1}`)),
      el("span", {}, `−${money(help.cut_minor, product.currency)}`),
    ),
  );
  return el("div", {}, bar, ends, el("ul", { className: "sums" }, ...helps));
}

async function help(bargain: Bargain): Promise<void> {
  if (!isSignedIn()) return signIn();
  const helped = await command<{ cut_minor: number; bargain: Bargain }>("/v1/bargains/help", {
    bargain_id: bargain.bargain_id,
  });
  const cut = money(helped.cut_minor, bargain.product.currency);
  tell(say(`You cut ${cut} off the price.`, `你帮好友砍了 ${cut}。`));
  draw(helped.bargain);
}

async function order(bargain: Bargain): Promise<void> {
  const ordered = await command<{ redemption_id: string }>("/v1/bargains/order", { bargain_id: bargain.bargain_id });
  pay(ordered.redemption_id, pageOf(bargain.bargain_id));
}

/** Computes the cuts anew, here, and says whether they are those that were fixed before. */
async function prove(bargain: Bargain, proof: NonNullable<Bargain["proof"]>): Promise<void> {
  const committed = await isCommitted(proof.lines, proof.seed, bargain.commitment);
  const above = bargain.start_minor - bargain.floor_minor;
  const cuts = await cutsOf(proof.seed, bargain.helps, above, proof.least_cut_minor);
  const good = committed && bargain.helped.every((help, at) => help.cut_minor === cuts[at]);
  tell(
    good
      ? say("Every cut is the one fixed before the first help.", "验证通过：每一刀都在开始前就已确定。")
      : say("The cuts are not those that were fixed.", "验证失败：砍价金额与事先承诺不符。"),
  );
}

function standing(bargain: Bargain): (Node | false | null)[] {
  const { product, mine, state } = bargain;
  const price = money(bargain.price_minor, product.currency);
  const own = () => leave(`${location.origin}/p/play/${bargain.play_id}`);
  const another = button(say("Bargain for one of your own", "我也要砍价"), own, "plain");
  if (state === "completed") return [line(say("It is bought.", "砍价成功，已购买。")), bargain.yours ? null : another];
  if (state === "failed") return [line(say("Its time is over.", "砍价已结束。")), another];
  const closing = el(
    "p",
    { className: "closing" },
    `${say("Ends in", "距结束")} `,
    el("time", {}, countdown(bargain.closes_at, look)),
  );
  if (mine?.status === "reserved") {
    return [
      closing,
      button(`${say("Pay", "去支付")} ${money(mine.payable_minor, product.currency)}`, () =>
        pay(mine.redemption_id, pageOf(bargain.bargain_id)),
      ),
    ];
  }
  if (state === "ordered")
    return [line(say("It is being paid; nobody helps meanwhile.", "好友正在付款，暂不能砍价。")), closing];
  const left = bargain.helps - bargain.helped.length;
  const more = line(
    left > 0
      ? say(`${left} more helps to the lowest price`, `再有 ${left} 人帮砍即到底价`)
      : say("The lowest price is reached.", "已砍到底价。"),
  );
  if (bargain.yours) {
    const may = bargain.helped.length > 0 && (left === 0 || !bargain.floor_only);
    const shared = {
      title: product.name ?? bargain.name,
      price: money(bargain.floor_minor, product.currency),
      image: product.image_url,
      what: { product_id: product.product_id, bargain_id: bargain.bargain_id, play_id: bargain.play_id },
    };
    return [
      more,
      closing,
      may && button(`${say("Buy for", "立即购买")} ${price}`, () => order(bargain)),
      left > 0 && sharing(shared),
    ];
  }
  const done = bargain.helped.some((one) => one.you);
  if (done || left === 0) return [more, closing, done && line(say("Thank you for your help.", "感谢帮砍！")), another];
  return [more, closing, button(say("Help", "帮砍一刀"), () => help(bargain))];
}

function draw(bargain: Bargain): void {
  setClock(bargain.now);
  const { proof } = bargain;
  const whose = !isSignedIn() && told.signInUrl && button(say("Sign in", "登录"), signIn, "plain");
  const fixed = el(
    "p",
    { className: "rule" },
    say("Every cut was fixed before the first help. ", "每一刀的金额在开始前就已确定。"),
    el("code", {}, bargain.commitment.slice(0, 16)),
  );
  show(
    productOf(bargain.product, bargain.price_minor, say("bargain", "砍价")),
    el("section", { className: "card" }, progress(bargain), ...standing(bargain)),
    whose,
    fixed,
    proof && canProve() && button(say("Verify the cuts", "验证公平性"), () => prove(bargain, proof), "plain"),
  );
}

let drawn = "";

async function look(): Promise<void> {
  const bargain = await ask<Bargain>(`/v1/bargains/${encodeURIComponent(told.id)}`);
  const { now, ...rest } = bargain;
  const looks = JSON.stringify(rest);
  setClock(now);
  if (looks !== drawn) draw(bargain);
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
  const bargain = await command<Bargain>("/v1/bargains/open", { play_id: play.play_id });
  location.href = pageOf(bargain.bargain_id);
}

function drawPlay(play: Play): void {
  const { product, start_minor, floor_minor, helps, hours } = play.rules;
  const floor = money(floor_minor, product.currency);
  show(
    productOf(product, start_minor, say("bargain", "砍价")),
    el(
      "section",
      { className: "card" },
      el("h2", {}, play.name),
      line(say(`${helps} friends bring it to ${floor}`, `${helps} 位好友帮砍，最低 ${floor}`)),
      button(say("Start bargaining", "发起砍价"), () => open(play)),
    ),
    el("p", { className: "rule" }, say(`It is open for ${hours} hours.`, `发起后 ${hours} 小时内有效。`)),
  );
}

const begun = told.page === "bargain" ? follow() : ask<Play>(`/v1/plays/${encodeURIComponent(told.id)}`).then(drawPlay);
begun.catch((error: Error) => show(el("section", { className: "card" }, line(error.message))));
