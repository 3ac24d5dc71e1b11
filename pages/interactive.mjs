/**
 * How much a page makes a phone load, and how soon it can be used: each page, cold, in Chromium as slow as Lighthouse makes it for phones
 * (1.6 Mbit/s, 150 ms a round trip, a processor four times slower).
 *
 *     FANVINE_DEMO_URL=… FANVINE_SHOP_URL=… node interactive.mjs RESULTS
 *
 * writes RESULTS/pages.json and RESULTS/pages.md. *Interactive* is the latest of: the first paint, the moment the page shows what it is
 * about, and the end of the last task of more than 50 ms before five quiet seconds (Lighthouse's time to interactive).
 */

import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { gzipSync } from "node:zlib";
import { chromium } from "playwright-core";

const [fanvine, shop] = [process.env.FANVINE_DEMO_URL, process.env.FANVINE_SHOP_URL];
const results = process.argv[2];
if (!fanvine || !shop || !results) {
  console.error("Usage: FANVINE_DEMO_URL=… FANVINE_SHOP_URL=… node interactive.mjs RESULTS");
  process.exit(2);
}
const rounds = Number(process.env.BENCH_ROUNDS ?? 5);
/** What Lighthouse calls fast, in milliseconds. */
const fast = 3_800;
const most = 60_000;
const quiet = 5_000;

const visited = [
  ["group buy", `${fanvine}/p/play/tea-together`, "group"],
  ["bargain", `${fanvine}/p/play/teapot-bargain`, "bargain"],
  ["lottery", `${fanvine}/p/play/tea-draw`, "lottery"],
  ["check-in", `${fanvine}/p/play/daily`, "check-in"],
  ["sharing", `${fanvine}/p/play/friends`, "sharing"],
  ["vote", `${fanvine}/p/play/best-tea`, "vote"],
  ["quiz", `${fanvine}/p/play/tea-quiz`, "quiz"],
  ["contest", `${fanvine}/p/play/tea-board`, "contest"],
  ["coupon centre", `${fanvine}/p/coupons`, "coupons"],
  ["demo shop", `${shop}/`, "shop"],
];

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--headless", "--disable-gpu", "--disable-background-networking"],
});

/** One cold visit: milliseconds until it paints and until it can be used, and bytes over the network. */
async function visit(url) {
  const context = await browser.newContext({ viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true });
  const page = await context.newPage();
  const devtools = await context.newCDPSession(page);
  await devtools.send("Network.enable");
  await devtools.send("Network.emulateNetworkConditions", {
    offline: false,
    latency: 150,
    downloadThroughput: 1.6e6 / 8,
    uploadThroughput: 750e3 / 8,
  });
  await devtools.send("Emulation.setCPUThrottlingRate", { rate: 4 });
  let bytes = 0;
  devtools.on("Network.loadingFinished", (loaded) => {
    bytes += loaded.encodedDataLength;
  });
  await page.addInitScript(() => {
    window.seen = { tasks: [], shown: 0 };
    new PerformanceObserver((list) => {
      for (const task of list.getEntries()) window.seen.tasks.push(task.startTime + task.duration);
    }).observe({ type: "longtask", buffered: true });
    new MutationObserver(() => {
      const shown = document.querySelector('#page[aria-busy="false"]');
      if (shown && !window.seen.shown) window.seen.shown = performance.now();
    }).observe(document, { subtree: true, childList: true, attributes: true });
  });
  await page.goto(url);
  await page.locator('#page[aria-busy="false"]').waitFor();
  await page.waitForTimeout(quiet);
  const seen = await page.evaluate(() => ({
    ...window.seen,
    painted: performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0,
  }));
  await context.close();
  return { bytes, painted: seen.painted, interactive: Math.max(seen.painted, seen.shown, ...seen.tasks) };
}

const median = (numbers) => numbers.toSorted((one, other) => one - other)[Math.floor(numbers.length / 2)];
const [rows, lines] = [[], []];
for (const [name, url, script] of visited) {
  const visits = [];
  for (let round = 0; round < rounds; round++) visits.push(await visit(url));
  const file = readFileSync(new URL(`dist/${script}.js`, import.meta.url));
  const figure = (of) => Math.round(median(visits.map((one) => one[of])));
  const [interactive, painted, bytes] = [figure("interactive"), figure("painted"), figure("bytes")];
  const row = (work, ours, unit, peer, peer_value) =>
    rows.push({ work, ours, unit, peer, peer_value, ratio: peer_value / ours, goal: 1 });
  row(`${name}, script`, file.length, "bytes", "the most a page may weigh", most);
  row(`${name}, time to interactive`, interactive, "ms", "what Lighthouse calls fast", fast);
  const count = (number) => number.toLocaleString("en");
  lines.push(
    `| ${name} | ${count(file.length)} | ${count(gzipSync(file).length)} | ${count(bytes)} | ${count(painted)} | ${count(interactive)} | ${(fast / interactive).toFixed(1)} |`,
  );
  console.log(lines.at(-1));
}
await browser.close();
const page = `# Pages on a phone

Written by \`make bench NAME=pages\`; how it is made: [bench/README.md](../README.md). ${cpus().length} cores (${cpus()[0]?.model ?? "unknown"}). Medians of ${rounds} cold visits,
at 1.6 Mbit/s with 150 ms a round trip and a processor four times slower than this one.

| page | script, bytes | gzipped | all that is loaded, bytes | first paint, ms | interactive, ms | × as soon as 3.8 s |
| --- | ---: | ---: | ---: | ---: | ---: | ---: |
${lines.join("\n")}
`;
await writeFile(`${results}/pages.json`, `${JSON.stringify(rows, null, 2)}\n`);
await writeFile(`${results}/pages.md`, page);
