/** The top of a page: what it is about. */
import { el } from "./draw";
import { money } from "./figures";
import { say } from "./told";

export interface Product {
  product_id: string;
  name: string | null;
  image_url: string | null;
  url: string | null;
  list_minor: number | null;
  currency: string | null;
}

/** With what it costs here, and what it costs otherwise. */
export function productOf(product: Product, minor: number, badge: string): HTMLElement {
  const { currency, list_minor, image_url } = product;
  const name = product.name ?? product.product_id;
  return el(
    "section",
    { className: "product" },
    image_url && el("img", { src: image_url, alt: "", loading: "lazy" }),
    el("h1", {}, name),
    el(
      "p",
      { className: "price" },
      el("strong", {}, money(minor, currency)),
      list_minor !== null &&
        list_minor > minor &&
        el("s", { "aria-label": say("Alone", "单买价") }, money(list_minor, currency)),
      el("span", { className: "badge" }, badge),
    ),
  );
}
