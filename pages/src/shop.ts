/** The demonstration's shop: goods, a cart, a payment that is none, orders. It speaks to its own backend alone. */
import { button, el, show, tell } from "./draw";
import { money } from "./figures";
import { say } from "./told";

interface Product {
  product_id: string;
  name: string | null;
  category: string | null;
  price_minor: number | null;
  currency: string | null;
  image_url: string | null;
}

interface Quote {
  list_minor: number;
  discount_minor: number;
  payable_minor: number;
  applied: { name?: string; offer_id: string; off_minor: number }[];
  lines: { line_id: string; product_id: string; quantity: number; paid_minor: number }[];
}

interface Order {
  redemption_id: string;
  status: string;
  quote: Quote;
  refunded_minor: number;
}

interface Play {
  play_id: string;
  name: string;
  kind: string;
}

const CURRENCY = "CNY";
type Tracker = { push(call: unknown[]): void };
const holder = window as { fanvine?: Tracker };

/** Tells the tracker, which is a list of what waits for it until it is there. */
function told(...call: unknown[]): void {
  holder.fanvine = holder.fanvine ?? ([] as unknown[][]);
  holder.fanvine.push(call);
}
const track = (event: string, properties: Record<string, unknown>) => told("track", event, properties);

let me: { shopper_id: string | null; fanvine: string; write_key: string };
let products: Product[] = [];
const cart = new Map<string, number>(JSON.parse(sessionStorage.getItem("cart") ?? "[]"));

const keep = () => sessionStorage.setItem("cart", JSON.stringify([...cart]));
const nameOf = (id: string) => products.find((one) => one.product_id === id)?.name ?? id;

async function ask<T>(path: string, body?: unknown): Promise<T> {
  const headers = { "content-type": "application/json" };
  const answer = await fetch(path, body === undefined ? {} : { method: "POST", headers, body: JSON.stringify(body) });
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(said.says ?? `${answer.status}`);
  return said;
}

function top(): HTMLElement {
  const count = [...cart.values()].reduce((sum, units) => sum + units, 0);
  const who = me.shopper_id ?? say("Sign in", "登录");
  return el(
    "nav",
    { className: "bar" },
    el("a", { href: "/#" }, say("Cloud Tea", "云茶")),
    el("a", { href: "/#cart" }, say(`Cart (${count})`, `购物车（${count}）`)),
    el("a", { href: "/#orders" }, say("Orders", "订单")),
    el("a", { href: "/#sign-in" }, who),
  );
}

const pageOf = (play: Play) => `${me.fanvine}/p/play/${play.play_id}`;

async function drawGoods(): Promise<void> {
  const { plays } = await ask<{ plays: Play[] }>("/shop/plays");
  const handed = (url: string) => `/sign-in?return=${encodeURIComponent(url)}`;
  const links = plays.map((play) => el("a", { className: "banner", href: handed(pageOf(play)) }, play.name));
  links.push(el("a", { className: "banner", href: handed(`${me.fanvine}/p/coupons`) }, "领券中心 · Coupons"));
  const tile = (product: Product) =>
    el(
      "a",
      { className: "tile", href: `/#${product.product_id}` },
      product.image_url && el("img", { src: product.image_url, alt: "", loading: "lazy" }),
      el("span", {}, product.name ?? product.product_id),
      el("strong", {}, money(product.price_minor ?? 0, product.currency)),
    );
  show(top(), ...links, el("section", { className: "tiles" }, ...products.map(tile)), later());
}

/** What belongs to a demonstration: nobody waits a day to see a group fail. */
function later(): HTMLElement {
  const pass = async () => {
    const { hours_ahead } = await ask<{ hours_ahead: number }>("/shop/later", { hours: 24 });
    tell(say(`It is ${hours_ahead} hours later now.`, `现在是 ${hours_ahead} 小时之后。`));
  };
  return el("p", { className: "rule" }, button(say("Let a day pass", "快进一天"), pass, "plain"));
}

