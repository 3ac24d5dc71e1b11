// Sends one of each with the Node library of Sensors Analytics, and prints what must be kept of it.
// Usage: node sensors.mjs ADDRESS WRITE_KEY          ($FANVINE_CLIENTS holds the library)
import { createRequire } from "node:module";
import { join } from "node:path";

const [, , host, key] = process.argv;
const require = createRequire(join(process.env.FANVINE_CLIENTS, "package.json"));
const SensorsAnalytics = require("sa-sdk-node");
const client = new SensorsAnalytics();
client.disableReNameOption();
const submitter = client.submitTo({ url: `${host}/sa?project=default&token=${key}`, gzip: true, mode: "track", timeout: 20000 }, { count: 1 });
let failure;
submitter.catch((error) => {
  failure = error;
});

const device = "sa-device";
const user = "sa-node-1";
const order = { order_id: "sa-order", revenue: 65, currency: "CNY", emoji: "🍵", product_id: "tea", quantity: 4 };
client.track(device, "ProductViewed", { product_id: "tea", price: 19.9 });
client.trackSignup(user, device, { from: "app" });
client.track(user, "OrderCompleted", { ...order, $time: new Date("2025-03-04T05:06:07.089Z"), $is_login_id: true });
client.profileSet(user, { city: "杭州", $is_login_id: true });
client.profileSetOnce(device, { first: "ad" });
client.profileIncrement(device, { points: 5 });
client.profileAppend(device, { likes: ["茶"] });
client.profileUnset(device, ["city"]);
client.itemSet("goods", "tea", { name: "乌龙茶", price: 19.9 });
client.itemDelete("goods", "tin");
const kept = [
  { kind: "track", event: "Product Viewed", anonymous: device, has: { product_id: "tea", price: 19.9 } },
  { kind: "alias", event: "Alias", user, has: { previousId: device, from: "app" } },
  { kind: "track", event: "Order Completed", user, has: order, at: "2025-03-04T05:06:07.089Z" },
  { kind: "identify", event: "Identify", user, has: { city: "杭州" } },
  { kind: "identify", event: "Identify", anonymous: device, has: { $set_once: { first: "ad" } } },
  { kind: "identify", event: "Identify", anonymous: device, has: { $increment: { points: 5 } } },
  { kind: "identify", event: "Identify", anonymous: device, has: { $append: { likes: ["茶"] } } },
  { kind: "identify", event: "Identify", anonymous: device, has: { city: null } },
  { kind: "track", event: "Product Updated", has: { product_id: "tea", name: "乌龙茶", price: 19.9 } },
  { kind: "track", event: "Product Deleted", has: { product_id: "tin" } },
];
// The library tells nobody when it is done, and goes on until it is; whoever runs this waits until all of it has come.
process.on("exit", () => {
  if (failure) console.error(failure);
});
process.stdout.write(JSON.stringify(kept));
