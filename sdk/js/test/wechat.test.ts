import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { init, type MiniProgram } from "../src/miniprogram";

type Request = Parameters<MiniProgram["request"]>[0];
type Entrance = ReturnType<MiniProgram["getLaunchOptionsSync"]>;

/**
 * `wx` as its reference describes it: storage answers "" for what is not there and throws past its limits (1 MB a key, 10 MB
 * together), a request calls back with `statusCode` and `header` whatever the status, listeners are called in order.
 */
function mobile(entrance: Entrance, kept = new Map<string, unknown>()) {
  const requests: Request[] = [];
  const hide: (() => void)[] = [];
  const show: ((entrance: Entrance) => void)[] = [];
  const network: ((status: { isConnected: boolean }) => void)[] = [];
  const phone = {
    kept,
    requests,
    online: true,
    answer: { statusCode: 200, header: {} as Record<string, string> },
    hide: () => hide.forEach((listener) => void listener()),
    show: (came: Entrance) => show.forEach((listener) => void listener(came)),
    connect(isConnected: boolean) {
      phone.online = isConnected;
      for (const listener of network) listener({ isConnected });
    },
    wx: {
      request(call) {
        requests.push(call);
        setTimeout(() => (phone.online ? call.success(phone.answer) : call.fail()), 10);
        return { abort() {} };
      },
      getStorageSync: (key) => kept.get(key) ?? "",
      setStorageSync(key, value) {
        if (value.length > 1_048_576) throw new Error("setStorageSync:fail data exceeds the limit of 1 MB");
        kept.set(key, value);
      },
      removeStorageSync: (key) => void kept.delete(key),
      getStorageInfoSync: () => ({ keys: [...kept.keys()] }),
      getLaunchOptionsSync: () => entrance,
      onAppShow: (listener) => void show.push(listener),
      onAppHide: (listener) => void hide.push(listener),
      onNetworkStatusChange: (listener) => void network.push(listener),
      getAppBaseInfo: () => ({ language: "zh_CN", version: "8.0.50" }),
      getDeviceInfo: () => ({ brand: "HUAWEI", model: "Mate 60", system: "HarmonyOS 4" }),
      getWindowInfo: () => ({ screenWidth: 390, screenHeight: 844, pixelRatio: 3 }),
    } satisfies MiniProgram as MiniProgram,
  };
  return phone;
}

const options = { writeKey: "fvw_mini", host: "https://fanvine.example" };
const sent = (phone: ReturnType<typeof mobile>) => phone.requests.flatMap(({ data }) => JSON.parse(data).batch);
let pages: { route: string; options: Record<string, string> }[] = [];

beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse("2026-03-01T08:00:00Z") });
  pages = [];
  vi.stubGlobal("getCurrentPages", () => pages);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("a mini-program tells of its page, its scene and its phone, by wx.request as text", async () => {
  const phone = mobile({ path: "pages/index", query: { utm_campaign: "双11" }, scene: 1007 });
  const tracker = init(options, phone.wx);
  pages = [
    { route: "pages/index", options: {} },
    { route: "pages/tea", options: { id: "7" } },
  ];
  tracker.page("Tea");
  await vi.advanceTimersByTimeAsync(3_000);
  expect(phone.requests[0]).toMatchObject({
    url: "https://fanvine.example/v1/batch",
    method: "POST",
    header: { "content-type": "text/plain" },
  });
  expect(sent(phone)[0]).toMatchObject({
    type: "page",
    name: "Tea",
    properties: { path: "/pages/tea" },
    context: {
      page: { path: "/pages/tea", url: "/pages/tea?id=7" },
      campaign: { name: "双11" },
      referrer: { url: "https://servicewechat.com/" },
      app: { scene: 1007 },
      device: { model: "Mate 60" },
      locale: "zh_CN",
    },
  });
  expect([...phone.kept.keys()].filter((key) => key.startsWith("fv.q"))).toEqual([]);
});

test("offline it keeps events, over a restart too, and sends them once when the network is back", async () => {
  const phone = mobile({ path: "pages/index" });
  phone.online = false;
  const tracker = init(options, phone.wx);
  tracker.track("Product Added", { product_id: "tea" });
  await vi.advanceTimersByTimeAsync(60_000);
  const restarted = mobile({ path: "pages/index" }, phone.kept);
  restarted.online = false;
  const again = init(options, restarted.wx);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(again.anonymousId()).toBe(tracker.anonymousId());
  const before = restarted.requests.length;
  restarted.connect(true);
  await vi.advanceTimersByTimeAsync(3_000);
  expect(restarted.requests).toHaveLength(before + 1);
  expect(new Set(sent(restarted).map(({ messageId }) => messageId)).size).toBe(1);
  expect([...phone.kept.keys()].filter((key) => key.startsWith("fv.q"))).toEqual([]);
});

test("what waits goes out when the mini-program is hidden", async () => {
  const phone = mobile({});
  init(options, phone.wx).track("Cart Viewed");
  phone.hide();
  await vi.advanceTimersByTimeAsync(100);
  expect(sent(phone).map(({ event }) => event)).toEqual(["Cart Viewed"]);
});

test("Retry-After is read in whatever case it comes", async () => {
  const phone = mobile({});
  phone.answer = { statusCode: 429, header: { "retry-after": "60" } };
  init(options, phone.wx).track("x");
  await vi.advanceTimersByTimeAsync(59_000);
  expect(phone.requests).toHaveLength(1);
  phone.answer = { statusCode: 200, header: {} };
  await vi.advanceTimersByTimeAsync(5_000);
  expect(phone.requests).toHaveLength(2);
});

test("a card that was shared names the sharer when it is opened, also from the background", async () => {
  const phone = mobile({ path: "pages/index" });
  const path = init(options, phone.wx).shareLink("/pages/tea?id=7", { what: { product_id: "7" } });
  const share = /fv_share=([^&]+)/.exec(path)?.[1] as string;
  expect(path).toMatch(/^\/pages\/tea\?id=7&fv_share=.*&fv_product=7$/);
  const other = mobile({ path: "pages/index", scene: 1089 });
  init(options, other.wx);
  other.show({
    path: "pages/tea",
    query: { id: "7", fv_share: decodeURIComponent(share), fv_product: "7" },
    scene: 1007,
  });
  await vi.advanceTimersByTimeAsync(3_000);
  const [opened] = sent(other);
  expect(opened).toMatchObject({ event: "Share Opened", properties: { product_id: "7" } });
  expect(opened.properties.share_id).toBe(decodeURIComponent(share).split("~")[0]);
  expect(opened.properties.sharer_id).toBe(decodeURIComponent(share).split("~")[1]);
});

test("a value that storage does not take stays in memory and is sent", async () => {
  const phone = mobile({});
  init(options, phone.wx).track("x", { text: "y".repeat(1_100_000) });
  await vi.advanceTimersByTimeAsync(3_000);
  expect(sent(phone)).toHaveLength(1);
});

test("without wx it does not begin", () => {
  expect(() => init(options)).toThrow("there is no wx");
});