function drawProduct(product: Product): void {
  const said = { product_id: product.product_id, name: product.name, category: product.category };
  track("Product Viewed", { ...said, price: (product.price_minor ?? 0) / 100, currency: CURRENCY });
  const add = () => {
    cart.set(product.product_id, (cart.get(product.product_id) ?? 0) + 1);
    keep();
    track("Product Added", { ...said, price: (product.price_minor ?? 0) / 100, currency: CURRENCY, quantity: 1 });
    drawProduct(product);
    tell(say("It is in your cart.", "已加入购物车。"));
  };
  show(
    top(),
    el(
      "section",
      { className: "product" },
      product.image_url && el("img", { src: product.image_url, alt: "" }),
      el("h1", {}, product.name ?? product.product_id),
      el("p", { className: "price" }, el("strong", {}, money(product.price_minor ?? 0, product.currency))),
    ),
    button(say("Add to cart", "加入购物车"), add),
  );
}

function sums(quote: Quote): HTMLElement {
  const line = (text: string, minor: number) =>
    el("li", {}, el("span", {}, text), el("span", {}, money(minor, CURRENCY)));
  const off = quote.applied.map((one) => line(one.name ?? one.offer_id, -one.off_minor));
  const goods = quote.lines.map((one) => line(`${nameOf(one.product_id)} × ${one.quantity}`, one.paid_minor));
  return el("ul", { className: "sums" }, ...goods, ...off, line(say("To pay", "应付"), quote.payable_minor));
}

/** How an order stands, in words. */
function statusOf({ status }: Order): string {
  const chinese: Record<string, string> = {
    reserved: "待支付",
    redeemed: "已支付",
    rolled_back: "已取消",
    lapsed: "已过期",
    deposited: "已付定金",
  };
  return say(status.replace("_", " "), chinese[status] ?? status);
}

const linesOf = () => [...cart].map(([product_id, quantity]) => ({ product_id, quantity }));

async function drawCart(): Promise<void> {
  if (!me.shopper_id) return drawSignIn("/#cart");
  if (cart.size === 0) return show(top(), el("p", { role: "status" }, say("Your cart is empty.", "购物车是空的。")));
  const quote = await ask<Quote>("/shop/quote", { lines: linesOf() });
  const name = `${Date.now()}`;
  const order = async () => {
    const form = { lines: linesOf(), expect_payable_minor: quote.payable_minor, name };
    const reserved = await ask<Order>("/shop/reserve", form);
    cart.clear();
    keep();
    location.href = `/pay?redemption=${reserved.redemption_id}&return=${encodeURIComponent(`${location.origin}/#orders`)}`;
  };
  const empty = () => {
    cart.clear();
    keep();
    return drawCart();
  };
  show(
    top(),
    el("section", { className: "card" }, el("h2", {}, say("Your cart", "购物车")), sums(quote)),
    button(say("Order", "下单"), order),
    button(say("Empty the cart", "清空购物车"), empty, "plain"),
  );
}

/** Where to go once it is paid: to this shop's own pages or to Fanvine's, and nowhere else. */
function wayBack(): string {
  const wanted = new URLSearchParams(location.search).get("return") ?? "/";
  const url = new URL(wanted, location.href);
  return [location.origin, new URL(me.fanvine).origin].includes(url.origin) ? url.href : "/";
}

async function drawPayment(): Promise<void> {
  if (!me.shopper_id) return drawSignIn(location.pathname + location.search);
  const id = new URLSearchParams(location.search).get("redemption") ?? "";
  const order = await ask<Order>(`/shop/orders/${encodeURIComponent(id)}`);
  const pay = async () => {
    await ask(`/shop/orders/${encodeURIComponent(id)}/pay`, {});
    leave();
  };
  // A page of Fanvine's is entered with a token, signed anew.
  const leave = () => {
    const back = wayBack();
    const own = back.startsWith(location.origin) || back === "/";
    location.href = own ? back : `/sign-in?return=${encodeURIComponent(back)}`;
  };
  const open = order.status === "reserved";
  show(
    top(),
    el("section", { className: "card" }, el("h2", {}, say("Payment", "支付")), sums(order.quote)),
    open
      ? button(`${say("Pay", "支付")} ${money(order.quote.payable_minor, CURRENCY)}`, pay)
      : el("p", { role: "status" }, say(`This order is ${statusOf(order)}.`, `订单状态：${statusOf(order)}。`)),
    button(say("Not now", "暂不支付"), leave, "plain"),
    el("p", { className: "rule" }, say("A demonstration: nothing is charged.", "这是演示，不会扣款。")),
  );
}

