/**
 * For a script tag: `<script async src="…/sdk/fanvine.js" data-write-key="…">`. What was pushed on `window.fanvine`
 * before it came, a call as an array or a function, is done when it comes.
 */
import { init } from "./index";
import type { Options, Tracker } from "./types";

type Call = [keyof Tracker, ...unknown[]] | ((tracker: Tracker) => void);
interface Global extends Partial<Tracker> {
  push(call: Call): void;
  init(options: Options): void;
}

const page = window as { fanvine?: Global | Call[] };
const waiting = page.fanvine;

if (!waiting || Array.isArray(waiting)) {
  const calls = waiting || [];
  const { src = "", dataset = {} } = (document.currentScript || {}) as Partial<HTMLScriptElement>;
  const global: Global = {
    push: (call) => calls.push(call),
    init(options) {
      const tracker = init(options);
      const run = (call: Call) => {
        try {
          if (typeof call === "function") call(tracker);
          else (tracker[call[0]] as (...said: unknown[]) => void)(...call.slice(1));
        } catch (error) {
          console.warn("fanvine:", error);
        }
      };
      Object.assign(global, tracker, { push: run });
      if ((options as { page?: boolean }).page !== false) tracker.page();
      calls.forEach(run);
    },
  };
  page.fanvine = global;
  if (dataset.writeKey) {
    const options: Record<string, unknown> = { host: src.replace(/\/sdk\/[^/]*$/, "") };
    for (const name in dataset) {
      const text = dataset[name] || "";
      options[name] = /^(true|false|\d{1,5})$/.test(text) ? JSON.parse(text) : text;
    }
    global.init(options as unknown as Options);
  }
}
