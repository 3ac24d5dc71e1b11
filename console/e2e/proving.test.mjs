/** A walk through attribution, sessions, correlation, baskets and the metric tree, over a few shoppers of its own. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
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

const [minute, day] = [60_000, 86_400_000];
const begin = Math.floor((Date.now() - 5 * day) / day) * day;
const date = (ms) => new Date(ms).toISOString().slice(0, 10);
const days = `from=${date(begin - day)}&to=${date(Date.now())}`;
const [viewed, bought] = [`Tin Viewed ${run}`, `Tin Bought ${run}`];
const name = encodeURIComponent;
const figure = (of) => page.locator(`[data-figure="${of}"]`);
const chart = (of) => page.getByRole("img", { name: of }).locator("svg").waitFor();

test("the owner signs in, and six shoppers look, of whom three buy", async () => {
  await signIn(page);
  const batch = [];
  const put = (number, event, at, properties) =>
    batch.push({
      type: "track",
      messageId: randomUUID(),
      timestamp: new Date(at).toISOString(),
      userId: `tin-${number}-${run}`,
      event,
      properties,
    });
  for (let number = 1; number <= 6; number++) {
    put(number, viewed, begin + number * minute, { channel: number <= 4 ? "email" : "wechat" });
    const order = { order_id: `${number}-${run}`, revenue: 30, currency: "GBP" };
    order.products = ["Tin", "Tea"].map((item) => ({
      product_id: `${item} ${run}`,
      name: item,
      price: 15,
      quantity: 1,
    }));
    if (number <= 3) put(number, bought, begin + number * minute + 20_000, {});
    if (number <= 3) put(number, "Order Completed", begin + number * minute + 30_000, order);
  }
  const answer = await collect("/v1/batch", program.writeKey, { batch });
  assert.equal(answer.status, 200, answer.text);
});

test("what was bought is attributed to where the buyers came from", async () => {
  await page.goto(`${program.url}/insights/attribution?conversion=${name(bought)}&${days}`);
  await chart("What is attributed to each value, by model");
  await page.getByText("Conversions", { exact: true }).last().click();
  await page.getByText("Table", { exact: true }).click();
  await page.getByRole("row", { name: /^email 3 3 3 3 3 3 3 100\.0%/ }).waitFor();
});

test("who converts is told apart from who does not", async () => {
  await page.goto(
    `${program.url}/insights/correlation?start=${name(viewed)}&goal=${name(bought)}&least=1&fields=channel&${days}`,
  );
  await reads(figure("converted"), "3");
  await page.getByText("Nothing to compare in these days").waitFor({ state: "hidden" });
});

test("sessions and what is bought together have their figures", async () => {
  await page.goto(`${program.url}/insights/sessions?${days}`);
  await chart("Sessions by interval, and their bounce rate");
  // Orders are known a little behind the events that tell of them, and a page that has its answer asks no more.
  const none = page.getByText("Nothing is bought together often enough");
  for (let at = 0; at < 30 && (await figure("rules").count()) === 0; at++) {
    await page.goto(`${program.url}/insights/basket?orders=3&with=${name(`Tin ${run}`)}&${days}`);
    await figure("rules").or(none).waitFor();
  }
  await reads(figure("rules"), "2");
  await chart("The first rules, by confidence and support");
});

test("spend from a file stands in the metric tree", async () => {
  await page.goto(`${program.url}/metric-tree?${days}`);
  await chart("From the GMV of the period before to that of this one, by factor");
  await page.getByRole("button", { name: "Import spend" }).click();
  const rows = `day,channel,campaign,currency,amount\n${date(begin)},email,${run},GBP,12.50\n`;
  await page
    .getByLabel("CSV file of spend")
    .setInputFiles({ name: "spend.csv", mimeType: "text/csv", buffer: Buffer.from(rows) });
  await page.getByText("1 rows can be taken.").waitFor();
  await page.getByRole("button", { name: "Take them" }).click();
  await page.getByText("1 new, 0 changed, 0 the same as before.").waitFor();
  await page.getByRole("button", { name: "Close" }).last().click();
  await page.locator('[data-metric="spend"]').click();
  await page.getByRole("img", { name: "Spend over time, with the period before" }).locator("svg").waitFor();
});

test("nothing went wrong on the way", () => assert.deepEqual(complaints, []));
