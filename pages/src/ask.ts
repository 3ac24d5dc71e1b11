/** Asking the program as the shopper whose token the shop's server signed. */
import { say, told } from "./told";

const KEPT = "fanvine.token";

/** The shop hands the token over behind `#`, so that it is in no server's log; it goes from the address at once. */
function taken(): string | null {
  const handed = /[#&]token=([^&]+)/.exec(location.hash)?.[1];
  try {
    if (handed) sessionStorage.setItem(KEPT, handed);
    if (handed) history.replaceState(null, "", location.pathname + location.search);
    return handed ?? sessionStorage.getItem(KEPT);
  } catch {
    // A page in a frame may have no storage.
    return handed ?? null;
  }
}

let token = taken();

/** Tells the tracker, if the page has one, whose visit this is: who came by a link is then the same who takes part. */
function introduce(signed: string): void {
  try {
    const bytes = atob((signed.split(".")[1] ?? "").replace(/-/g, "+").replace(/_/g, "/"));
    const { sub } = JSON.parse(decodeURIComponent(Array.from(bytes, (one) => `%${hex(one.charCodeAt(0))}`).join("")));
    const holder = window as { fanvine?: { push(call: unknown[]): void } };
    holder.fanvine = holder.fanvine ?? ([] as unknown[][]);
    if (sub) holder.fanvine.push(["identify", String(sub)]);
  } catch {
    // Whether it is to be believed, the server says.
  }
}
const hex = (byte: number): string => byte.toString(16).padStart(2, "0");
if (token) introduce(token);

export const isSignedIn = (): boolean => token !== null;

/** The page's address without anything that belongs to who opened it. */
export const here = (): string => location.origin + location.pathname;

/** Leaves for an address of the shop, from a frame too. */
export function leave(url: string): void {
  window.open(url, "_top");
}

function withParameters(url: string, parameters: Record<string, string>): string {
  const made = new URL(url, location.href);
  for (const [name, value] of Object.entries(parameters)) made.searchParams.set(name, value);
  return made.href;
}

export function signIn(): void {
  if (!told.signInUrl)
    throw new Error(say("Open this page from the shop to take part.", "请从店铺内打开本页参与活动。"));
  leave(withParameters(told.signInUrl, { return: location.href.split("#")[0] ?? here() }));
}

/** The shop takes the payment, and comes back to `back`. */
export function pay(redemption: string, back: string): void {
  if (!told.payUrl) throw new Error(say("This shop takes no payments here yet.", "店铺尚未开通在线支付。"));
  leave(withParameters(told.payUrl, { redemption, return: back }));
}

export class Refused extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** Asks, and answers what was answered. A token that is not believed any more is dropped. */
export async function ask<T>(path: string, body?: unknown, key?: string): Promise<T> {
  const headers: Record<string, string> = { "accept-language": told.language === "zh" ? "zh-CN" : "en" };
  if (token) headers.authorization = `Bearer ${token}`;
  if (key) headers["idempotency-key"] = key;
  const init: RequestInit = { headers, credentials: "omit" };
  if (body !== undefined) {
    headers["content-type"] = "application/json";
    Object.assign(init, { method: "POST", body: JSON.stringify(body) });
  }
  let answer: Response;
  try {
    answer = await fetch(path, init);
  } catch {
    throw new Error(say("No connection. Try again.", "网络连接失败，请重试。"));
  }
  if (answer.ok) return answer.json();
  const problem = await answer.json().catch(() => ({}));
  if (answer.status === 401) {
    token = null;
    try {
      sessionStorage.removeItem(KEPT);
    } catch {
      // See above.
    }
    if (body === undefined) return ask(path);
  }
  throw new Refused(problem.code ?? "", problem.title ? `${problem.title}` : `${answer.status}`);
}

/** A name for a request: the same again until it was answered, so that who presses twice does it once. */
const names = new Map<string, string>();
export async function command<T>(path: string, body: unknown): Promise<T> {
  const what = path + JSON.stringify(body);
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  const key = names.get(what) ?? Array.from(bytes, hex).join("");
  names.set(what, key);
  const answer = await ask<T>(path, body, key);
  names.delete(what);
  return answer;
}
