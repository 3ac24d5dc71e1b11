// Sends one of each call with Segment's own Node library, flushes, and prints what the library says it sent.
// Usage: node send.mjs ADDRESS WRITE_KEY          ($FANVINE_CLIENTS holds the library)
import { createRequire } from "node:module";
import { join } from "node:path";

const [, , host, writeKey] = process.argv;
const require = createRequire(join(process.env.FANVINE_CLIENTS, "package.json"));
const { Analytics } = require("@segment/analytics-node");
const analytics = new Analytics({ writeKey, host, flushAt: 20, maxRetries: 2 });
let failure;
analytics.on("error", (error) => {
  failure = error;
});

const sent = [];
const kept = (error, context) => {
  if (error) failure = error;
  const { messageId, type, event, userId, anonymousId, timestamp, properties, traits, groupId, previousId, name } = context.event;
  sent.push({ messageId, type, event, userId, anonymousId, timestamp, properties, traits, groupId, previousId, name });
};
const shopper = { userId: "node-1", anonymousId: "node-anonymous" };
const products = [{ product_id: "tea", name: "乌龙茶", price: 19.9, quantity: 3 }, { product_id: "tin", price: 5.3, quantity: 1 }];
analytics.identify({ ...shopper, traits: { email: "lei@example.com", vip: true, tags: ["new", "茶"], nested: { a: [1, 2.5, null] } } }, kept);
analytics.track({ ...shopper, event: "Product Viewed", properties: { product_id: "tea", price: 19.9, currency: "CNY", emoji: "🍵" } }, kept);
analytics.track({ ...shopper, event: "Order Completed", timestamp: new Date("2025-03-04T05:06:07.089Z"),
  properties: { order_id: "node-order", revenue: 65, currency: "CNY", products } }, kept);
analytics.page({ ...shopper, name: "Home", properties: { path: "/", url: "https://shop.example/" } }, kept);
analytics.screen({ ...shopper, name: "Cart", properties: { items: 2 } }, kept);
analytics.group({ ...shopper, groupId: "club", traits: { plan: "gold" } }, kept);
analytics.alias({ userId: "node-1", previousId: "node-anonymous" }, kept);
await analytics.closeAndFlush({ timeout: 20000 });
if (failure) throw failure;
process.stdout.write(JSON.stringify(sent));
