/** A walk from a preview to a report that is kept, read and saved, and to one that is due every month. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
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
const [name, plan] = [`News ${run}`, `Monthly ${run}`];

test("the owner signs in, and somebody comes by", async () => {
  await signIn(page);
  const visit = { type: "track", messageId: randomUUID(), userId: `reader-${run}`, event: "Product Viewed" };
  const answer = await collect("/v1/batch", program.writeKey, { batch: [visit] });
  assert.equal(answer.status, 200, answer.text);
});

test("a report is previewed, then kept", async () => {
  await page.goto(`${program.url}/reports`);
  await button("Make one now").click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("textbox", { name: "Name of the report", exact: true }).fill(name);
  await button("Preview").click();
  const sheet = page.frameLocator(`iframe[title="Preview of ${name}"]`);
  await sheet.getByRole("heading", { level: 2, name: "In short", exact: true }).waitFor();
  await button("Make and keep").click();
  await region("Made").getByRole("listitem").filter({ hasText: name }).waitFor();
});

test("it is read on the page and saved as PDF", async () => {
  const row = region("Made").getByRole("listitem").filter({ hasText: name });
  await row.getByRole("button", { name: "Read", exact: true }).click();
  await page.frameLocator(`iframe[title="${name}"]`).getByRole("heading", { level: 1, name }).waitFor();
  await page.getByRole("dialog").getByRole("button", { name: "Close" }).click();
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    row.getByRole("button", { name: "Save PDF", exact: true }).click(),
  ]);
  const file = await readFile(await download.path());
  assert.equal(file.subarray(0, 8).toString(), "%PDF-1.7");
});

test("one is planned for every month, and switched off", async () => {
  await button("New schedule").click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("textbox", { name: "Name of the report", exact: true }).fill(plan);
  await dialog.getByRole("combobox", { name: "Made", exact: true }).click();
  await page.getByTitle("every first of the month").click();
  await button("Save").click();
  const row = region("Scheduled").getByRole("listitem").filter({ hasText: plan });
  await row.getByText(/due /).waitFor();
  await row.getByRole("switch").click();
  await row.getByText("switched off").waitFor();
});

test("nothing went wrong in the browser on the way", () => {
  assert.deepEqual(complaints, []);
});
