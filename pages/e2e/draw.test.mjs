/** A lottery and a check-in on a phone: drawn, verified once its seed is told; a streak over two days. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import { awayFromMidnight, complaints, openBrowser, phone, shop } from "./phone.mjs";

let browser;
before(async () => {
  browser = await openBrowser();
});
after(() => browser?.close());

test("who draws can verify the draw when it is over, and who checks in two days in a row has a streak of two", async () => {
  await awayFromMidnight();
  const kim = await phone(browser, `kim-${randomUUID().slice(0, 6)}`);
  const enter = async (link) => {
    await kim.page.goto(`${shop}/#`);
    await kim.page.getByRole("link", { name: link }).tap();
  };
  await kim.page.goto(`${shop}/#sign-in`);
  await kim.signIn();
  await enter("Check in");
  await kim.press("Check in");
  await kim.reads("1 days in a row");
  await enter("Lucky draw");
  await kim.press("Draw · 3 left");
  await kim.page.getByRole("button", { name: "Draw · 2 left" }).tap();
  await kim.page.getByRole("button", { name: "Draw · 1 left" }).waitFor();
  await kim.picture("lottery");
  const link = kim.page.url();
  await kim.page.goto(`${shop}/#`);
  await kim.press("Let a day pass");
  await kim.reads("hours later now");
  await enter("Check in");
  await kim.press("Check in");
  await kim.reads("2 days in a row");
  // What is due is looked at every ten seconds.
  const verify = kim.page.getByRole("button", { name: "Verify my draws" });
  for (let at = 0; at < 30 && (await verify.count()) === 0; at++) {
    await kim.page.goto(`${shop}/sign-in?return=${encodeURIComponent(link)}`);
    await kim.page.reload();
    await kim.page.getByRole("status").or(kim.page.getByRole("button")).first().waitFor();
  }
  await verify.tap();
  await kim.reads("Every draw is what was fixed before anybody took part.");
  await kim.picture("lottery-verified");
  await kim.close();
});

test("nothing went wrong on the phone", () => assert.deepEqual(complaints, []));
