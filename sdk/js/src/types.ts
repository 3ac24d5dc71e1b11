/** What a shop says to the tracker. */

/** Properties of an event, or traits of a shopper: whatever JSON can hold. */
export type Properties = Record<string, unknown>;

/**
 * What the shopper agreed to.
 *
 * - `granted`: events are kept on the device until they are sent.
 * - `pending`: nobody has said yet. Events wait in memory; nothing is read from the device, kept on it or sent.
 * - `denied`: nothing is kept nor sent; what was kept is cleared.
 */
export type Consent = "granted" | "pending" | "denied";

/** How the tracker is set up. */
export interface Options {
  /** The write key of a source. */
  writeKey: string;
  /** Fanvine's address, such as `https://fanvine.example`. */
  host: string;
  /** What the shopper agreed to so far; `granted` unless told. It is not remembered: say it on every page. */
  consent?: Consent;
  /** Take the browser's Do Not Track or Global Privacy Control as `denied`, whatever else is said. Off unless told. */
  respectDoNotTrack?: boolean;
  /** A session ends after so many minutes of silence; 30 unless told. */
  sessionMinutes?: number;
  /** Events wait at most so many seconds for others to go with; 2 unless told. */
  flushSeconds?: number;
  /** At most so many events wait on the device; past that the oldest is given up. 1000 unless told. */
  queueLimit?: number;
  /** What every key in the device's storage begins with; `fv.` unless told. */
  prefix?: string;
  /** Watch the page's `data-fv-…` attributes; on unless told. Browsers only. */
  capture?: boolean;
}

/** What is shared, and how. */
export interface Sharing {
  /** What is shared, as properties of the event: `product_id`, `name`, `share_via` … */
  what?: Properties;
  /** The sharer's event; `Product Shared` unless told, `Cart Shared` if there is a `cart_id`. */
  event?: string;
  /** Who shares, as those who open the link will name them; the anonymous id unless told. */
  sharer?: string;
  /** The share this one descends from; the one this shopper last opened unless told, none if null. */
  parent?: string | null;
}

/** The calls. None of them throws: what cannot be sent is told on the console. */
export interface Tracker {
  /** A page was seen. */
  page(name?: string, properties?: Properties): void;
  /** The shopper did something. */
  track(event: string, properties?: Properties): void;
  /** Who the shopper is. Another user id than before makes it another shopper, with a new anonymous id. */
  identify(userId?: string | null, traits?: Properties): void;
  /** `userId` is also known as `previousId`: the id in force unless told. */
  alias(userId: string, previousId?: string): void;
  /** Signed out: the next event is another shopper's. What waits is still sent. */
  reset(): void;
  /** What the shopper agreed to from now on, in every tab. */
  consent(consent: Consent): void;
  /**
   * A link by which it is known who was brought by whom; the sharer's event is sent with it. Of the page that is shown
   * unless told. Without consent it is the address as it was.
   */
  shareLink(url?: string, sharing?: Sharing): string;
  /** The anonymous id in force; empty without consent. */
  anonymousId(): string;
  /** Sends what waits, now; resolves when that has been tried. */
  flush(): Promise<void>;
}
