/** A walk through what is meant to come: a plan drafted, made strict, broken, mended in quarantine; and data quality. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test as plain } from "node:test";
import { collect, openBrowser, program, signIn, stepsOf } from "./browser.mjs";

let browser;
let page;
let complaints;
const run = randomUUID().slice(0, 8);
const event = `Tea Steeped ${run}`;
const test = stepsOf(() => page, plain);

before(async () => {
  ({ browser, page, complaints } = await openBrowser());
});
after(async () => {
  await browser?.close();
});

const button = (name) => page.getByRole("button", { name, exact: true });
const steep = (id, properties) =>
  collect("/v1/track", program.writeKey, { messageId: `${id}-${run}`, userId: "tea-lover", event, properties });

test("a plan is drafted from what came, and saved", async () => {
  assert.equal((await steep("a", { minutes: 3 })).status, 200);
  await signIn(page);
  await page.goto(`${program.url}/sources?view=plan`);
  await page.getByRole("button", { name: /^(Draft it from the latest events|Add what was seen since)$/ }).click();
  const planned = page.locator("details", { hasText: event });
  await planned.locator("summary").click();
  await planned.getByRole("combobox", { name: `If ${event} is not as planned` }).click();
  await page.getByTitle("Keep it in quarantine", { exact: true }).last().click();
  await button("Save").click();
  await page.getByRole("heading", { name: /^Version \d+$/ }).waitFor();
});

test("what is not as planned waits in quarantine, is mended there and taken", async () => {
  const held = await steep("b", { minutes: "a while" });
  assert.equal(held.status, 200, held.text);
  await page.goto(`${program.url}/sources`);
  // The source whose key this walk sends with; what was imported has a quarantine of its own.
  await page.getByRole("button", { name: "Quarantine of Preset key", exact: true }).click();
  const message = page.locator(".quarantine > li", { hasText: event }).first();
  await message.getByText("planned is integer", { exact: false }).waitFor();
  await message.getByRole("button", { name: "Mend", exact: true }).click();
  const body = page.getByRole("textbox", { name: "The message to be sent" }).first();
  await body.fill((await body.inputValue()).replace('"a while"', "4"));
  await message.getByRole("button", { name: "Send again", exact: true }).click();
  await page.getByText("It is stored as an event").waitFor();
  await page.locator(".quarantine > li", { hasText: event }).waitFor({ state: "detached" });
});

test("data quality shows what was counted", async () => {
  await page.goto(`${program.url}/sources?view=quality`);
  await page.getByRole("region", { name: "Volume" }).waitFor();
  await page.getByRole("region", { name: "Counted while taking in" }).getByRole("row").nth(1).waitFor();
  await page.getByRole("region", { name: "What is empty, of the last seven days" }).getByText(event).waitFor();
  assert.deepEqual(complaints, []);
});
