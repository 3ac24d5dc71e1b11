/** The demonstration's shop: a coupon is taken, used, and what comes back is paid back. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import { complaints, openBrowser, phone, shop } from "./phone.mjs";

let browser;
before(async () => {
  browser = await openBrowser();
});
after(() => browser?.close());

test("a coupon is taken in the centre, used in the shop, and half the order goes back at what it cost", async () => {
  const ana = await phone(browser, `ana-${randomUUID().slice(0, 6)}`);
  await ana.page.goto(`${shop}/#sign-in`);
  await ana.signIn();
  await ana.page.getByRole("link", { name: "Coupons" }).tap();
  await ana.press("Take");
  await ana.reads("good to use");
  await ana.picture("coupons");
  await ana.press("Use");
  await ana.page.getByRole("link", { name: "Spring” 绿茶" }).tap();
  await ana.press("Add to cart");
  await ana.reads("It is in your cart.");
  await ana.press("Add to cart");
  await ana.page.getByRole("link", { name: "Cart (2)" }).tap();
  // Two tins at 48.00, a tenth off.
  await ana.reads("¥86.40");
  await ana.press("Order");
  await ana.press("Pay ¥86.40");
  await ana.reads("redeemed");
  await ana.press("Return one");
  await ana.reads("¥43.20 paid back");
  await ana.picture("orders");
  await ana.close();
});

test("nothing went wrong on the phone", () => assert.deepEqual(complaints, []));
