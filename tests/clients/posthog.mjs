// Sends one of each with PostHog's own Node library, and prints what must be kept of it: kind, name, who, and properties.
// Usage: node posthog.mjs ADDRESS WRITE_KEY          ($FANVINE_CLIENTS holds the library)
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { join } from "node:path";

const [, , host, key] = process.argv;
const require = createRequire(join(process.env.FANVINE_CLIENTS, "package.json"));
const { PostHog } = require("posthog-node");
const client = new PostHog(key, { host, flushAt: 50 });
let failure;
client.on("error", (error) => {
  failure = error;
});

const distinctId = "ph-node-1";
const products = [{ product_id: "tea", name: "乌龙茶", price: 19.9, quantity: 3 }, { product_id: "tin", price: 5.3, quantity: 1 }];
const order = { order_id: "ph-order", revenue: 65, currency: "CNY", products, emoji: "🍵" };
const traits = { email: "lei@example.com", vip: true, nested: { a: [1, 2.5, null] } };
const kept = [
  { kind: "track", event: "Order Completed", user: distinctId, has: order, at: "2025-03-04T05:06:07.089Z" },
  { kind: "page", event: "Page Viewed", user: distinctId, has: { $current_url: "https://shop.example/" } },
  { kind: "identify", event: "Identify", user: distinctId, has: { ...traits, $set_once: { first: "ad" } } },
  { kind: "alias", event: "Alias", user: distinctId, has: { previousId: "ph-old" } },
  { kind: "group", event: "Group", user: null, has: { groupId: "7", groupType: "club", plan: "gold" } },
];
client.capture({ distinctId, event: "Order Completed", properties: order, timestamp: new Date("2025-03-04T05:06:07.089Z") });
client.capture({ distinctId, event: "$pageview", properties: { $current_url: "https://shop.example/" } });
client.identify({ distinctId, properties: { $set: traits, $set_once: { first: "ad" } } });
client.alias({ distinctId, alias: "ph-old" });
client.groupIdentify({ groupType: "club", groupKey: "7", properties: { plan: "gold" } });
assert.deepEqual(await client.getAllFlags(distinctId), {});
await client.shutdown();
if (failure) throw failure;
process.stdout.write(JSON.stringify(kept));
