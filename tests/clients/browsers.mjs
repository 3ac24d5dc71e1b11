// Runs the browser clients, as their packages have them, in a real Chromium on a page of a shop, and prints what must be
// kept of what they were told: kind, name, who, and properties.
// Usage: node browsers.mjs ADDRESS WRITE_KEY segment|rudder|sensors     ($FANVINE_CLIENTS holds the libraries, $CHROMIUM
// names the browser)
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { join } from "node:path";

const [, , program, key, which] = process.argv;
const libraries = join(process.env.FANVINE_CLIENTS, "node_modules");
const require = createRequire(join(process.env.FANVINE_CLIENTS, "package.json"));
const { chromium } = require("playwright-core");

const order = { order_id: `${which}-order`, revenue: 65, currency: "CNY", product_id: "tea", quantity: 4, emoji: "🍵" };
const traits = { email: "lei@example.com", vip: true };
const user = `${which}-browser-1`;

/** What each client's page runs, told with its own words; it resolves when everything has been handed over. */
const clients = {
  segment: {
    script: "@segment/analytics-next/dist/umd/standalone.js",
    before: `window.analytics = []; analytics._writeKey = ${JSON.stringify(key)}; analytics._cdn = ${JSON.stringify(program)};
      analytics.invoked = true; analytics.initialize = true;
      for (const name of ["page", "track", "identify", "group", "alias"])
        analytics[name] = (...said) => analytics.push([name, ...said]);
      analytics.page("Home", { section: "tea" });`,
    run: async ({ user, order, traits }) => {
      while (!window.analytics.user) await new Promise((done) => setTimeout(done, 20));
      await analytics.track("Order Completed", order);
      await analytics.identify(user, traits);
      await analytics.group("club", { plan: "gold" });
      await analytics.alias(user, "old-name");
      return { anonymous: analytics.user().anonymousId() };
    },
    kept: ({ anonymous }) => [
      { kind: "page", event: "Page Viewed", user: null, anonymous, has: { name: "Home", section: "tea" } },
      { kind: "track", event: "Order Completed", user: null, anonymous, has: order },
      { kind: "identify", event: "Identify", user, anonymous, has: traits },
      { kind: "group", event: "Group", user, anonymous, has: { groupId: "club", plan: "gold" } },
      { kind: "alias", event: "Alias", user, has: { previousId: "old-name" } },
    ],
  },
  rudder: {
    script: "@rudderstack/analytics-js/dist/npm/modern/bundled/umd/index.js",
    before: "",
    run: async ({ program, key, user, order, traits }) => {
      const { RudderAnalytics } = window.rudderanalytics ?? window;
      const analytics = new RudderAnalytics();
      analytics.load(key, program, { configUrl: program, logLevel: "ERROR" });
      await new Promise((done) => analytics.ready(done));
      analytics.page("shop", "Home", { section: "tea" });
      const anonymous = analytics.getAnonymousId();
      analytics.track("Order Completed", order);
      analytics.identify(user, traits);
      analytics.group("club", { plan: "gold" });
      return { anonymous };
    },
    kept: ({ anonymous }) => [
      { kind: "page", event: "Page Viewed", anonymous, has: { section: "tea" } },
      { kind: "track", event: "Order Completed", anonymous, has: order },
      { kind: "identify", event: "Identify", user, anonymous, has: traits },
      { kind: "group", event: "Group", user, anonymous, has: { groupId: "club", plan: "gold" } },
    ],
  },
  sensors: {
    script: "sa-sdk-javascript/dist/web/sensorsdata.js",
    before: "",
    run: async ({ program, key, user, order }) => {
      const sensors = window.sensorsDataAnalytic201505 ?? window.sensors;
      const told = (send) => new Promise((done) => send(done));
      sensors.init({ server_url: `${program}/sa.gif?project=default&token=${key}`, heatmap: {}, send_type: "image", show_log: false });
      const anonymous = sensors.store.getDistinctId();
      await told((done) => sensors.track("OrderCompleted", order, done));
      await told((done) => sensors.setProfile({ city: "杭州" }, done));
      await told((done) => sensors.setOnceProfile({ first: "ad" }, done));
      await told((done) => sensors.login(user, done));
      sensors.para.send_type = "ajax";
      await told((done) => sensors.track("ProductViewed", { product_id: "tea" }, done));
      sensors.para.send_type = "beacon";
      sensors.track("CartViewed", { product_id: "tea" });
      return { anonymous };
    },
    kept: ({ anonymous }) => [
      { kind: "track", event: "Order Completed", anonymous, has: order },
      { kind: "identify", event: "Identify", anonymous, has: { city: "杭州" } },
      { kind: "identify", event: "Identify", anonymous, has: { $set_once: { first: "ad" } } },
      { kind: "alias", event: "Alias", user, has: { previousId: anonymous } },
      { kind: "track", event: "Product Viewed", user, has: { product_id: "tea" } },
      { kind: "track", event: "Cart Viewed", user, has: { product_id: "tea" } },
    ],
  },
};

const client = clients[which];
const page = `<!doctype html><meta charset="utf-8"><title>Shop</title><link rel="icon" href="data:,">
  <script>${client.before}</script><script src="/client.js"></script>`;
const shop = createServer(async (request, response) => {
  const isScript = request.url === "/client.js";
  response.setHeader("content-type", isScript ? "text/javascript; charset=utf-8" : "text/html; charset=utf-8");
  response.end(isScript ? await readFile(join(libraries, client.script)) : page);
}).listen(0, "127.0.0.1");
await new Promise((ready) => shop.once("listening", ready));

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--headless", "--disable-gpu", "--disable-background-networking", "--disable-component-update"],
});
try {
  const tab = await browser.newPage();
  const complaints = [];
  tab.on("pageerror", (error) => complaints.push(error.message));
  tab.on("requestfailed", (request) => complaints.push(`${request.url()} failed: ${request.failure()?.errorText}`));
  tab.on("response", (response) => response.status() >= 400 && complaints.push(`${response.url()} was answered ${response.status()}`));
  await tab.goto(`http://127.0.0.1:${shop.address().port}/`);
  const told = await tab.evaluate(client.run, { program, key, user, order, traits });
  // What is still on its way goes out before the page is closed.
  await tab.waitForLoadState("networkidle");
  const abroad = complaints.filter((complaint) => complaint.includes(program) || !complaint.includes("http"));
  if (abroad.length > 0) throw new Error(abroad.join("\n"));
  process.stdout.write(JSON.stringify(client.kept(told)));
} finally {
  await browser.close();
  shop.close();
}
