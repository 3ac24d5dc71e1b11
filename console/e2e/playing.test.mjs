/** A walk through plays and operations: every kind of play from template to publication, and the program's own figures. */
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

/** Asks the program as whoever is signed in, under a key of its own. */
const ask = (path, body) =>
  page.evaluate(
    async ([path, key, body]) => {
      const session = await (await fetch("/api/v1/session")).json();
      const headers = {
        "content-type": "application/json",
        "idempotency-key": key,
        "x-csrf-token": session.csrf_token,
      };
      const response = await fetch(path, { method: "POST", headers, body: JSON.stringify(body) });
      if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
      return response.json();
    },
    [path, randomUUID(), body],
  );

test("the owner signs in", async () => {
  await signIn(page);
});

/** Opens the form of a new play of a kind. */
async function begin(kind) {
  await link("Plays").click();
  await heading("Plays").waitFor();
  await button("New play").first().click();
  await heading("New play").waitFor();
  await page.getByText(kind, { exact: true }).first().click();
}

/** Saves what was filled in, and publishes it. */
async function publish(name) {
  await button("Save").click();
  await heading(name).waitFor();
  await button("Publish version 1").click();
  await page.getByRole("dialog").getByText("Published").first().waitFor();
  await page.getByRole("dialog").getByRole("button", { name: "OK" }).click();
}

test("a group buy is made from the template and published", async () => {
  await begin("Group buy");
  await page.getByLabel("Identifier", { exact: true }).fill(`together_${run}`);
  await page.getByLabel("Product", { exact: true }).fill(`play-${run}`);
  await page.getByLabel("Price of a unit").fill("8.00");
  await publish("Buy together");
  await page.getByText("Nobody has opened a group yet.").waitFor();
  await link("Plays").click();
  await page.getByText(`play-${run}`).first().waitFor();
  await page.getByText("Published").first().waitFor();
});

test("a bargain is made from the template and published", async () => {
  await begin("Bargain");
  await page.getByLabel("Identifier", { exact: true }).fill(`cut_${run}`);
  await page.getByLabel("Product", { exact: true }).fill(`cut-${run}`);
  await page.getByLabel("Floor price").fill("60.00");
  await publish("Cut the price");
  await page.getByText("Nobody has opened a bargain yet.").waitFor();
});

test("an invitation is made from the template and published, and its gates name the bans", async () => {
  await begin("Invitation");
  await page.getByLabel("Identifier", { exact: true }).fill(`friends_${run}`);
  await page.getByLabel("Friends", { exact: true }).last().fill("2");
  await page.getByLabel("Budget of all rewards").fill("500.00");
  await button("Save").click();
  await heading("Invite friends").waitFor();
  await button("Publish version 1").click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("nobody is rewarded for how many people they recruit").first().waitFor();
  await dialog.getByRole("button", { name: "OK" }).click();
  await page.getByText("Nobody has invited anybody yet.").waitFor();
});

test("an invitation in flight shows its friends, one who ordered and is due", async () => {
  const opened = await ask(`/api/v1/plays/friends_${run}/assists`, { shopper_id: `ann-${run}` });
  await ask(`/api/v1/assists/${opened.assist_id}/accept`, { shopper_id: `bob-${run}` });
  const line = { line_id: "1", product_id: "tea", quantity: 1, unit_minor: 5_000 };
  const order = { cart: { currency: "CNY", lines: [line] }, shopper: { shopper_id: `bob-${run}` } };
  const reserved = await ask("/api/v1/redemptions", order);
  await ask(`/api/v1/redemptions/${reserved.redemption_id}/redeem`, {});
  await link("Plays").click();
  const row = page.locator(`[data-assist="${opened.assist_id}"]`);
  await row.getByText("0 / 2").waitFor();
  await row.getByRole("button").click();
  const friends = page.getByRole("list", { name: "Friends" });
  await friends.getByText(`bob-${run}`).waitFor();
  await friends.getByText("counts from").waitFor();
  await row.getByRole("link", { name: "Given and promised" }).click();
  await heading("Ledger").waitFor();
});

