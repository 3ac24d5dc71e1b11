/**
 * Events out of the page's own attributes: `data-fv-view`, `data-fv-click` and `data-fv-submit` name the event that is
 * told when an element is seen, clicked or submitted, `data-fv-event` one whose moment follows from its name.
 * docs/tracker.md says what the other attributes mean.
 */
import type { Properties } from "./types";

type Say = (type: string, fields: Properties, messageId?: string) => void;
type Marked = HTMLElement & { form?: HTMLFormElement };

type Moment = "view" | "click" | "submit";

/** What is no property. */
const WORDS = ["fvEvent", "fvView", "fvClick", "fvSubmit", "fvItem", "fvField"];
const ATTRIBUTES = ["data-fv-event", "data-fv-view", "data-fv-click", "data-fv-submit"];
const MARKED = `[${ATTRIBUTES.join("],[")}]`;
const NUMBERS = /^(price|quantity|revenue|total|subtotal|value|tax|shipping|discount|position|rating|results|step)$/;

/** The event that the element tells of at the moment. */
function eventAt({ dataset, tagName }: Marked, moment: Moment): string | undefined {
  const { fvEvent, fvView, fvClick, fvSubmit } = dataset;
  const named = { view: fvView, click: fvClick, submit: fvSubmit }[moment];
  if (named || !fvEvent) return named;
  const usual = tagName === "FORM" ? "submit" : / Viewed$|^Order Completed$/.test(fvEvent) ? "view" : "click";
  return usual === moment ? fvEvent : undefined;
}

function put(properties: Properties, name: string, text: string) {
  if (/^[[{]/.test(text)) properties[name] = JSON.parse(text);
  else properties[name] = NUMBERS.test(name) && text.trim() && Number.isFinite(Number(text)) ? Number(text) : text;
}

/** What an element's own attributes say. */
function ownOf({ dataset }: Marked): Properties {
  const properties: Properties = {};
  for (const name in dataset)
    if (name.startsWith("fv") && !WORDS.includes(name)) {
      const snake = name.slice(2).replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
      put(properties, snake.slice(1), dataset[name] || "");
    }
  return properties;
}

/** What it says itself, what those around it say, the items in it and the fields of its form. */
function propertiesOf(element: Marked): Properties {
  let properties: Properties = {};
  for (let at: Marked | null = element; at; at = at.parentElement) properties = { ...ownOf(at), ...properties };
  const items = element.querySelectorAll<Marked>("[data-fv-item]");
  if (items[0]) properties.products = Array.from(items, ownOf);
  for (const field of (element.form || element).querySelectorAll<HTMLInputElement>("[data-fv-field]"))
    if (field.checked || !/^(checkbox|radio)$/.test(field.type))
      put(properties, field.dataset.fvField || "", field.value);
  return properties;
}

export function capture(say: Say, warn: (text: string) => void): void {
  /** What was told of an element that was seen: shown again with the same it is no news. */
  const told = new WeakMap<Element, string>();

  function tell(element: Marked, moment: Moment) {
    const event = eventAt(element, moment);
    try {
      const properties = propertiesOf(element);
      const what = JSON.stringify([event, properties]);
      if (moment === "view" && told.get(element) === what) return;
      told.set(element, what);
      // A page of thanks that is loaded again completes no second order.
      const order = event === "Order Completed" && properties.order_id;
      say("track", { event, properties }, order ? `${event}:${order}` : undefined);
    } catch (error) {
      warn(`the attributes of ${event} cannot be read: ${error}`);
    }
  }

  for (const moment of ["click", "submit"] as const)
    document.addEventListener(
      moment,
      ({ target }) => {
        let element = target as Marked | null;
        while (element && !(element.dataset && eventAt(element, moment))) element = element.parentElement;
        if (element) tell(element, moment);
      },
      true,
    );

  if (typeof IntersectionObserver === "undefined") return;
  const seen = new IntersectionObserver(
    (entries) => {
      // Half of it, or half of the window.
      for (const { target, isIntersecting, intersectionRatio, intersectionRect, rootBounds } of entries)
        if (isIntersecting && (intersectionRatio >= 0.5 || intersectionRect.height * 2 >= (rootBounds?.height || 0))) {
          seen.unobserve(target);
          tell(target as Marked, "view");
        }
    },
    { threshold: [0, 0.25, 0.5] },
  );
  const look = (root: Element) => {
    for (const element of [root as Marked, ...root.querySelectorAll<Marked>(MARKED)])
      if (element.dataset && eventAt(element, "view")) {
        seen.unobserve(element);
        seen.observe(element);
      }
  };
  look(document.documentElement);
  new MutationObserver((changes) => {
    for (const { type, target, addedNodes } of changes)
      for (const node of type === "attributes" ? [target] : addedNodes) if (node instanceof Element) look(node);
  }).observe(document.documentElement, {
    subtree: true,
    childList: true,
    attributeFilter: [...ATTRIBUTES, "data-fv-product-id"],
  });
}
