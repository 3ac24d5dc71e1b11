/** A mini-program: WeChat's, and those whose `tt` or `swan` speaks the same words. */
import { uuidOf } from "./ids";
import type { Platform } from "./platform";
import { type Disk, storeOf } from "./store";

type Query = Record<string, string | undefined>;

/** How a mini-program was opened or came back to the front. */
interface Entrance {
  path?: string;
  query?: Query;
  scene?: number;
  referrerInfo?: { appId?: string };
}

/** What is used of `wx`, as WeChat documents it. */
export interface MiniProgram {
  request(call: {
    url: string;
    method: "POST";
    data: string;
    header: Record<string, string>;
    timeout: number;
    success(answer: { statusCode: number; header?: Record<string, string> }): void;
    fail(): void;
  }): unknown;
  getStorageSync(key: string): unknown;
  setStorageSync(key: string, value: string): void;
  removeStorageSync(key: string): void;
  getStorageInfoSync(): { keys: string[] };
  getLaunchOptionsSync(): Entrance;
  onAppShow(listener: (entrance: Entrance) => void): void;
  onAppHide(listener: () => void): void;
  onNetworkStatusChange(listener: (status: { isConnected: boolean }) => void): void;
  getAppBaseInfo?(): { language?: string; version?: string };
  getDeviceInfo?(): { brand?: string; model?: string; system?: string };
  getWindowInfo?(): { screenWidth?: number; screenHeight?: number; pixelRatio?: number };
}

/** The pages that are open, the one on top last. */
type Pages = () => { route?: string; options?: Query }[];

const TIMEOUT_MS = 30_000;

export function miniProgramOf(wx: MiniProgram, pages: Pages, prefix: string, onEnter: () => void): Platform {
  let entrance = wx.getLaunchOptionsSync();
  const disk: Disk = {
    get: (key) => wx.getStorageSync(key) as string,
    set: (key, text) => wx.setStorageSync(key, text),
    remove: (key) => wx.removeStorageSync(key),
    keys: () => wx.getStorageInfoSync().keys,
  };
  wx.onAppShow((came) => {
    entrance = came;
    onEnter();
  });
  return {
    store: storeOf(disk, prefix),
    now: Date.now,
    uuid: () => uuidOf(() => Math.floor(Math.random() * 256)),
    after(ms, run) {
      const timer = setTimeout(run, ms);
      return () => clearTimeout(timer);
    },
    send: (url, data) =>
      new Promise((done) => {
        wx.request({
          url,
          method: "POST",
          data,
          header: { "content-type": "text/plain" },
          timeout: TIMEOUT_MS,
          success({ statusCode, header = {} }) {
            const name = Object.keys(header).find((key) => key.toLowerCase() === "retry-after");
            done({ status: statusCode, retryAfter: name && header[name] });
          },
          fail: () => done({ status: 0 }),
        });
      }),
    alone: (run) => run().then(() => true),
    place() {
      const top = pages().pop();
      const path = top?.route || entrance.path || "";
      const shown = (top ? top.options : entrance.query) || {};
      const query = Object.keys(shown).map((name) => `${name}=${encodeURIComponent(shown[name] || "")}`);
      const search = query[0] ? `?${query.join("&")}` : "";
      // The address WeChat itself gives as where a mini-program's requests come from.
      const referrer = `https://servicewechat.com/${entrance.referrerInfo?.appId || ""}`;
      return { url: `/${path}${search}`, path: `/${path}`, search, referrer, params: { ...entrance.query, ...shown } };
    },
    device() {
      const { language, version } = wx.getAppBaseInfo?.() || {};
      const { brand, model, system } = wx.getDeviceInfo?.() || {};
      const { screenWidth, screenHeight, pixelRatio } = wx.getWindowInfo?.() || {};
      return {
        locale: language,
        app: { version, scene: entrance.scene },
        device: { manufacturer: brand, model },
        os: { name: system },
        screen: { width: screenWidth, height: screenHeight, density: pixelRatio },
      };
    },
    onLeave: (run) => wx.onAppHide(run),
    onBack(run) {
      wx.onAppShow(run);
      wx.onNetworkStatusChange(({ isConnected }) => isConnected && run());
    },
    // There is but one of it.
    tell() {},
    onTold() {},
    refuses: () => false,
    warn: (text) => console.warn(`fanvine: ${text}`),
  };
}
