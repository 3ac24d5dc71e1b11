/** Group buys: the page by which one is opened, and the page of a group, which is what is shared. */
import { ask, command, isSignedIn, leave, pay, signIn } from "./ask";
import { button, el, line, show, tell } from "./draw";
import { countdown, money, setClock } from "./figures";
import { type Product, productOf } from "./product";
import { sharing } from "./share";
import { say, told } from "./told";

interface Group {
  group_id: string;
  play_id: string;
  name: string;
  state: "forming" | "open" | "completed" | "failed";
  size: number;
  unit_minor: number;
  newcomers: boolean;
  closes_at: string;
  free: number;
  held: number;
  paid: number;
  members: { leader: boolean; paid: boolean; you: boolean }[];
  mine: {
    redemption_id: string;
    status: "reserved" | "redeemed" | "lapsed" | "rolled_back";
    payable_minor: number;
    deadline: string;
    refund_minor: number;
  } | null;
  product: Product;
  now: string;
}

interface Play {
  play_id: string;
  name: string;
  rules: {
    sizes: { size: number; unit_minor: number; leader_unit_minor: number | null }[];
    hours: number;
    newcomers: boolean;
    product: Product;
  };
  now: string;
}

interface Seat {
  redemption_id: string;
  group: Group;
}

/** How often a group is looked at again while somebody looks at it. */
const LOOK_MS = 4_000;
const pageOf = (group: string): string => `${location.origin}/p/group/${group}`;
const badge = (size: number): string => say(`group of ${size}`, `${size}人团`);

function seats(group: Group): HTMLElement {
  const seat = (at: number) => {
    const member = group.members[at];
    const who = member?.you
      ? say("you", "我")
      : member?.leader
        ? say("leader", "团长")
        : member
          ? say("friend", "团员")
          : "";
    const state = !member ? "free" : member.paid ? "paid" : "held";
    const label = !member
      ? say("free seat", "空位")
      : `${who}, ${member.paid ? say("paid", "已付款") : say("paying", "待付款")}`;
    return el("li", { className: `seat ${state}`, "aria-label": label }, who || "?");
  };
  // A large group shows who is there and one seat to take.
  const shown = Math.min(group.size, Math.max(group.members.length + 1, 12));
  return el("ol", { className: "seats" }, ...Array.from({ length: shown }, (_, at) => seat(at)));
}

function closing(group: Group): HTMLElement {
  return el(
    "p",
    { className: "closing" },
    `${say("Ends in", "距结束")} `,
    el("time", {}, countdown(group.closes_at, look)),
  );
}

async function join(group: Group): Promise<void> {
  if (!isSignedIn()) return signIn();
  const seat = await command<Seat>("/v1/groups/join", {
    group_id: group.group_id,
    expect_payable_minor: group.unit_minor,
  });
  if (seat.group.mine?.status === "reserved") return pay(seat.redemption_id, pageOf(group.group_id));
  draw(seat.group);
}

function mineReserved(group: Group, mine: NonNullable<Group["mine"]>): Node[] {
  const { currency } = group.product;
  return [
    line(say("Your seat is kept for ", "已为你保留名额，剩余 "), el("time", {}, countdown(mine.deadline, look))),
    button(`${say("Pay", "去支付")} ${money(mine.payable_minor, currency)}`, () =>
      pay(mine.redemption_id, pageOf(group.group_id)),
    ),
  ];
}

/** What stands under the seats, by how the group and the shopper stand. */
function standing(group: Group): Node[] {
  const { mine, product } = group;
  const missing = group.size - group.paid;
  const again = () => leave(`${location.origin}/p/play/${group.play_id}`);
  const another = button(say("Open a group of your own", "我也要开团"), again, "plain");
  if (group.state === "completed") {
    const yours = mine?.status === "redeemed";
    const text = yours
      ? say("The group is complete: your order is on its way.", "拼团成功，订单已生效，等待发货。")
      : say("This group is complete.", "该团已成团。");
    return [line(text), ...(yours && told.shopUrl ? [toShop()] : [another])];
  }
  if (group.state === "failed") {
    const back = mine?.refund_minor ?? 0;
    const refund = say(
      `The group was not filled in time. ${money(back, product.currency)} goes back to you.`,
      `未能成团，${money(back, product.currency)} 已原路退回。`,
    );
    return [line(back > 0 ? refund : say("The group was not filled in time.", "该团未能成团。")), another];
  }
  if (mine?.status === "reserved") return mineReserved(group, mine);
  if (group.state === "forming") return [line(say("The leader has not paid yet.", "团长还未付款。"))];
  const more = line(say(`${missing} more needed`, `还差 ${missing} 人成团`));
  if (mine?.status === "redeemed") return [more, closing(group), sharing(sharedOf(group))];
  if (mine && mine.refund_minor > 0) {
    return [
      line(
        say(
          `${money(mine.refund_minor, product.currency)} goes back to you.`,
          `${money(mine.refund_minor, product.currency)} 已原路退回。`,
        ),
      ),
      another,
    ];
  }
  if (group.free <= 0)
    return [
      line(say("All seats are taken; some are not paid yet.", "名额已满，部分订单待付款。")),
      closing(group),
      another,
    ];
  const price = money(group.unit_minor, product.currency);
  return [more, closing(group), button(`${say("Join for", "参团")} ${price}`, () => join(group))];
}

