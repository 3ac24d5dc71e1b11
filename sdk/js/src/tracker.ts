/** The tracker itself: the same for browsers and mini-programs, which differ in their `Platform`. */
import { deliveryOf } from "./delivery";
import { withParams } from "./links";
import { outboxOf } from "./outbox";
import type { Platform } from "./platform";
import type { Consent, Options, Properties, Tracker } from "./types";
import { ABOUT_VISITS, PRODUCT, SHARE, visitsOf } from "./visit";

declare const __VERSION__: string;

const ANONYMOUS = "a";
const USER = "u";
/** The keys of what is known of the shopper. */
const ABOUT = [ANONYMOUS, USER, ...ABOUT_VISITS];
const MOST_HELD = 200;

/** What the tracker's own parts may say besides. */
export interface Core extends Tracker {
  /** An event whose message id is given: told twice, it counts once. */
  say(type: string, fields: Properties, messageId?: string): void;
  /** Somebody came to the place that is shown. */
  arrive(): void;
}

export function trackerOf(platform: Platform, options: Options): Core {
  for (const name of ["writeKey", "host"] as const)
    if (!options[name] || typeof options[name] !== "string")
      throw new TypeError(`fanvine: ${name} is ${JSON.stringify(options[name])}; a text is expected`);
  const { store, now, uuid, warn } = platform;
  const outbox = outboxOf(platform, options.queueLimit || 1_000);
  const delivery = deliveryOf(platform, outbox, `${options.host.replace(/\/+$/, "")}/v1/batch`, options.writeKey);
  const visits = visitsOf(platform, (options.sessionMinutes || 30) * 60_000);
  const flushMs = (options.flushSeconds ?? 2) * 1e3;

  let agreed: Consent = "pending";
  /** What was called while nobody had said yet. */
  let held: (() => void)[] = [];

  function allowed(run: () => void) {
    if (agreed === "granted") run();
    else if (agreed === "pending" && held.push(run) > MOST_HELD) held.shift();
  }

  function anonymousId(): string {
    if (agreed !== "granted") return "";
    const known = store.get(ANONYMOUS);
    if (known) return known;
    const id = uuid();
    store.set(ANONYMOUS, id);
    return id;
  }

  /** Forgets who it is, and what waits to be sent as well if it is all. */
  function forget(all?: boolean) {
    for (const key of store.keys()) if (all || ABOUT.includes(key)) store.remove(key);
  }

  function say(type: string, fields: Properties, messageId = uuid()) {
    if (agreed === "denied") return;
    const at = now();
    const place = platform.place();
    const { params, referrer, ...page } = place;
    let json: string;
    try {
      // As it is now: the page may change its objects later.
      json = JSON.stringify(fields);
    } catch (error) {
      return warn(`${type} cannot be sent as JSON: ${error}`);
    }
    allowed(() => {
      const said: Properties = JSON.parse(json);
      const message = {
        type,
        messageId,
        timestamp: new Date(at).toISOString(),
        anonymousId: anonymousId(),
        userId: store.get(USER) || undefined,
        ...said,
        context: {
          library: { name: "@fanvine/tracker", version: __VERSION__ },
          page,
          ...platform.device(),
          ...visits.beat(place, at),
        },
      };
      outbox.add(messageId, JSON.stringify(message));
      delivery.soon(flushMs);
    });
  }

  function arrive() {
    const at = now();
    const place = platform.place();
    allowed(() => {
      const share = visits.arrive(place, at, anonymousId());
      if (share)
        say("track", {
          event: "Share Opened",
          properties: {
            share_id: share.id,
            sharer_id: share.sharerId,
            parent_share_id: share.parentId,
            product_id: place.params[PRODUCT],
          },
        });
    });
  }

  function agree(consent: Consent) {
    const before = agreed;
    const known = ["granted", "pending", "denied"].includes(consent);
    if (!known) warn(`consent is ${JSON.stringify(consent)}; granted, pending or denied is expected`);
    agreed = options.respectDoNotTrack && platform.refuses() ? "denied" : known ? consent : "pending";
    if (agreed === "pending") return;
    const late = before === "denied" && agreed === "granted";
    const waiting = held;
    held = [];
    if (agreed === "denied") forget(true);
    else {
      // How one came to this page was not to be known before.
      if (late) arrive();
      for (const run of waiting) run();
      delivery.soon(flushMs);
    }
  }

  platform.onLeave(() => agreed === "granted" && delivery.leave());
  platform.onBack(() => agreed === "granted" && delivery.back());
  platform.onTold(agree);
  agree(options.consent || "granted");
  arrive();

  return {
    say,
    arrive,
    anonymousId,
    page(name, properties) {
      arrive();
      const { params, ...seen } = platform.place();
      say("page", { name, properties: { ...seen, ...properties } });
    },
    track(event, properties) {
      if (event && typeof event === "string") say("track", { event, properties });
      else warn(`track: the event's name is ${JSON.stringify(event)}; a text is expected`);
    },
    identify(userId, traits) {
      const id = userId ? String(userId) : undefined;
      allowed(() => {
        const before = store.get(USER);
        // Who share a device are not one person.
        if (id && before && before !== id) forget();
        if (id) store.set(USER, id);
      });
      say("identify", { userId: id, traits });
    },
    alias(userId, previousId) {
      if (!userId) return warn(`alias: userId is ${JSON.stringify(userId)}; a text is expected`);
      allowed(() => say("alias", { userId, previousId: previousId || store.get(USER) || anonymousId() }));
    },
    reset: () => allowed(forget),
    consent(consent) {
      agree(consent);
      platform.tell(consent);
    },
    shareLink(url, { what = {}, event, sharer, parent } = {}) {
      const shown = platform.place().url;
      // A page's own campaign brought this shopper, not the next.
      const plain = url ? withParams(url, {}, /^fv_/) : withParams(shown, {}, /^(fv_|utm_)/);
      if (agreed !== "granted") return plain;
      const id = uuid().replace(/-/g, "").slice(0, 16);
      const from = parent === undefined ? visits.opened() : parent;
      say("track", {
        event: event || (what.cart_id ? "Cart Shared" : "Product Shared"),
        properties: { ...what, share_id: id, sharer_id: sharer, parent_share_id: from, url: plain },
      });
      const product = what.product_id == null ? null : String(what.product_id);
      return withParams(plain, { [SHARE]: `${id}~${sharer || anonymousId()}~${from || ""}`, [PRODUCT]: product });
    },
    flush: () => (agreed === "granted" ? delivery.flush() : Promise.resolve()),
  };
}
