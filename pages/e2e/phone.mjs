/**
 * Shoppers with phones of their own, before the demonstration's shop and Fanvine's pages.
 *
 * - FANVINE_DEMO_URL        the Fanvine of the demonstration
 * - FANVINE_SHOP_URL        its shop
 * - FANVINE_PATIENCE_MS     how long to wait for anything to appear, 20000 by default
 * - FANVINE_SCREENSHOTS     a folder for pictures
 * - CHROMIUM                the browser, /usr/bin/chromium by default
 */
import assert from "node:assert/strict";
import { chromium } from "playwright-core";

function needed(name) {
  const value = process.env[name];
  assert.ok(value, `${name} is not set; these tests need a running demonstration`);
  return value.replace(/\/$/, "");
}

export const fanvine = needed("FANVINE_DEMO_URL");
export const shop = needed("FANVINE_SHOP_URL");
const patience = Number(process.env.FANVINE_PATIENCE_MS ?? 20_000);

export const openBrowser = () =>
  chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--headless",
      "--disable-gpu",
      "--disable-background-networking",
      "--disable-component-update",
    ],
  });

const hour = new Intl.DateTimeFormat("en-GB", { timeZone: "Asia/Shanghai", timeStyle: "medium" });

/** Waits until the shop's day is long enough for what is done in it: what is told of days begins at no midnight. */
export async function awayFromMidnight() {
  const [hours, minutes, seconds] = hour.format(new Date()).split(":").map(Number);
  const left = 86_400 - (hours * 3_600 + minutes * 60 + seconds);
  if (left < 120) await new Promise((done) => setTimeout(done, (left + 1) * 1_000));
}

/** Everything that went wrong on anybody's phone. */
export const complaints = [];

/** Somebody with a phone, who asks nobody but the shop and Fanvine. */
export async function phone(browser, name, locale = "en-GB") {
  const context = await browser.newContext({
    viewport: { width: 390, height: 844 },
    deviceScaleFactor: 2,
    isMobile: true,
    hasTouch: true,
    reducedMotion: "reduce",
    locale,
  });
  context.setDefaultTimeout(patience);
  const page = await context.newPage();
  page.on("pageerror", (error) => complaints.push(`${name}: ${error.message}`));
  page.on("console", (message) => {
    // What is refused for a good reason is said on the page; a broken rule of the page is said here alone.
    if (/Content Security Policy|Refused to/.test(message.text())) complaints.push(`${name}: ${message.text()}`);
  });
  page.on("request", (request) => {
    const address = request.url();
    if (![fanvine, shop].some((own) => address.startsWith(own)) && !/^(data|blob):/.test(address))
      complaints.push(`${name} asked ${address}`);
  });
  const press = (text) => page.getByRole("button", { name: text }).first().tap();
  const reads = (text) => page.getByText(text).first().waitFor();
  const picture = async (step) => {
    const folder = process.env.FANVINE_SCREENSHOTS;
    if (folder) await page.screenshot({ path: `${folder}/page-${step}.png`, fullPage: true });
  };
  /** Signs in where the shop asks who somebody is. */
  const signIn = async () => {
    const chinese = locale.startsWith("zh");
    await page.getByLabel(chinese ? "名字" : "Name").fill(name);
    await press(chinese ? "登录" : "Sign in");
  };
  return { name, page, press, reads, picture, signIn, close: () => context.close() };
}
