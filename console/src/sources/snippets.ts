/** Paste-ready code that sends a first event, with the real key and this program's own address in it. */
export type SnippetKind = "curl" | "node" | "python" | "browser";

export const snippetKinds: SnippetKind[] = ["curl", "node", "python", "browser"];

export const snippetInstall: Record<SnippetKind, string | null> = {
  curl: null,
  node: "npm install @segment/analytics-node",
  python: "pip install segment-analytics-python",
  browser: null,
};

export function snippet(kind: SnippetKind, key: string, origin: string): string {
  switch (kind) {
    case "curl":
      return `curl ${origin}/v1/track \\
  -u '${key}:' \\
  -H 'content-type: application/json' \\
  -d '{
    "userId": "shopper-1",
    "event": "Product Viewed",
    "properties": {"product_id": "sku-1", "name": "Tea tin", "price": 12.5, "currency": "EUR"}
  }'`;
    case "node":
      return `import { Analytics } from "@segment/analytics-node";

const analytics = new Analytics({ writeKey: "${key}", host: "${origin}" });

analytics.track({
  userId: "shopper-1",
  event: "Order Completed",
  properties: {
    order_id: "order-1",
    revenue: 25,
    currency: "EUR",
    products: [{ product_id: "sku-1", name: "Tea tin", price: 12.5, quantity: 2 }],
  },
});

await analytics.closeAndFlush();`;
    case "python":
      return `import segment.analytics as analytics

analytics.write_key = "${key}"
analytics.host = "${origin}"

analytics.track("shopper-1", "Order Completed", {
    "order_id": "order-1",
    "revenue": 25,
    "currency": "EUR",
    "products": [{"product_id": "sku-1", "name": "Tea tin", "price": 12.5, "quantity": 2}],
})

analytics.flush()`;
    case "browser":
      // The program serves its own tracker.
      return `<script async src="${origin}/sdk/fanvine.js" data-write-key="${key}"></script>
<script>
  window.fanvine = window.fanvine || [];
  fanvine.push(["track", "Product Viewed", { product_id: "sku-1", name: "Tea tin", price: 12.5, currency: "EUR" }]);
</script>`;
  }
}
