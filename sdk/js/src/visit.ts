/** Sessions, how each began, what brought the shopper first and last, and by whose share. */
import { hostOf } from "./links";
import type { Place, Platform, Store } from "./platform";

/** By whose share a shopper came. */
export interface Share {
  id: string;
  sharerId?: string | undefined;
  parentId?: string | undefined;
}

/** How a shopper came. */
export interface Touch {
  at: string;
  url: string;
  referrer?: string | undefined;
  /** `name`, `source`, `medium`, `term`, `content`, `id`. */
  campaign?: Record<string, string> | undefined;
  share?: Share | undefined;
}

interface Session {
  id: string;
  number: number;
  /** When something last happened, in milliseconds. */
  last: number;
  /** What brought the shopper; other things that do begin another session. */
  key: string;
  touch: Touch;
}

/** What an event's `context` says of the visit. */
export interface Visit {
  sessionId: string;
  sessionNumber: number;
  campaign?: Touch["campaign"];
  referrer?: { url: string } | undefined;
  share?: Share | undefined;
  firstTouch?: Touch | undefined;
  lastTouch?: Touch | undefined;
}

/** In a link: the share, who shared, and the share they came by themselves, with `~` between. */
export const SHARE = "fv_share";
export const PRODUCT = "fv_product";

const SESSION = "s";
const FIRST = "f";
const LAST = "l";
const OPENED = "o";
/** The keys of all that is known of visits. */
export const ABOUT_VISITS = [SESSION, FIRST, LAST, OPENED];

export interface Visits {
  /** Somebody came to the place. Answers the share that brought them if it is news. */
  arrive(place: Place, at: number, self: string): Share | undefined;
  /** Something happened. */
  beat(place: Place, at: number): Visit;
  /** The share this shopper opened last. */
  opened(): string | undefined;
}

export function visitsOf({ store, uuid }: Platform, idleMs: number): Visits {
  /** How one came to this page: only the first time is an arrival. */
  let seen: string | undefined;

  function sessionAt(at: number, touch: Touch): Session {
    const before = read<Session>(store, SESSION);
    const key = keyOf(touch);
    const fresh = !before || Math.abs(at - before.last) > idleMs || (key && key !== before.key);
    if (!fresh) return before;
    const session = { id: uuid(), number: (before?.number || 0) + 1, last: at, key, touch };
    const first = store.get(FIRST);
    if (!first) write(store, FIRST, touch);
    // A visit out of the blue does not take the credit from what brought the shopper before.
    if (!first || key || touch.referrer) write(store, LAST, touch);
    return session;
  }

  function enter(at: number, touch: Touch): Session {
    const session = sessionAt(at, touch);
    session.last = at;
    write(store, SESSION, session);
    return session;
  }

  return {
    arrive(place, at, self) {
      const touch = touchOf(place, at);
      const { share } = touch;
      if (share?.sharerId === self) {
        // One's own link brings nobody.
        touch.share = undefined;
        if (touch.campaign?.medium === "share") touch.campaign = undefined;
      }
      const how = JSON.stringify([keyOf(touch), touch.referrer]);
      const known = how === seen;
      seen = how;
      const before = read<Session>(store, SESSION)?.id;
      const session = enter(at, known ? bare(place, at) : touch);
      if (known || !touch.share || (session.id === before && store.get(OPENED) === touch.share.id)) return;
      store.set(OPENED, touch.share.id);
      return touch.share;
    },
    beat(place, at) {
      const { id, number, touch } = enter(at, bare(place, at));
      const { campaign, referrer, share } = touch;
      return {
        sessionId: id,
        sessionNumber: number,
        campaign,
        referrer: referrer ? { url: referrer } : undefined,
        share,
        firstTouch: read(store, FIRST),
        lastTouch: read(store, LAST),
      };
    },
    opened: () => store.get(OPENED) || undefined,
  };
}

/** Nobody came from anywhere: the page was open. */
const bare = ({ url }: Place, at: number): Touch => ({ at: new Date(at).toISOString(), url });

function touchOf(place: Place, at: number): Touch {
  const { params, referrer } = place;
  const touch = bare(place, at);
  const campaign: Record<string, string> = {};
  for (const name in params) {
    const value = params[name];
    // Segment's words: utm_campaign is the campaign's name.
    if (value && name.startsWith("utm_")) campaign[name === "utm_campaign" ? "name" : name.slice(4)] = value;
  }
  const [id, ...by] = (params[SHARE] || "").split("~");
  if (id) {
    // Only who shared may have a `~` of their own.
    const parentId = (by.length > 1 && by.pop()) || undefined;
    touch.share = { id, sharerId: by.join("~") || undefined, parentId };
    if (!Object.keys(campaign)[0]) campaign.source = campaign.medium = "share";
  }
  if (Object.keys(campaign)[0]) touch.campaign = campaign;
  // A step inside the shop brings nobody.
  if (referrer && hostOf(referrer) !== hostOf(place.url)) touch.referrer = referrer;
  return touch;
}

const keyOf = ({ campaign, share }: Touch): string => (campaign ? JSON.stringify([campaign, share?.id]) : "");

function read<T>(store: Store, key: string): T | undefined {
  try {
    return JSON.parse(store.get(key) || "null") || undefined;
  } catch {
    return undefined;
  }
}

const write = (store: Store, key: string, value: unknown) => store.set(key, JSON.stringify(value));
