/** Tasks of the day on a phone: taken on, done in the shop, each fact once, and rewarded. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import { complaints, openBrowser, phone, shop } from "./phone.mjs";

let browser;
before(async () => {
  browser = await openBrowser();
});
after(() => browser?.close());

test("three teas are looked at, one is put into the cart, and points come of it once", async () => {
  const tim = await phone(browser, `tim-${randomUUID().slice(0, 6)}`);
  await tim.page.goto(`${shop}/#sign-in`);
  await tim.signIn();
  await tim.page.getByRole("link", { name: "Tasks of the day" }).tap();
  await tim.press("Take them on");
  await tim.reads("Look at three teas 0/3");
  const tasks = tim.page.url();
  // The same tea twice is one tea.
  for (const at of [0, 0, 1]) {
    await tim.page.goto(`${shop}/#`);
    await tim.page.locator("a.tile").nth(at).tap();
    await tim.page.getByRole("button", { name: "Add to cart" }).waitFor();
  }
  await tim.page.goto(tasks);
  await tim.reads("Look at three teas 2/3");
  await tim.page.goto(`${shop}/#`);
  await tim.page.locator("a.tile").nth(2).tap();
  await tim.press("Add to cart");
  await tim.reads("It is in your cart.");
  await tim.page.goto(tasks);
  await tim.reads("✓ 看三款茶 · Look at three teas");
  await tim.reads("All done.");
  await tim.picture("tasks");
  await tim.close();
});

test("nothing went wrong on the phone", () => assert.deepEqual(complaints, []));
