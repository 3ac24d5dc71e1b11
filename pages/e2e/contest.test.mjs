/** A board on phones: who takes part is ranked by what they pay, a friend overtakes, and who leaves is on no board. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import { complaints, openBrowser, phone, shop } from "./phone.mjs";

const run = randomUUID().slice(0, 6);
let browser;
let ada;
let board;
before(async () => {
  browser = await openBrowser();
});
after(() => browser?.close());

async function buys(who, say) {
  await who.page.goto(`${shop}/#`);
  await who.page.getByRole("link", { name: "Spring” 绿茶" }).tap();
  await who.press(say("Add to cart", "加入购物车"));
  await who.page.getByRole("link", { name: say("Cart (1)", "购物车（1）") }).tap();
  await who.press(say("Order", "下单"));
  await who.press(say("Pay", "支付"));
  await who.reads(say("redeemed", "已支付"));
}

test("somebody takes part, buys, and has a place", async () => {
  ada = await phone(browser, `ada-${run}`);
  await ada.page.goto(`${shop}/#sign-in`);
  await ada.signIn();
  await ada.page.getByRole("link", { name: "Tea lovers' board" }).tap();
  await ada.reads("Counted: what you pay for goods, less what you send back.");
  board = ada.page.url();
  await ada.press("Take part");
  await ada.reads("Not ranked yet · ¥0.00");
  await ada.picture("contest-joined");
  await buys(ada, (english) => english);
  await ada.page.goto(board);
  await ada.reads(/Place \d+ · ¥48\.00/);
  await ada.reads("This place has a prize.");
});

test("a friend takes part in Chinese, pays as much later and comes behind, names masked", async () => {
  const ben = await phone(browser, `ben-${run}`, "zh-CN");
  await ben.page.goto(board);
  await ben.press("我要参与");
  await ben.signIn();
  await ben.press("我要参与");
  await ben.reads("暂未上榜");
  await buys(ben, (_, chinese) => chinese);
  await ben.page.goto(board);
  await ben.reads(/第 \d+ 名 · ¥48\.00/);
  await ben.reads("再得 ¥0.01 即可超过第");
  const text = await ben.page.locator("#page").innerText();
  assert.ok(text.includes(`a***${run.at(-1)}`), text);
  assert.ok(!text.includes(`ada-${run}`), "no board says who somebody is");
  await ben.picture("contest-zh");
  await ben.press("退出榜单");
  await ben.reads("已退出榜单");
  await ben.reads("重新参与");
  await ben.close();
});

test("who left is on no board", async () => {
  await ada.page.reload();
  await ada.reads(/Place \d+ · ¥48\.00/);
  const text = await ada.page.locator(".board").first().innerText();
  assert.ok(!text.includes(`b***${run.at(-1)}`), text);
  await ada.picture("contest");
  await ada.close();
});

test("nothing went wrong on any phone", () => assert.deepEqual(complaints, []));
