/** Group buys on phones: opened from the shop, shared, joined, completed; and one that fails, with the money back. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import { complaints, fanvine, openBrowser, phone, shop } from "./phone.mjs";

const run = randomUUID().slice(0, 6);
let browser;
let lia;
let link;

before(async () => {
  browser = await openBrowser();
});
after(() => browser?.close());

/** From the shop's front page into a paid group of so many. */
async function opens(who, size, price) {
  await who.page.goto(`${shop}/#sign-in`);
  await who.signIn();
  await who.page.getByRole("link", { name: "Tea together" }).tap();
  await who.press(`group of ${size}`);
  await who.press(`Open a group for ${price}`);
  await who.press(`Pay ${price}`);
  await who.reads(`${size - 1} more needed`);
  return who.page.url();
}

test("a leader opens a group from the shop and pays for the seat", async () => {
  lia = await phone(browser, `lia-${run}`);
  link = await opens(lia, 2, "¥58.00");
  assert.match(link, /\/p\/group\/run_/);
  assert.ok(!link.includes("token"), "the token stays out of what is shared");
  await lia.picture("group-open");
});

test("the link says what it is about before any script runs, in the reader's language", async () => {
  for (const [language, text] of [
    ["zh-CN", "【2人团】"],
    ["en", "join our group of 2"],
  ]) {
    const answer = await fetch(link, { headers: { "accept-language": language } });
    const page = await answer.text();
    assert.match(page, new RegExp(`og:title" content="[^"]*${text}`));
    assert.match(page, /og:image" content="http/);
    assert.match(answer.headers.get("content-security-policy"), /default-src 'none'; script-src 'self'/);
  }
});

test("the poster carries a code of the link", async () => {
  await lia.press("Poster");
  const image = lia.page.getByRole("dialog").getByRole("img");
  assert.match(await image.getAttribute("src"), /^data:image\/png/);
  await lia.picture("poster");
  await lia.press("Close");
});

test("a friend opens the link, joins and pays; the group is complete on both phones", async () => {
  const bo = await phone(browser, `bo-${run}`, "zh-CN");
  await bo.page.goto(link);
  await bo.reads("还差 1 人成团");
  await bo.picture("group-friend");
  await bo.press("参团");
  await bo.signIn();
  await bo.press("参团");
  await bo.press("支付 ¥58.00");
  await bo.reads("拼团成功");
  await lia.reads("The group is complete");
  await bo.picture("group-complete");
  await bo.close();
});

test("a third who comes too late is told so, and nothing is reserved", async () => {
  const cy = await phone(browser, `cy-${run}`);
  await cy.page.goto(link);
  await cy.reads("This group is complete");
  assert.equal(await cy.page.getByRole("button", { name: "Join" }).count(), 0);
  await cy.close();
});

test("who joins twice keeps one seat, and who leaves without paying can pay later", async () => {
  const [dee, eli] = [await phone(browser, `dee-${run}`), await phone(browser, `eli-${run}`)];
  const own = await opens(dee, 3, "¥45.00");
  await eli.page.goto(own);
  await eli.press("Join for ¥49.00");
  await eli.signIn();
  await eli.press("Join for ¥49.00");
  await eli.press("Not now");
  await eli.press("Pay ¥49.00");
  await eli.press("Pay ¥49.00");
  await eli.reads("1 more needed");
  const group = await (await fetch(`${fanvine}/v1/groups/${own.split("/").pop()}`)).json();
  assert.deepEqual([group.paid, group.held, group.free], [2, 0, 1]);
  for (const one of [dee, eli]) await one.close();
});

test("a group that is not filled in time fails, and the money comes back", async () => {
  const fay = await phone(browser, `fay-${run}`);
  const own = await opens(fay, 3, "¥45.00");
  const other = await fay.page.context().newPage();
  await other.goto(`${shop}/#`);
  await other.getByRole("button", { name: "Let a day pass" }).tap();
  await other.getByText("hours later now").waitFor();
  await other.close();
  // A token ends within the day; the shop signs another.
  await fay.page.goto(`${shop}/sign-in?return=${encodeURIComponent(own)}`);
  await fay.reads("¥45.00 goes back to you");
  await fay.picture("group-failed");
  await fay.page.goto(`${shop}/#orders`);
  await fay.reads("rolled back");
  await fay.close();
});

test("nothing went wrong on any phone", async () => {
  await lia.close();
  assert.deepEqual(complaints, []);
});
