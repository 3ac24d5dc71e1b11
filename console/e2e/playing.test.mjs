/** A walk through plays and operations: a group buy from template to publication, and the program's own figures. */
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

test("the owner signs in", async () => {
  await signIn(page);
});

test("a group buy is made from the template and published", async () => {
  await link("Plays").click();
  await heading("Plays").waitFor();
  await page.getByRole("link", { name: "New group buy" }).or(button("New group buy")).first().click();
  await heading("New group buy").waitFor();
  await page.getByLabel("Identifier").fill(`together_${run}`);
  await page.getByLabel("Product", { exact: true }).fill(`play-${run}`);
  await page.getByLabel("Price of a unit").fill("8.00");
  await button("Save").click();
  await heading("Buy together").waitFor();
  await button("Publish version 1").click();
  await page.getByRole("dialog").getByText("Published").first().waitFor();
  await page.getByRole("dialog").getByRole("button", { name: "OK" }).click();
  await page.getByText("Nobody has opened a group yet.").waitFor();
  await link("Plays").click();
  await page.getByText(`play-${run}`).first().waitFor();
  await page.getByText("Published").first().waitFor();
});

test("operations shows the program's own figures", async () => {
  await link("Operations").click();
  await heading("Operations").waitFor();
  await page.locator(".panel, .figure, table").first().waitFor();
});

test("nothing went wrong in the page", () => {
  assert.deepEqual(complaints, []);
});
