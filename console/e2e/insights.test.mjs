/** A walk through Insights: a funnel over shoppers of its own, whose figures it works out itself; the other three questions. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { after, before, test as plain } from "node:test";
import { collect, openBrowser, program, reads, signIn, stepsOf } from "./browser.mjs";

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

const panel = (name) => page.getByRole("region", { name, exact: true });
const button = (name) => page.getByRole("button", { name, exact: true });
const combobox = (name) => page.getByRole("combobox", { name, exact: true });
const fresh = () => page.locator('[data-fresh="true"]').waitFor();
const percent = (share) =>
  new Intl.NumberFormat("en-GB", { style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 }).format(
    share,
  );

const [viewed, added, bought] = ["Viewed", "Added", "Bought"].map((what) => `Tea ${what}, ${run}`);
const steps = [viewed, added, bought];
const [minute, hour, day] = [60_000, 3_600_000, 86_400_000];

/** Twelve shoppers: all look, every second adds, every fourth buys; of the others every sixth buys too late for a week. */
const begin = Math.floor((Date.now() - 15 * day) / day) * day + 10 * hour;
const shopper = (number) => `funnel-${number}-${run}`;
const events = [];
for (let number = 1; number <= 12; number++) {
  const put = (event, afterMs) =>
    events.push({ number, event, at: begin + number * minute + afterMs, device: number <= 6 ? "phone" : "desktop" });
  if (number === 11) put(added, -hour);
  put(viewed, 0);
  if (number % 2 === 0) put(added, number * 10 * minute);
  if (number % 4 === 0) put(bought, 3 * hour);
  else if (number % 6 === 0) put(bought, 9 * day);
}

/** Who gets how far, the plain way: from every first step on, as far as it goes within the window. */
function furthest(number, withinMs) {
  const own = events.filter((event) => event.number === number).sort((left, right) => left.at - right.at);
  const depths = own.map((first, place) => {
    if (first.event !== steps[0]) return 0;
    const later = own.slice(place + 1).filter((event) => event.at - first.at <= withinMs);
    return later.reduce((depth, event) => (event.event === steps[depth] ? depth + 1 : depth), 1);
  });
  return Math.max(0, ...depths);
}
const numbers = Array.from({ length: 12 }, (_, place) => place + 1);
const reach = (depth, withinMs, of = numbers) => of.filter((number) => furthest(number, withinMs) >= depth).length;

async function showsFunnel(withinMs) {
  for (const depth of [1, 2, 3]) {
    const step = page.locator(`[data-step="${depth}"]`);
    const [shoppers, first] = [reach(depth, withinMs), reach(1, withinMs)];
    await reads(step.locator('[data-figure="shoppers"]'), String(shoppers));
    await reads(step.locator('[data-figure="of_first"]'), percent(shoppers / first));
    if (depth > 1)
      await reads(step.locator('[data-figure="of_previous"]'), percent(shoppers / reach(depth - 1, withinMs)));
  }
  await reads(page.locator('[data-figure="conversion"]'), percent(reach(3, withinMs) / reach(1, withinMs)));
}

/** Chooses an event by typing its name, with keys alone. */
async function choose(label, event) {
  const dropdown = page.locator(".ant-select-dropdown:visible");
  await combobox(label).fill(event);
  await dropdown.locator(".ant-select-item-option-active").filter({ hasText: event }).waitFor();
  await page.keyboard.press("Enter");
  await page.keyboard.press("Escape");
  await dropdown.waitFor({ state: "hidden" });
}

test("the owner signs in, and twelve shoppers do things", async () => {
  await signIn(page);
  const batch = events.map(({ number, event, at, device }) => ({
    type: "track",
    messageId: randomUUID(),
    timestamp: new Date(at).toISOString(),
    userId: shopper(number),
    event,
    properties: { device },
  }));
  const answer = await collect("/v1/batch", program.writeKey, { batch });
  assert.equal(answer.status, 200, answer.text);
});

const days = () => {
  const date = (ms) => new Date(ms).toISOString().slice(0, 10);
  return `from=${date(begin - 2 * day)}&to=${date(Date.now())}`;
};

test("a funnel is built from known events, and its figures are those of the shoppers", async () => {
  await page.getByRole("navigation").getByRole("link", { name: "Insights", exact: true }).click();
  await page.goto(`${program.url}/insights?${days()}`);
  await page.getByRole("heading", { name: "Which way do they take?" }).waitFor();
  await choose("Events of step 1", viewed);
  await choose("Events of step 2", added);
  await fresh();
  await button("Add a step").click();
  await choose("Events of step 3", bought);
  await showsFunnel(7 * day);

  // The question is in the address: a reload asks it again.
  await page.reload();
  await showsFunnel(7 * day);
  await page.getByRole("spinbutton", { name: "Within" }).fill("10");
  await page.keyboard.press("Tab");
  await showsFunnel(10 * day);
  assert.ok(reach(3, 10 * day) > reach(3, 7 * day), "the window makes a difference");
  assert.equal(new URL(page.url()).searchParams.get("within"), "10d");
});

