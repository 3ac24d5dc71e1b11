/** A bargain on phones: opened, helped, bought at the lowest price, and its cuts computed anew in the browser. */
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

test("friends help a bargain to the lowest price, it is bought, and anybody verifies the cuts", async () => {
  const gil = await phone(browser, `gil-${run}`);
  await gil.page.goto(`${shop}/#sign-in`);
  await gil.signIn();
  await gil.page.getByRole("link", { name: "Bargain for a teapot" }).tap();
  await gil.press("Start bargaining");
  await gil.reads("3 more helps");
  const link = gil.page.url();
  assert.match(link, /\/p\/bargain\/run_/);
  for (const name of ["hal", "ida", "jon"]) {
    const friend = await phone(browser, `${name}-${run}`, name === "hal" ? "zh-CN" : "en-GB");
    await friend.page.goto(link);
    const text = name === "hal" ? "帮砍一刀" : "Help";
    await friend.press(text);
    await friend.signIn();
    await friend.press(text);
    await friend.reads(name === "hal" ? "感谢帮砍" : "Thank you for your help");
    await friend.picture(`bargain-${name}`);
    await friend.close();
  }
  await gil.press("Buy for ¥39.00");
  await gil.press("Pay ¥39.00");
  await gil.reads("It is bought.");
  await gil.press("Verify the cuts");
  await gil.reads("Every cut is the one fixed before the first help.");
  await gil.picture("bargain-bought");
  await gil.close();
});

test("nothing went wrong on any phone", () => assert.deepEqual(complaints, []));
