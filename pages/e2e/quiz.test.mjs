/** A quiz on a phone: begun, answered, rewarded for what was right; and one whose time runs out. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import { complaints, openBrowser, phone, shop } from "./phone.mjs";

let browser;
before(async () => {
  browser = await openBrowser();
});
after(() => browser?.close());

/** The right ones of every question of the demonstration. */
const RIGHT = ["绿茶 · Green", "浙江 · Zhejiang", "云南 · Yunnan", "白茶 · White"];
const right = {
  oxidised: RIGHT[0],
  Longjing: RIGHT[1],
  "Pu'er": RIGHT[2],
  "Silver Needle": RIGHT[3],
};

async function answers(page, of) {
  const questions = page.locator("fieldset");
  await questions.first().waitFor();
  const count = await questions.count();
  for (let at = 0; at < count; at++) {
    const text = await questions.nth(at).locator("legend").textContent();
    const [, good] = Object.entries(right).find(([word]) => text.includes(word));
    const options = questions.nth(at).locator("label");
    const names = (await options.allTextContents()).map((name) => name.trim());
    await options.nth(at < of ? names.indexOf(good) : names.findIndex((name) => name !== good)).tap();
  }
  return count;
}

test("two of three right give ten points, all give thirty, and what was right is told afterwards", async () => {
  const una = await phone(browser, `una-${randomUUID().slice(0, 6)}`);
  await una.page.goto(`${shop}/#sign-in`);
  await una.signIn();
  await una.page.getByRole("link", { name: "Tea quiz" }).tap();
  await una.reads("3 questions, 60 seconds");
  await una.press("Begin");
  assert.equal(await answers(una.page, 2), 3);
  await una.picture("quiz-asked");
  // What was begun is there again when the page is opened anew; what is right is in none of it.
  await una.page.reload();
  assert.equal(await una.page.getByText("Heat keeps it green").count(), 0);
  await answers(una.page, 2);
  await una.press("Hand in");
  await una.reads("2 of 3 right. You get 10 points.");
  assert.equal(await una.page.getByText("✓").count(), 3);
  assert.equal(await una.page.getByText("✗").count(), 1);
  await una.picture("quiz-answered");
  await una.press("Once more");
  await answers(una.page, 3);
  await una.press("Hand in");
  await una.reads("3 of 3 right. You get 30 points.");
  await una.close();
});

test("nothing went wrong on the phone", () => assert.deepEqual(complaints, []));
