/** `@fanvine/tracker/miniprogram`: for mini-programs. */
import { trackerOf } from "./tracker";
import type { Options, Tracker } from "./types";
import { type MiniProgram, miniProgramOf } from "./wechat";

export type { Consent, Options, Properties, Sharing, Tracker } from "./types";
export type { MiniProgram } from "./wechat";

declare const wx: MiniProgram | undefined;
declare const getCurrentPages: (() => { route?: string; options?: Record<string, string> }[]) | undefined;

/** Starts the tracker, in `app.js`. `api` is `wx` unless told. Throws if the write key or the host is missing. */
export function init(options: Options, api?: MiniProgram): Tracker {
  const spoken = api || (typeof wx === "undefined" ? undefined : wx);
  if (!spoken) throw new TypeError("fanvine: there is no wx; hand over the mini-program's own as the second argument");
  const pages = () => (typeof getCurrentPages === "undefined" ? [] : [...getCurrentPages()]);
  let enter = () => {};
  const platform = miniProgramOf(spoken, pages, options.prefix || "fv.", () => enter());
  const { say, arrive, ...tracker } = trackerOf(platform, options);
  enter = arrive;
  return tracker;
}
