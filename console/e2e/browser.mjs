/**
 * What the walk through the console needs: where the program is, who signs in, and a browser.
 *
 * - FANVINE_URL             the running program, http://127.0.0.1:8480
 * - FANVINE_EMAIL, FANVINE_PASSWORD   an owner's login
 * - FANVINE_WRITE_KEY       a source's write key
 * - FANVINE_EXPECTED        JSON: figures of the imported data, worked out by somebody else than the program (see overview)
 * - FANVINE_PATIENCE_MS     how long to wait for anything to appear, 20000 by default
 * - FANVINE_SCREENSHOTS     a folder for pictures of the steps that failed
 * - CHROMIUM                the browser, /usr/bin/chromium by default
 */
import assert from "node:assert/strict";
import { chromium } from "playwright-core";

function needed(name) {
  const value = process.env[name];
  assert.ok(value, `${name} is not set; the browser tests need a running program and its login`);
  return value;
}

export const program = {
  url: needed("FANVINE_URL").replace(/\/$/, ""),
  email: needed("FANVINE_EMAIL"),
  password: needed("FANVINE_PASSWORD"),
  writeKey: needed("FANVINE_WRITE_KEY"),
  expected: process.env.FANVINE_EXPECTED ? JSON.parse(process.env.FANVINE_EXPECTED) : null,
};

/** A browser that asks nobody but the program, and notes whatever went wrong in the page. */
export async function openBrowser() {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--headless",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
  const context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    locale: "en-GB",
    // Nothing slides: what has been closed is gone, however busy the machine.
    reducedMotion: "reduce",
    acceptDownloads: true,
  });
  context.setDefaultTimeout(Number(process.env.FANVINE_PATIENCE_MS ?? 20_000));
  const page = await context.newPage();
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(`error in the page: ${error.message}`));
  page.on("request", (request) => {
    const address = request.url();
    if (!address.startsWith(program.url) && !/^(data|blob):/.test(address)) complaints.push(`asked ${address}`);
  });
  return { browser, page, complaints };
}

/**
 * A walk: steps that go on where the one before left off. Without its first step nobody gets anywhere, so when that fails
 * the later ones are not waited for. `page` answers the page, which is there only once the walk has begun.
 */
export function stepsOf(page, plain) {
  let begun = null;
  return (name, walk) => {
    const entrance = begun === null;
    begun ??= false;
    plain(name, async (context) => {
      if (!entrance && !begun) return context.skip("not signed in");
      try {
        await walk(context);
        begun = true;
      } catch (error) {
        const folder = process.env.FANVINE_SCREENSHOTS;
        if (folder) await page().screenshot({ path: `${folder}/${name.replace(/\W+/g, "-")}.png` });
        throw error;
      }
    });
  };
}

/** Opens the console as the owner. */
export async function signIn(page) {
  await page.goto(`${program.url}/`);
  await page.getByLabel("E-mail").fill(program.email);
  await page.getByLabel("Password").fill(program.password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByRole("heading", { level: 1, name: "Overview", exact: true }).waitFor();
}

/** Waits until an element reads exactly this, and fails saying what it reads instead. */
export async function reads(locator, text) {
  const escaped = text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replace(/\s+/g, "\\s+");
  try {
    await locator.filter({ hasText: new RegExp(`^\\s*${escaped}\\s*$`) }).waitFor();
  } catch (cause) {
    const instead = await locator.allInnerTexts();
    throw new Error(`expected “${text}”, the page reads ${JSON.stringify(instead)}`, { cause });
  }
}

/** Sends a call of the Segment API as a client would, with the write key as the user name. */
export async function collect(path, writeKey, body) {
  const answer = await fetch(`${program.url}${path}`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      authorization: `Basic ${Buffer.from(`${writeKey}:`).toString("base64")}`,
    },
    body: JSON.stringify(body),
  });
  return { status: answer.status, text: await answer.text() };
}
