/** A walk through how long events are kept: an age is given, what it forgets is counted, forgotten, and missing after. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test as plain } from "node:test";
import { collect, openBrowser, program, signIn, stepsOf } from "./browser.mjs";

let browser;
let page;
let complaints;
const run = randomUUID().slice(0, 8);
const event = `Tea Poured ${run}`;
const test = stepsOf(() => page, plain);

before(async () => {
  ({ browser, page, complaints } = await openBrowser());
});
after(async () => {
  await browser?.close();
});

const panel = () => page.getByRole("region", { name: "How long events are kept" });
const pour = (id, timestamp) =>
  collect("/v1/track", program.writeKey, { messageId: `${id}-${run}`, userId: "tea-lover", event, timestamp });

test("an event is given an age, and what it would forget is counted", async () => {
  for (const [id, at] of [
    ["a", "2015-03-01T10:00:00Z"],
    ["b", "2015-03-02T10:00:00Z"],
    ["c", new Date().toISOString()],
  ]) {
    assert.equal((await pour(id, at)).status, 200);
  }
  await signIn(page);
  await page.goto(`${program.url}/settings`);
  await panel().getByRole("button", { name: "Add an event", exact: true }).click();
  await panel().getByRole("combobox", { name: "Event", exact: true }).last().fill(event);
  await panel()
    .getByRole("spinbutton", { name: `Days: Age of ${event}` })
    .fill("30");
  await panel().getByRole("row", { name: event }).getByText("2 of 3", { exact: true }).waitFor();
});

test("it is forgotten once that is confirmed, and there is a record of it", async () => {
  await panel().getByRole("button", { name: "Save", exact: true }).click();
  const dialog = page.getByRole("dialog", { name: "Forget 2 events?" });
  await dialog.getByText("This cannot be undone", { exact: false }).waitFor();
  await dialog.getByRole("button", { name: "Forget them", exact: true }).click();
  await page.getByText("These rules are in force now.").waitFor();
  const first = panel().locator(".retained-runs tbody tr").first();
  await first.getByRole("cell", { name: "2", exact: true }).waitFor({ timeout: 60_000 });
  const late = await pour("d", "2015-03-03T10:00:00Z");
  assert.equal(late.status, 400, late.text);
});

test("a question that reaches back further says what is missing", async () => {
  const step = encodeURIComponent(event);
  await page.goto(`${program.url}/insights/active?events=${step}&from=2015-01-01&to=2015-12-31`);
  const alert = page.locator(".ant-alert-warning", { hasText: "reaches back further than events are kept" });
  await alert.getByText(event, { exact: false }).waitFor();
  assert.deepEqual(complaints, []);
});

test("the rule goes again", async () => {
  await page.goto(`${program.url}/settings`);
  await panel()
    .getByRole("button", { name: `Remove the rule for ${event}` })
    .click();
  await panel().getByRole("button", { name: "Save", exact: true }).click();
  await page.getByText("These rules are in force now.").waitFor();
  await panel().getByText("Older events are being forgotten.").waitFor({ state: "detached", timeout: 60_000 });
  assert.equal((await pour("e", "2015-03-03T10:00:00Z")).status, 200);
});
