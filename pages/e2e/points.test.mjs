/** Points on a phone: earned by an order, spent on a coupon, and taken back with what comes back, as is the discount of a threshold. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import { complaints, openBrowser, phone, shop } from "./phone.mjs";

let browser;
before(async () => {
  browser = await openBrowser();
});
after(() => browser?.close());

test("an order earns points, a coupon costs some, and a return below the threshold takes back what it brought", async () => {
  const pam = await phone(browser, `pam-${randomUUID().slice(0, 6)}`);
  pam.page.on("dialog", (dialog) => dialog.accept());
  const coupons = async () => {
    await pam.page.goto(`${shop}/#`);
    await pam.page.getByRole("link", { name: "Coupons" }).tap();
  };
  await pam.page.goto(`${shop}/#sign-in`);
  await pam.signIn();
  await pam.page.getByRole("link", { name: "Spring” 绿茶" }).tap();
  for (const inCart of [1, 2, 3, 4, 5]) {
    await pam.press("Add to cart");
    await pam.page.getByRole("link", { name: `Cart (${inCart})` }).waitFor();
  }
  await pam.page.getByRole("link", { name: "Cart (5)" }).tap();
  // Five tins at 48.00, less 30.00 for spending 200.00.
  await pam.press("Order");
  await pam.press("Pay ¥210.00");
  await pam.reads("redeemed");
  await coupons();
  await pam.reads("You may spend 210 points.");
  await pam.page
    .getByRole("listitem")
    .filter({ hasText: "5 off for points" })
    .getByRole("button", { name: "Exchange" })
    .tap();
  await pam.reads("You may spend 150 points.");
  await pam.page
    .getByRole("listitem")
    .filter({ hasText: "5 off for points" })
    .getByRole("button", { name: "Use" })
    .waitFor();
  await pam.picture("points");
  // Four tins are 192.00, which is below 200.00: of 210.00, 18.00 come back, and so do the points for them.
  await pam.page.goto(`${shop}/#orders`);
  await pam.press("Return one");
  await pam.reads("¥18.00 paid back");
  await coupons();
  await pam.reads("You may spend 132 points.");
  await pam.close();
});

test("nothing went wrong on the phone", () => assert.deepEqual(complaints, []));
