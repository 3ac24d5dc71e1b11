// Sends one of each call with RudderStack's own Node library, and prints what was given to it, as it said it sent it.
// Usage: node rudder.mjs ADDRESS WRITE_KEY          ($FANVINE_CLIENTS holds the library)
import { createRequire } from "node:module";
import { join } from "node:path";

const [, , dataPlaneUrl, writeKey] = process.argv;
const require = createRequire(join(process.env.FANVINE_CLIENTS, "package.json"));
const Analytics = require("@rudderstack/rudder-sdk-node");
const analytics = new Analytics(writeKey, { dataPlaneUrl, flushAt: 20, logLevel: "error" });

const sent = [];
const at = new Date();
const call = (type, message) => {
  const full = { userId: "node-1", anonymousId: "node-anonymous", messageId: `rudder-${type}-${sent.length}`, timestamp: at, ...message };
  sent.push({ type, ...full });
  analytics[type](full);
};
const products = [{ product_id: "tea", name: "乌龙茶", price: 19.9, quantity: 3 }, { product_id: "tin", price: 5.3, quantity: 1 }];
call("identify", { traits: { email: "lei@example.com", vip: true, tags: ["new", "茶"], nested: { a: [1, 2.5, null] } } });
call("track", { event: "Product Viewed", properties: { product_id: "tea", price: 19.9, currency: "CNY", emoji: "🍵" } });
call("track", { event: "Order Completed", timestamp: new Date("2025-03-04T05:06:07.089Z"),
  properties: { order_id: "node-order", revenue: 65, currency: "CNY", products } });
call("page", { name: "Home", properties: { path: "/", url: "https://shop.example/" } });
call("screen", { name: "Cart", properties: { items: 2 } });
call("group", { groupId: "club", traits: { plan: "gold" } });
call("alias", { previousId: "node-anonymous" });
await new Promise((resolve, reject) => analytics.flush((error) => (error ? reject(error) : resolve())));
process.stdout.write(JSON.stringify(sent));
