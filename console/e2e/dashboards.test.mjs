/** A walk from a saved question to a dashboard that is read by a link, and from a watched figure to its bell. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test as plain } from "node:test";
import { collect, openBrowser, program, signIn, stepsOf } from "./browser.mjs";

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

const button = (name) => page.getByRole("button", { name, exact: true });
const region = (name) => page.getByRole("region", { name, exact: true });
const insight = `Shoppers ${run}`;
const dashboard = `Morning ${run}`;

test("the owner signs in, and somebody comes by", async () => {
  await signIn(page);
  const visit = { type: "track", messageId: randomUUID(), userId: `visitor-${run}`, event: "Product Viewed" };
  const answer = await collect("/v1/batch", program.writeKey, { batch: [visit] });
  assert.equal(answer.status, 200, answer.text);
});

test("a question is saved with a name", async () => {
  await page.goto(`${program.url}/insights/active`);
  await page.locator('[data-fresh="true"]').waitFor();
  await button("Save this question").click();
  await page.getByRole("textbox", { name: "Name", exact: true }).fill(insight);
  await button("Save").click();
  await page.getByText("Saved. It can be put on a dashboard.").waitFor();
});

test("it stands on a dashboard, is made wider, and is still so after a reload", async () => {
  await page.goto(`${program.url}/dashboards`);
  await button("New dashboard").click();
  await page.getByRole("textbox", { name: "Name of the dashboard" }).fill(dashboard);
  await button("Save").click();
  await page.getByRole("heading", { name: dashboard }).waitFor();
  await button("Change").click();
  await page.getByRole("combobox", { name: "Add a saved insight" }).fill(insight);
  await page.locator(".ant-select-dropdown:visible .ant-select-item-option").filter({ hasText: insight }).click();
  await button(`Make ${insight} wider`).click();
  await button("Save").click();
  await page.locator('[data-size="7x2"]').waitFor();
  await page.reload();
  await region(insight).getByRole("img", { name: insight }).waitFor();
  assert.equal(await region(insight).getAttribute("data-size"), "7x2");
});

test("a link shows it to somebody who is not signed in, until it is taken back", async () => {
  await button("Share by link").click();
  await button("Make a link").click();
  const link = page.getByRole("link", { name: "Open the link" });
  await link.waitFor();
  const address = await link.getAttribute("href");
  const stranger = await browser.newContext();
  const seen = await stranger.newPage();
  await seen.goto(address);
  await seen.getByRole("region", { name: insight, exact: true }).getByRole("img", { name: insight }).waitFor();
  assert.equal(await seen.getByRole("navigation").count(), 0, "a stranger sees no pages");
  await button("Take back").click();
  await link.waitFor({ state: "detached" });
  await seen.reload();
  await seen.getByRole("alert").waitFor();
  await stranger.close();
});

test("an alert is raised, the bell tells, and somebody has seen it", async () => {
  await page.goto(`${program.url}/alerts`);
  await button("New alert").click();
  await page.getByRole("textbox", { name: "Name of the alert" }).fill(`Visitors ${run}`);
  await page.getByRole("combobox", { name: "Figure" }).click();
  await page
    .locator(".ant-select-dropdown:visible .ant-select-item-option")
    .filter({ hasText: "Active shoppers" })
    .click();
  await page.getByRole("spinbutton", { name: "above" }).fill("0");
  await page.getByRole("checkbox", { name: "Look at today, though it is not over" }).check();
  await button("What would it find now?").click();
  await page
    .getByText(/Active shoppers on .* above 0\./)
    .first()
    .waitFor();
  await button("Save").click();
  const raised = region("Raised")
    .getByRole("listitem")
    .filter({ hasText: `Visitors ${run}` });
  await raised.waitFor();
  await page.locator('[data-figure="open-alerts"]').waitFor({ timeout: 60_000 });
  await raised.getByRole("button", { name: "Seen" }).click();
  await raised.getByText(/seen by/).waitFor();
});

test("nothing went wrong in the browser on the way", () => {
  // The link that was taken back is answered 404, as it should be.
  assert.deepEqual(
    complaints.filter((one) => !one.includes("404")),
    [],
  );
});
