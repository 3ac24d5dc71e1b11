/** Sharing for commission on phones: a friend comes by the link and buys, half comes back, the rest opens and is asked for. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import { complaints, openBrowser, phone, shop } from "./phone.mjs";

const run = randomUUID().slice(0, 6);
let browser;
let mei;
let nat;
let link;

before(async () => {
  browser = await openBrowser();
});
after(() => browser?.close());

const enter = (who) => who.page.getByRole("link", { name: "Share and earn" }).tap();
/** The sharer's page anew, entered from the shop. */
async function looks() {
  await mei.page.goto(`${shop}/#`);
  await enter(mei);
  await mei.page.getByRole("heading", { name: "Commission" }).waitFor();
}

test("whoever joins has a code and a link that is the same for ever", async () => {
  mei = await phone(browser, `mei-${run}`);
  await mei.page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await mei.page.goto(`${shop}/#sign-in`);
  await mei.signIn();
  await enter(mei);
  await mei.reads("10% of what your friends pay is yours.");
  await mei.press("Start sharing");
  await mei.reads("0 came by your link");
  await mei.press("Invite friends");
  await mei.reads("The link is copied");
  link = await mei.page.evaluate(() => navigator.clipboard.readText());
  const code = await mei.page.locator("code").innerText();
  assert.equal(new URL(link).search, `?fv_share=${code}~mei-${run}~`);
  await mei.press("Poster");
  await mei.picture("sharing-poster");
  await mei.press("Close");
});

test("one's own link brings nobody", async () => {
  await mei.page.goto(link);
  await mei.reads("0 came by your link");
});

test("a friend comes by the link, in their language, and buys", async () => {
  nat = await phone(browser, `nat-${run}`, "zh-CN");
  await nat.page.goto(link);
  await nat.reads("好友下单，你得实付金额的 10%");
  await nat.press("登录接受邀请");
  await nat.signIn();
  await nat.reads("你已通过好友的分享加入。");
  await nat.picture("sharing-friend");
  await nat.press("去逛逛");
  await nat.page.getByRole("link", { name: "Spring” 绿茶" }).tap();
  await nat.press("加入购物车");
  await nat.reads("已加入购物车。");
  await nat.press("加入购物车");
  await nat.page.getByRole("link", { name: "购物车（2）" }).tap();
  await nat.press("下单");
  await nat.press("支付 ¥96.00");
  await nat.reads("已支付");
});

test("a tenth is the sharer's, frozen; half of it goes with half the order", async () => {
  // That the browser in which the link was opened is the friend's is known behind the log.
  const came = mei.page.getByText("1 came by your link");
  for (let at = 0; at < 30 && (await came.count()) === 0; at++) await looks();
  await came.waitFor();
  const frozen = mei.page.getByRole("listitem").filter({ hasText: "frozen while goods may come back" });
  await frozen.getByText("¥9.60").waitFor();
  await mei.picture("sharing-frozen");
  await nat.press("退一件");
  await nat.reads("已退 ¥48.00");
  await looks();
  await frozen.getByText("¥4.80").waitFor();
  await mei.reads("¥9.60 −¥4.80");
});

test("after the days in which goods may come back it is asked for, and no more than is there", async () => {
  await mei.page.goto(`${shop}/#`);
  for (let day = 0; day < 2; day++) {
    await mei.press("Let a day pass");
    await mei.reads("hours later now");
    await mei.page.goto(`${shop}/#cart`);
    await mei.page.goto(`${shop}/#`);
  }
  await looks();
  const amount = mei.page.getByLabel("Amount");
  const payee = mei.page.getByLabel("Pay it to");
  const available = mei.page.locator(".price strong");
  await available.getByText("¥4.80").waitFor();
  await amount.fill("4.805");
  await mei.press("Ask for it");
  await mei.reads("Type an amount");
  await amount.fill("4.81");
  await payee.fill("alipay mei");
  await mei.press("Ask for it");
  await mei.page.getByRole("alert").filter({ hasNotText: "Type an amount" }).waitFor();
  await amount.fill("4.80");
  await mei.press("Ask for it");
  await available.getByText("¥0.00").waitFor();
  await mei.page.getByRole("heading", { name: "Withdrawals" }).waitFor();
  await mei.picture("sharing-asked");
});

test("nothing went wrong on any phone", async () => {
  await mei?.close();
  await nat?.close();
  assert.deepEqual(complaints, []);
});
