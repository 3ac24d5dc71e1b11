/** A vote on phones: two votes a day, none for oneself, and what a friend puts up stands beside the shop's own. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import { complaints, openBrowser, phone, shop } from "./phone.mjs";

const run = randomUUID().slice(0, 6);
let browser;
let oli;
before(async () => {
  browser = await openBrowser();
});
after(() => browser?.close());

const row = (who, text) => who.page.getByRole("listitem").filter({ hasText: text });

test("somebody puts up a tea of their own, and a friend votes for it once a day", async () => {
  oli = await phone(browser, `oli-${run}`);
  await oli.page.goto(`${shop}/#sign-in`);
  await oli.signIn();
  await oli.page.getByRole("link", { name: "Vote for the best tea" }).tap();
  await oli.page.getByLabel("Title").fill(`Smoked ${run}`);
  await oli.page.getByLabel("About it").fill("from the pine hills");
  await oli.press("Take part");
  const own = row(oli, `Smoked ${run}`).first();
  await own.getByText("yours").waitFor();
  assert.equal(await own.getByRole("button").count(), 0, "nobody votes for themselves");
  const link = oli.page.url();

  const pia = await phone(browser, `pia-${run}`, "zh-CN");
  await pia.page.goto(link);
  await pia.press("登录后投票");
  await pia.signIn();
  const theirs = row(pia, `Smoked ${run}`).first();
  await theirs.getByRole("button", { name: "投票" }).tap();
  await theirs.getByText("1 票").waitFor();
  await theirs.getByText("已投").waitFor();
  await pia.reads("今日剩余 1/2 票");
  await row(pia, "绿茶").getByRole("button", { name: "投票" }).tap();
  await pia.reads("今日剩余 0/2 票");
  assert.equal(await pia.page.getByRole("button", { name: "投票", exact: true }).count(), 0, "no vote is left");
  await pia.picture("vote");
  await pia.close();
});

test("the next day there are votes again", async () => {
  await oli.reads("2 of 2 votes left today");
  await row(oli, "Oolong").getByRole("button", { name: "Vote" }).tap();
  await oli.reads("1 of 2 votes left today");
  const page = oli.page.url();
  await oli.page.goto(`${shop}/#`);
  await oli.press("Let a day pass");
  await oli.reads("hours later now");
  await oli.page.goto(`${shop}/sign-in?return=${encodeURIComponent(page)}`);
  await oli.reads("2 of 2 votes left today");
  await oli.close();
});

test("nothing went wrong on any phone", () => assert.deepEqual(complaints, []));