async function drawOrders(): Promise<void> {
  if (!me.shopper_id) return drawSignIn("/#orders");
  const { redemptions } = await ask<{ redemptions: Order[] }>("/shop/orders");
  const orders = redemptions.map((order) => {
    const line = order.quote.lines[0];
    const left = order.status === "redeemed" && order.refunded_minor < order.quote.payable_minor && line;
    const back = async () => {
      await ask(`/shop/orders/${order.redemption_id}/return`, { line_id: line?.line_id, quantity: 1 });
      await drawOrders();
    };
    const paidBack = money(order.refunded_minor, CURRENCY);
    const refunded = order.refunded_minor > 0 && say(`, ${paidBack} paid back`, `，已退 ${paidBack}`);
    return el(
      "section",
      { className: "card" },
      el("p", { role: "status" }, `${statusOf(order)}${refunded || ""}`),
      sums(order.quote),
      left && button(say(`Return one ${nameOf(line.product_id)}`, `退一件 ${nameOf(line.product_id)}`), back, "plain"),
    );
  });
  show(
    top(),
    el("h1", {}, say("Your orders", "我的订单")),
    ...(orders.length ? orders : [el("p", {}, say("None yet.", "暂无订单。"))]),
  );
}

function drawSignIn(back: string): void {
  const name = el("input", { name: "name", required: true, maxLength: 40, autocomplete: "username" });
  name.value = me.shopper_id ?? "";
  const enter = async () => {
    const { shopper_id } = await ask<{ shopper_id: string }>("/shop/sign-in", { name: name.value });
    me.shopper_id = shopper_id;
    told("identify", shopper_id);
    // Whoever came to be handed over is handed over by the server, once it knows them.
    if (location.pathname === "/sign-in") return location.reload();
    if (location.pathname + location.search + location.hash === back) return draw();
    location.href = back;
    if (back.startsWith("/#")) await draw();
  };
  const form = el(
    "form",
    { className: "card" },
    el("h2", {}, say("Who are you?", "您是哪位？")),
    el("label", {}, say("Name ", "名字 "), name),
  );
  const press = button(say("Sign in", "登录"), enter);
  form.append(
    press,
    el(
      "p",
      { className: "rule" },
      say("Any name, such as ann; s-00042 has shopped here before.", "任意名字，如 ann；s-00042 曾在此购物。"),
    ),
  );
  form.onsubmit = (event) => {
    event.preventDefault();
    press.click();
  };
  show(top(), form);
}

async function draw(): Promise<void> {
  if (location.pathname === "/pay") return drawPayment();
  if (location.pathname === "/sign-in") return drawSignIn(location.pathname + location.search);
  const place = location.hash.slice(1);
  const product = products.find((one) => one.product_id === place);
  if (product) return drawProduct(product);
  if (place === "cart") return drawCart();
  if (place === "orders") return drawOrders();
  if (place === "sign-in") return drawSignIn("/#");
  return drawGoods();
}

async function begin(): Promise<void> {
  me = await ask("/shop/me");
  const script = el("script", { async: true, src: `${me.fanvine}/sdk/fanvine.js` });
  script.dataset.writeKey = me.write_key;
  document.head.append(script);
  if (me.shopper_id) told("identify", me.shopper_id);
  ({ products } = await ask<{ products: Product[] }>("/shop/products"));
  await draw();
}

const sorry = (error: Error) => show(el("p", { role: "status" }, error.message));
addEventListener("hashchange", () => draw().catch(sorry));
begin().catch(sorry);