test("a funnel is broken down, downloaded, and tells who went no further", async () => {
  await combobox("Break down by").fill("colour");
  await page.keyboard.press("Enter");
  await page
    .locator(".asked-field")
    .getByRole("alert")
    .filter({ hasText: "`colour` is no field of an event" })
    .waitFor();
  await combobox("Break down by").fill("properties.device");
  await page.keyboard.press("Enter");
  const parts = panel("By properties.device");
  for (const [device, of] of [
    ["phone", numbers.slice(0, 6)],
    ["desktop", numbers.slice(6)],
  ]) {
    const cells = [1, 2, 3].map((depth) => String(reach(depth, 10 * day, of)));
    const share = percent(reach(3, 10 * day, of) / reach(1, 10 * day, of));
    await parts.getByRole("row", { name: `${device} ${cells.join(" ")} ${share}`, exact: true }).waitFor();
  }

  const [download] = await Promise.all([page.waitForEvent("download"), button("Download CSV").click()]);
  const lines = (await readFile(await download.path(), "utf8")).trim().split("\r\n");
  assert.equal(lines.length, 1 + 3 + 2 * 3);
  assert.ok(lines[3].startsWith(`all,,3,"${bought}",${reach(3, 10 * day)},`), lines[3]);

  const stopped = numbers.filter((number) => furthest(number, 10 * day) === 2);
  await button(`${stopped.length} went no further`).click();
  const drawer = page.getByRole("dialog").filter({ hasText: "Went no further than step 2" });
  await drawer.getByText(`People: ${stopped.length}`).waitFor();
  assert.deepEqual((await drawer.getByRole("link").allInnerTexts()).sort(), stopped.map(shopper).sort());
  await drawer.getByRole("link").first().click();
  await panel("At a glance").waitFor();
});

test("a trend is counted, told apart, divided and followed to its people", async () => {
  const series = (event, figure) => new URLSearchParams({ event, figure }).toString();
  const question = new URLSearchParams([
    ["series", series(bought, "count")],
    ["series", series(viewed, "shoppers")],
    ["formula", "A / B * 100"],
    ["by", "properties.device"],
  ]);
  await page.goto(`${program.url}/insights/trends?${question}&${days()}`);
  const buyers = numbers.filter((number) => events.some((one) => one.number === number && one.event === bought));
  await reads(page.locator('[data-figure="A"]'), String(buyers.length));
  await reads(page.locator('[data-figure="B"]'), "12");
  await page.getByRole("img", { name: "Figures over the days" }).locator("svg").waitFor();
  const chart = panel("Trends");
  await chart.getByText("Table", { exact: true }).click();
  const total = chart.getByRole("row", { name: /^All days/ });
  await reads(total.getByRole("cell").first(), String(buyers.length));
  await page.getByRole("button", { name: "filter", exact: true }).first().waitFor();
  await total.getByRole("button").first().click();
  const drawer = page.getByRole("dialog");
  await drawer.getByText(`People: ${buyers.length}`).waitFor();
  assert.deepEqual((await drawer.getByRole("link").allInnerTexts()).sort(), buyers.map(shopper).sort());
  await drawer.getByRole("textbox", { name: "Name of a list" }).fill(`Buyers ${run}`);
  await drawer.getByRole("button", { name: "Keep as a list" }).click();
  await drawer.getByRole("link", { name: `${buyers.length} people are kept` }).waitFor();
});

test("an unknown event is told at its step, with those that are spelled alike", async () => {
  const wrong = viewed.replace("Viewed", "Viewd");
  const question = new URLSearchParams([wrong, bought].map((name) => ["step", name.replace(",", "\\,")]));
  await page.goto(`${program.url}/insights/funnel?${question}`);
  const step = page.getByRole("listitem").filter({ has: combobox("Events of step 1") });
  await step
    .getByRole("alert")
    .filter({ hasText: `did you mean \`${viewed}\`` })
    .waitFor();
});

test("who looked comes back, is active, and takes a path", async () => {
  const name = (event) => encodeURIComponent(event.replace(",", "\\,"));
  await page.goto(
    `${program.url}/insights/retention?start=${name(viewed)}&then=${name(bought)}&interval=day&${days()}`,
  );
  const cohort = page.locator(`[data-cohort="${new Date(begin).toISOString().slice(0, 10)}"]`);
  const came = (low, high) =>
    numbers.filter((number) => {
      const [first, last] = [viewed, bought].map((what) =>
        events.find((event) => event.number === number && event.event === what),
      );
      const passed = last === undefined ? -1 : Math.floor(last.at / day) - Math.floor(first.at / day);
      return passed >= low && passed <= high;
    }).length;
  await reads(cohort.getByRole("cell").first(), "12");
  await reads(cohort.getByRole("cell").nth(1), percent(came(0, 0) / 12));
  await reads(cohort.getByRole("cell").nth(10), percent(came(9, 9) / 12));

  await page.goto(`${program.url}/insights/active?events=${name(viewed)}&interval=day&${days()}`);
  await reads(page.locator('[data-figure="new"]'), "12");
  await page.getByRole("img", { name: "Active shoppers over time" }).locator("svg").waitFor();

  await page.goto(`${program.url}/insights/paths?start=${name(viewed)}&gap=4h&${days()}`);
  await reads(page.locator('[data-figure="sessions"]'), "12");
  await page.getByRole("img", { name: "Sessions flowing from event to event" }).locator("svg").waitFor();
  const whole = numbers.filter((number) => number % 4 === 0).length;
  await panel("Paths taken most")
    .getByRole("row", { name: `${steps.join(" → ")} ${whole} ${percent(whole / 12)}` })
    .waitFor();
});

test("nothing went wrong on the way", () => assert.deepEqual(complaints, []));