test("a lottery is published, and what fixes its draws is shown", async () => {
  await begin("Lottery");
  await page.getByLabel("Identifier", { exact: true }).fill(`wheel_${run}`);
  await page.getByLabel("Prize", { exact: true }).fill("Ten points");
  await publish("Lucky draw");
  await page.getByText("Its draws are fixed by").waitFor();
  await page.getByText("Nobody has drawn yet.").waitFor();
});

test("a check-in is made from the template and published", async () => {
  await begin("Check-in");
  await page.getByLabel("Identifier", { exact: true }).fill(`daily_${run}`);
  await publish("Every day");
  await page.getByText("Nobody has checked in yet.").waitFor();
});

test("tasks are made from the template, and who takes them on is shown with how far they are", async () => {
  await begin("Tasks");
  await page.getByLabel("Identifier", { exact: true }).fill(`steps_${run}`);
  await page.getByLabel("What to do", { exact: true }).fill("Review a tea");
  await publish("First steps");
  await page.getByText("Nobody has taken them on yet.").waitFor();
  await ask(`/api/v1/plays/steps_${run}/tasks`, { shopper_id: `cas-${run}` });
  const runs = page.getByRole("region", { name: "Tasks taken on", exact: true });
  await runs
    .getByRole("row", { name: `cas-${run}` })
    .getByText("Review a tea 0/1")
    .waitFor();
});

test("a vote is made with two teas and entries; what a shopper puts up is shown once somebody looked at it", async () => {
  await begin("Vote");
  await page.getByLabel("Identifier", { exact: true }).fill(`best_${run}`);
  await page.getByLabel("Title", { exact: true }).first().fill("Green");
  await page.getByLabel("Title", { exact: true }).nth(1).fill("Oolong");
  await page.getByText("Shoppers may put something up").click();
  await publish("The best of all");
  const play = `/api/v1/plays/best_${run}`;
  await ask(`${play}/vote-entries`, { shopper_id: `ann-${run}`, title: "Smoked" });
  await ask(`${play}/votes`, { shopper_id: `bob-${run}`, entry_id: "c2" });
  const region = (name) => page.getByRole("region", { name, exact: true });
  await region("Standings")
    .getByRole("row", { name: /^1 Oolong the shop 1/ })
    .waitFor();
  await region("Put up by shoppers").getByRole("row", { name: "Smoked" }).getByText("Waiting").waitFor();
  await region("Put up by shoppers").getByRole("button", { name: "Show" }).click();
  await region("Standings")
    .getByRole("row", { name: `Smoked ann-${run} 0` })
    .waitFor();
});

test("a quiz is made with a question, and how it is answered is shown", async () => {
  await begin("Quiz");
  await page.getByLabel("Identifier", { exact: true }).fill(`know_${run}`);
  await page.getByLabel("Question", { exact: true }).fill("Which tea is green?");
  await page.getByLabel("Answer", { exact: true }).first().fill("Longjing");
  await page.getByLabel("Answer", { exact: true }).nth(1).fill("Dianhong");
  await page.getByRole("button", { name: "Add an answer" }).click();
  await page.getByLabel("Answer", { exact: true }).nth(2).fill("Pu'er");
  await publish("What do you know?");
  await page.getByText("Nobody has begun it yet.").waitFor();
  const attempts = `/api/v1/plays/know_${run}/quiz-attempts`;
  const attempt = await ask(attempts, { shopper_id: `dan-${run}` });
  const right = attempt.questions[0].options.indexOf("Longjing") + 1;
  await ask(`${attempts}/${attempt.attempt_id}/answers`, { shopper_id: `dan-${run}`, answers: { q1: [right] } });
  const region = (name) => page.getByRole("region", { name, exact: true });
  await region("Questions").getByRole("row", { name: "Which tea is green? 1 1 (100.0%)" }).waitFor();
  await region("Attempts")
    .getByRole("row", { name: `dan-${run}` })
    .getByText("10 points")
    .waitFor();
});

test("operations shows the program's own figures", async () => {
  await link("Operations").click();
  await heading("Operations").waitFor();
  await page.locator(".panel, .figure, table").first().waitFor();
});

test("nothing went wrong in the page", () => {
  assert.deepEqual(complaints, []);
});
