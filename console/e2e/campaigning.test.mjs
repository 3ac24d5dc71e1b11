/** A walk through a campaign: from its template to its publication, a pause, its close and its review, in both languages. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test as plain } from "node:test";
import { openBrowser, signIn, stepsOf } from "./browser.mjs";

let browser;
let page;
let complaints;
const run = randomUUID().slice(0, 8);
const test = stepsOf(() => page, plain);

before(async () => {
  ({ browser, page, complaints } = await openBrowser());
});
after(async () => {
  await browser?.close();
});

const link = (name) => page.getByRole("navigation").getByRole("link", { name, exact: true });
const button = (name) => page.getByRole("button", { name, exact: true });
const heading = (name) => page.getByRole("heading", { level: 1, name, exact: true });
const tab = (name) => page.getByRole("tab", { name, exact: true });

test("the owner signs in", async () => {
  await signIn(page);
});

test("a spend-off festival is made from its template, with its offer", async () => {
  await link("Campaigns").click();
  await heading("Campaigns").waitFor();
  await button("New campaign").click();
  await page.locator('[data-template="festival"]').click();
  await heading("Spend-off festival").waitFor();
  await page.getByLabel("Identifier").fill(`festival_${run}`);
  await page.getByLabel("Name", { exact: true }).fill(`Festival ${run}`);
  await button("Save").click();
  await heading(`Festival ${run}`).waitFor();
  await page.locator(`[data-piece="festival_${run}"]`).waitFor();
});

test("its gates are looked at, and it is published", async () => {
  await tab("Gates").click();
  await page.locator('[data-gate="campaign_budget"]').waitFor();
  await page.locator(`[data-gate="festival_${run}/bounded_cost"]`).waitFor();
  await button("Publish").click();
  await page.getByRole("dialog").getByText("Published").first().waitFor();
  await page.getByRole("dialog").getByRole("button", { name: "OK" }).click();
  await page.getByText("Running", { exact: true }).waitFor();
});

test("its numbers say what each is, and that it is too early to tell", async () => {
  await tab("Numbers").click();
  await page.getByText("it is too early to tell: 0 people are treated", { exact: false }).waitFor();
  await page.getByText("Reach", { exact: true }).hover();
  await page.locator('[data-lift="conversion"]').waitFor();
});

test("it is paused and goes on", async () => {
  await button("Pause").click();
  await page.getByRole("button", { name: "OK", exact: true }).click();
  await page.getByText("Paused", { exact: true }).waitFor();
  await button("Resume").click();
  await page.getByText("Running", { exact: true }).waitFor();
});

test("it is closed, and its review can be taken along, in both languages", async () => {
  await button("Close").click();
  await page.getByRole("button", { name: "OK", exact: true }).click();
  await page.getByText("Closed", { exact: true }).waitFor();
  await tab("Review").click();
  await page.getByText("These figures no longer change.", { exact: false }).waitFor();
  const saved = page.waitForEvent("download");
  await button("CSV").click();
  assert.equal((await saved).suggestedFilename(), `festival_${run}.csv`);
  await tab("History").click();
  await page.getByRole("row", { name: /Campaign Closed/ }).waitFor();
  await button("切换到简体中文").click();
  await page.getByRole("tab", { name: "复盘", exact: true }).click();
  await page.getByText("以下数据不再变化。", { exact: false }).waitFor();
  await button("Switch to English").click();
});

test("nothing went wrong in the page", () => {
  assert.deepEqual(complaints, []);
});
