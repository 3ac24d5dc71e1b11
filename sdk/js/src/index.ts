/** `@fanvine/tracker`: for pages in browsers. */
import { browserOf } from "./browser";
import { capture } from "./capture";
import { trackerOf } from "./tracker";
import type { Options, Tracker } from "./types";

export type { Consent, Options, Properties, Sharing, Tracker } from "./types";

/** Starts the tracker; once for a page. Throws if the write key or the host is missing. */
export function init(options: Options): Tracker {
  const platform = browserOf(options.prefix || "fv.");
  const { say, arrive, ...tracker } = trackerOf(platform, options);
  if (options.capture !== false) capture(say, platform.warn);
  return tracker;
}