const toShop = () => button(say("Back to the shop", "返回店铺"), () => leave(told.shopUrl ?? "/"), "plain");

const sharedOf = (group: Group) => ({
  title: group.product.name ?? group.name,
  price: money(group.unit_minor, group.product.currency),
  image: group.product.image_url,
  what: { product_id: group.product.product_id, group_id: group.group_id, play_id: group.play_id },
});

function draw(group: Group): void {
  setClock(group.now);
  const whose =
    !isSignedIn() && told.signInUrl && button(say("Sign in to see your seat", "登录查看我的名额"), signIn, "plain");
  const newcomers =
    group.newcomers &&
    el("p", { className: "rule" }, say("For shoppers who never ordered before.", "仅限新用户参团。"));
  const rule = el(
    "p",
    { className: "rule" },
    say("Not filled in time, everybody is paid back.", "未成团将自动全额退款。"),
  );
  const top = productOf(group.product, group.unit_minor, badge(group.size));
  show(top, el("section", { className: "card" }, seats(group), ...standing(group)), whose, newcomers, rule);
}

let drawn = "";

/** Looks again, and draws only what changed, so that nothing is taken away under a finger. */
async function look(): Promise<void> {
  const group = await ask<Group>(`/v1/groups/${encodeURIComponent(told.id)}`);
  const { now, ...rest } = group;
  const looks = JSON.stringify(rest);
  setClock(now);
  if (looks !== drawn) draw(group);
  drawn = looks;
}

async function follow(): Promise<void> {
  await look();
  setInterval(() => {
    if (!document.hidden) look().catch(() => undefined);
  }, LOOK_MS);
}

let chosen = 0;

async function open(play: Play, size: Play["rules"]["sizes"][number]): Promise<void> {
  if (!isSignedIn()) return signIn();
  const seat = await command<Seat>("/v1/groups/open", {
    play_id: play.play_id,
    size: size.size,
    expect_payable_minor: size.leader_unit_minor ?? size.unit_minor,
  });
  pay(seat.redemption_id, pageOf(seat.group.group_id));
}

function drawPlay(play: Play): void {
  setClock(play.now);
  const { sizes, hours, product, newcomers } = play.rules;
  const size = sizes[chosen] ?? sizes[0];
  if (!size) return;
  const choose = (at: number) => () => {
    chosen = at;
    drawPlay(play);
  };
  const options = sizes.map((one, at) => {
    const text = `${badge(one.size)} · ${money(one.unit_minor, product.currency)}`;
    const option = button(text, choose(at), at === chosen ? "option chosen" : "option");
    option.setAttribute("aria-pressed", String(at === chosen));
    return option;
  });
  const yours = size.leader_unit_minor ?? size.unit_minor;
  show(
    productOf(product, yours, badge(size.size)),
    el(
      "section",
      { className: "card" },
      el("h2", {}, play.name),
      el("div", { className: "options" }, ...options),
      button(`${say("Open a group for", "开团")} ${money(yours, product.currency)}`, () => open(play, size)),
    ),
    newcomers && el("p", { className: "rule" }, say("Who joins must never have ordered before.", "仅限新用户参团。")),
    el(
      "p",
      { className: "rule" },
      say(
        `A group has ${hours} hours to fill. Not filled in time, everybody is paid back.`,
        `开团后 ${hours} 小时内有效，未成团将自动全额退款。`,
      ),
    ),
  );
}

const begun = told.page === "group" ? follow() : ask<Play>(`/v1/plays/${encodeURIComponent(told.id)}`).then(drawPlay);
begun.catch((error: Error) => {
  show(el("section", { className: "card" }, line(error.message)));
  tell(error.message);
});
