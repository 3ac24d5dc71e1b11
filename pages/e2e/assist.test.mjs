/** An invitation on phones: opened, accepted by two friends, each of whom buys in the shop and counts; and its rewards. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import { complaints, openBrowser, phone, shop } from "./phone.mjs";

const run = randomUUID().slice(0, 6);
let browser;
before(async () => {
  browser = await openBrowser();
});
after(() => browser?.close());

test("friends accept, buy and count, and who invited them gets what each rung promises", async () => {
  const kim = await phone(browser, `kim-${run}`);
  await kim.page.goto(`${shop}/#sign-in`);
  await kim.signIn();
  await kim.page.getByRole("link", { name: "Invite friends" }).tap();
  await kim.reads("A friend counts by a paid order of ¥10.00 or more");
  await kim.press("Invite friends");
  await kim.reads("0 count, 0 accepted");
  const link = kim.page.url();
  assert.match(link, /\/p\/assist\/run_/);
  await kim.picture("assist-opened");
  for (const [at, name] of ["lee", "mia"].entries()) {
    const chinese = name === "mia";
    const friend = await phone(browser, `${name}-${run}`, chinese ? "zh-CN" : "en-GB");
    const say = (english, words) => (chinese ? words : english);
    await friend.page.goto(link);
    await friend.press(say("Accept the invitation", "接受邀请"));
    await friend.signIn();
    await friend.press(say("Accept the invitation", "接受邀请"));
    await friend.reads(say("You accepted", "你已接受邀请"));
    await friend.picture(`assist-${name}`);
    await friend.press(say("Go to the shop", "去逛逛"));
    await friend.page.getByRole("link", { name: "Spring” 绿茶" }).tap();
    await friend.press(say("Add to cart", "加入购物车"));
    await friend.page.getByRole("link", { name: say("Cart (1)", "购物车（1）") }).tap();
    await friend.press(say("Order", "下单"));
    await friend.press(say("Pay ¥48.00", "支付 ¥48.00"));
    await friend.reads(say("redeemed", "已支付"));
    await friend.page.goto(link);
    await friend.reads(at === 0 ? "You count" : "邀请已结束");
    await kim.reads(`${at + 1} count, ${at + 1} accepted`);
    await friend.close();
  }
  await kim.reads("✓ 50 points");
  await kim.reads("✓ 200 points");
  await kim.reads("This invitation is over.");
  await kim.picture("assist-rewarded");
  await kim.close();
});

test("nobody accepts their own invitation", async () => {
  const noa = await phone(browser, `noa-${run}`);
  await noa.page.goto(`${shop}/#sign-in`);
  await noa.signIn();
  await noa.page.getByRole("link", { name: "Invite friends" }).tap();
  await noa.press("Invite friends");
  await noa.reads("0 count, 0 accepted");
  assert.equal(await noa.page.getByRole("button", { name: "Accept the invitation" }).count(), 0);
  await noa.close();
});

test("nothing went wrong on any phone", () => assert.deepEqual(complaints, []));
